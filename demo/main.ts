/**
 * `npm run demo [-- [--json] [--port-base <port>]]`: the whole product on this machine. PORT, DEMO_SITE_PORT,
 * DEMO_FOREIGN_PORT and EMULATOR_PORT move single ports; EMULATOR_REPORT_DELAY_MS is the time from a call's end to its
 * report.
 */
import { parseArgs } from 'node:util';
import { guide, machineLine } from './guide.ts';
import { readPorts, StartError } from './ports.ts';
import { type Demo, startDemo } from './start-demo.ts';

const stop = new AbortController();
/** Also handles a second press, and one during the start: the first signal counts. */
const stopped = new Promise<void>((resolve) => {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    process.on(signal, () => {
      stop.abort();
      resolve();
    });
  }
});

process.exit(await run());

/** @returns the exit code */
async function run(): Promise<number> {
  let demo: Demo;
  let isForMachines = false;
  try {
    const { values } = parseArgs({ options: { json: { type: 'boolean' }, 'port-base': { type: 'string' } } });
    isForMachines = values.json ?? false;
    demo = await startDemo({
      ports: readPorts(process.env, values['port-base']),
      troublesLater: true,
      reportDelayMs: readDelay(process.env.EMULATOR_REPORT_DELAY_MS),
      print: (line) => process.stdout.write(`${line}\n`),
      signal: stop.signal,
    });
  } catch (error) {
    if (stop.signal.aborted) return 0;
    process.stderr.write(`${explain(error)}\n`);
    return 1;
  }
  process.stdout.write(isForMachines ? `${machineLine(demo)}\n` : guide(demo));
  await stopped;
  await demo.close();
  return 0;
}

/** @throws StartError */
function readDelay(text: string | undefined): number {
  if (!text?.trim()) return 5000;
  if (!/^\d{1,6}$/.test(text.trim())) {
    throw new StartError('EMULATOR_REPORT_DELAY_MS must be a number of milliseconds, at most 999999');
  }
  return Number(text);
}

function explain(error: unknown): string {
  if (error instanceof StartError) return error.message;
  return `The demo could not start: ${error instanceof Error ? error.message : error}`;
}
