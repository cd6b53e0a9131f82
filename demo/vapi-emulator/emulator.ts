/**
 * A stand-in for Vapi and Daily on this machine: the REST API, the webhooks and, for a page, the call itself.
 * It shares no code with the product, so that a misunderstanding cannot hide on both sides.
 */
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createApp } from './app.ts';
import { currentView } from './call.ts';
import { endCall, type MadeCall, makeCall, uploadRecordings } from './lifecycle.ts';
import { callIn, type IncomingCall, type PhoneOutcome } from './phone-lines.ts';
import { reached } from './routes/admin.ts';
import { createStorage } from './storage.ts';
import type { BookEntry, Delivery, Download, EmulatorOptions, EmulatorOrg, Json, Switches } from './types.ts';
import { publishDraft } from './versions.ts';
import { addOrg, type Call, createWorld, until, type World } from './world.ts';

export type {
  BookEntry,
  Delivery,
  Download,
  EmulatorAssistant,
  EmulatorOptions,
  EmulatorOrg,
  ScenarioName,
  ScriptLine,
  Switches,
} from './types.ts';
export { scenarioNames } from './types.ts';

/** A call as the API shows it at the moment, and two things that the API does not show. */
export interface CallState {
  id: string;
  orgId: string;
  status: Call['status'];
  endedReason: string | undefined;
  /** Everything that follows the end has been sent. */
  settled: boolean;
  controlUrl: string;
  webCallUrl: string | undefined;
  /** What `GET /call/:id` answers now. */
  view: Json;
}

export interface Emulator {
  /** Base URL of the API, without a trailing slash; Daily's `proxyUrl` is this plus `/daily`. */
  url: string;
  dailyProxyUrl: string;
  /** The emulator's own account of every ended call, oldest first. */
  books: () => BookEntry[];
  calls: () => CallState[];
  /** Every attempt to deliver a webhook so far. */
  deliveries: () => Delivery[];
  /** Where the recordings are: another host. */
  storageUrl: string;
  /** Every request for a recording there. */
  downloads: () => Download[];
  /** Resolves when the call has reached that state; rejects after `timeoutMs` (default 60,000; `Infinity` never). */
  waitForCall: (
    id: string,
    state: 'in-progress' | 'ended' | 'settled',
    timeoutMs?: number,
  ) => Promise<CallState>;
  /** Resolves with the first matching call; rejects after `timeoutMs` (default 60,000). */
  waitForAnyCall: (fits: (call: CallState) => boolean, timeoutMs?: number) => Promise<CallState>;
  /** A call without a browser, finished at once with a simulated length. Throws for an unknown assistant. */
  makeCall: (wish: MadeCall) => CallState;
  /** Someone calls a phone number; resolves when they have met someone, or no one. Throws for an unknown number. */
  callIn: (wish: IncomingCall) => Promise<PhoneOutcome>;
  /** Ends a call now. Unknown ids are ignored. */
  endCall: (id: string, endedReason?: string) => void;
  /** The call's recordings can be fetched from now on. Unknown ids are ignored. */
  upload: (id: string) => void;
  addOrg: (org: EmulatorOrg) => void;
  /** Makes an assistant's draft its current version, as a person does in Vapi's dashboard. Throws without a draft. */
  publishDraft: (assistantId: string) => void;
  setSwitch: <K extends keyof Switches>(name: K, value: Switches[K]) => void;
  /** Clears all timers, cuts webhooks and closes every socket. */
  close: () => Promise<void>;
}

function stateOf(world: World, call: Call): CallState {
  const monitor = call.snapshot.monitor as { controlUrl?: string };
  return {
    id: call.id,
    orgId: call.orgId,
    status: call.status,
    endedReason: call.endedReason,
    settled: call.settled,
    controlUrl: monitor.controlUrl ?? '',
    webCallUrl: call.snapshot.webCallUrl as string | undefined,
    view: currentView(world, call),
  };
}

/** @returns the base URL, without a trailing slash */
async function listen(server: Server, port: number): Promise<string> {
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, '127.0.0.1', resolve);
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

const closeServer = (server: Server): Promise<void> =>
  new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });

/** Starts an emulator on 127.0.0.1, its bucket on a free port beside it. Rejects when the port is taken. */
export async function startEmulator(options: EmulatorOptions): Promise<Emulator> {
  const world = createWorld(options);
  const server = createServer(createApp(world));
  const storage = createStorage(world);
  world.url = await listen(server, options.port);
  world.storageUrl = await listen(storage, 0);
  const waitForAnyCall: Emulator['waitForAnyCall'] = async (fits, timeoutMs) =>
    until(
      world,
      () => [...world.calls.values()].map((call) => stateOf(world, call)).find(fits),
      'a call',
      timeoutMs,
    );

  return {
    url: world.url,
    dailyProxyUrl: `${world.url}/daily`,
    books: () => [...world.books.values()],
    calls: () => [...world.calls.values()].map((call) => stateOf(world, call)),
    deliveries: () => [...world.deliveries],
    storageUrl: world.storageUrl,
    downloads: () => [...world.downloads],
    waitForCall: (id, state, timeoutMs) =>
      until(
        world,
        () => {
          const call = world.calls.get(id);
          return call !== undefined && reached[state](call) ? stateOf(world, call) : undefined;
        },
        `call ${id} to be ${state}`,
        timeoutMs,
      ),
    waitForAnyCall,
    makeCall: (wish) => stateOf(world, makeCall(world, wish)),
    callIn: (wish) => callIn(world, wish),
    endCall: (id, endedReason = 'customer-ended-call') => {
      const call = world.calls.get(id);
      if (call !== undefined) endCall(world, call, endedReason);
    },
    upload: (id) => {
      const call = world.calls.get(id);
      if (call !== undefined) uploadRecordings(world, call);
    },
    addOrg: (org) => addOrg(world, org),
    publishDraft: (assistantId) => {
      publishDraft(world, assistantId);
    },
    setSwitch: (name, value) => {
      world.switches[name] = value;
    },
    close: async () => {
      world.timers.clear();
      world.closing.abort();
      for (const call of world.calls.values()) for (const stop of call.stops.splice(0)) stop();
      await Promise.all([server, storage].map(closeServer));
    },
  };
}
