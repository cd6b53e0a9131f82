/** The whole demo in one process: emulator, the product's real server, the client site, the foreign site. */
import { randomBytes } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { readConfig } from '../server/config.ts';
import { startServer } from '../server/start.ts';
import { type BookingReport, reportBookings } from './booking-report.ts';
import { busyLine } from './cast.ts';
import { clientSite, foreignSite } from './host-pages.ts';
import { type OperatorApi, operatorApi } from './operator-api.ts';
import { checkPorts, explainListenError, type Ports } from './ports.ts';
import { type Scenery, setStage, takeLine } from './seed.ts';
import { startSite } from './site-server.ts';
import { type Emulator, startEmulator } from './vapi-emulator/emulator.ts';

export interface DemoOptions {
  ports: Ports;
  /** Milliseconds from the end of a call to its report; default 5000, as at Vapi. */
  reportDelayMs?: number;
  /** How many times faster than real time a call runs; default 1. */
  speed?: number;
  /** Whether to generate a month of calls; default true. */
  pastCalls?: boolean;
  /** Whether the tenants for failures are created when their page is first opened; default false. */
  troublesLater?: boolean;
  /** Called with the lines of every booked call; default: ignore them. */
  print?: (line: string) => void;
  /** Stops a start that is under way. */
  signal?: AbortSignal;
}

export interface Demo extends Scenery {
  /** Base URLs without a trailing slash. */
  server: string;
  site: string;
  foreignSite: string;
  operatorKey: string;
  /** Sign-in links to the portal; each works once, for 15 minutes. */
  portal: { operator: string; client: string };
  operator: OperatorApi;
  emulator: Emulator;
  /** Ends everything and removes the store. */
  close(): Promise<void>;
}

type Closer = () => Promise<void> | void;

/**
 * @throws StartError for a port that is not available, the signal's reason when aborted, or the error that kept a part
 * from starting; nothing is left running then
 */
export async function startDemo(options: DemoOptions): Promise<Demo> {
  const closers: Closer[] = [];
  // All at once: a server request that waits for the emulator ends when the emulator does.
  const close = async (): Promise<void> => {
    await Promise.allSettled(closers.splice(0).map((closer) => closer()));
  };
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-demo-'));
  const removeStore = () => rmSync(folder, { recursive: true, force: true });
  process.once('exit', removeStore);
  const closeAll = async (): Promise<void> => {
    await close();
    removeStore();
    process.off('exit', removeStore);
  };
  try {
    return { ...(await startParts(options, folder, closers)), close: closeAll };
  } catch (error) {
    await closeAll();
    throw error;
  }
}

async function startParts(
  options: DemoOptions,
  folder: string,
  closers: Closer[],
): Promise<Omit<Demo, 'close'>> {
  const { ports, reportDelayMs = 5000, speed = 1, pastCalls = true, print = () => {}, signal } = options;
  const { troublesLater = false } = options;
  const goOn = () => signal?.throwIfAborted();
  await checkPorts(ports);

  // While past calls are generated, reports arrive at once.
  const emulator = await startEmulator({ port: ports.emulator, orgs: [], speed, reportDelayMs: 0 }).catch(
    (error) => Promise.reject(explainListenError(error, 'emulator', ports.emulator)),
  );
  closers.push(emulator.close);
  goOn();

  const operatorKey = `vak_${randomBytes(24).toString('base64url')}`;
  let report: BookingReport | undefined;
  let takeBusyLine = () => {};
  // Configured like a real installation, so that every default is the real one.
  const { config, secrets } = readConfig({
    PORT: String(ports.server),
    DATABASE_URL: `sqlite:${join(folder, 'demo.db')}`,
    SECRET_KEY: randomBytes(32).toString('base64'),
    OPERATOR_API_KEY: operatorKey,
    VAPI_BASE_URL: emulator.url,
    DAILY_PROXY_URL: emulator.dailyProxyUrl,
    // The failures to try here are expected.
    LOG_LEVEL: 'fatal',
  });
  const server = await startServer(config, secrets, {
    host: '127.0.0.1',
    onCallBooked: (tenant, row) => {
      report?.booked(tenant.slug, row);
      if (tenant.slug === busyLine && row.status === 'ended' && row.reportAsOf !== null) takeBusyLine();
    },
  }).catch((error) => Promise.reject(explainListenError(error, 'server', ports.server)));
  closers.push(() => server.close());
  // With port 0 the address is only known now, and no request has been answered yet.
  config.publicUrl = server.url;
  config.talkUrl = server.url.replace('//localhost', '//talk.localhost');
  goOn();

  const addresses = { server: server.url, emulator: emulator.url };
  const foreign = await startSite(foreignSite(addresses, ports.foreignSite)).catch((error) =>
    Promise.reject(explainListenError(error, 'foreignSite', ports.foreignSite)),
  );
  closers.push(foreign.close);
  const operator = operatorApi(server.url, operatorKey);
  let scenery: Scenery | undefined;
  const site = await startSite({
    ...clientSite(addresses, foreign.url, ports.site),
    // Links work once, so each visit gets a new one.
    before: {
      '/portal': async () => (await operator.signInLink()).url,
      '/portal-acme': async () => (await operator.signInLink('acme')).url,
      '/trouble': async () => scenery?.openTroubles(),
    },
  }).catch((error) => Promise.reject(explainListenError(error, 'site', ports.site)));
  closers.push(site.close);
  goOn();

  const stage = { server: server.url, emulator, operator, origins: site.origins };
  // It may have been paused meanwhile, or the demo may be ending.
  takeBusyLine = () => void takeLine(stage, busyLine).catch(() => {});
  scenery = await setStage({ ...stage, pastCalls, troublesLater, now: Date.now(), goOn });
  emulator.setSwitch('reportDelayMs', reportDelayMs);
  emulator.setSwitch('uploadDelayMs', reportDelayMs);
  report = reportBookings(operator, print);
  const portal = {
    operator: (await operator.signInLink()).url,
    client: (await operator.signInLink('acme')).url,
  };
  goOn();
  return {
    server: server.url,
    site: site.url,
    foreignSite: foreign.url,
    operatorKey,
    portal,
    operator,
    emulator,
    ...scenery,
  };
}
