/**
 * Loaded with every test file: everything that an emulated Vapi receives, answers and sends, in its process or in one that it
 * has started, must have the shapes of Vapi's own packages. Anything else fails the test during which it was seen.
 */
import { subscribe } from 'node:diagnostics_channel';
import { existsSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach } from 'node:test';
import type { Traffic } from '../../../demo/vapi-emulator/traffic.ts';
import type { ShapeFaults } from './faults.ts';

/** As JSON, as it was on the wire even if the objects have changed since; repetitions only once. */
const seen = new Set<string>();
let faults: ShapeFaults | undefined;
/** Emulators in other processes add a line for each. */
const file = join(tmpdir(), `vapi-agent-traffic-${process.pid}.jsonl`);
/** Bytes of it that have been read: up to the end of a line. */
let read = 0;

function readFromFile(): void {
  if (!existsSync(file)) return;
  const news = readFileSync(file).subarray(read);
  const whole = news.subarray(0, news.lastIndexOf('\n') + 1);
  read += whole.length;
  for (const line of whole.toString('utf8').split('\n')) if (line !== '') seen.add(line);
}

async function check(): Promise<void> {
  readFromFile();
  if (seen.size === 0) return;
  faults ??= await (await import('./faults.ts')).readShapes();
  const found = new Set([...seen].flatMap((text) => faults?.(JSON.parse(text) as Traffic) ?? []));
  seen.clear();
  if (found.size > 0) throw new Error(`not as in Vapi's types:\n${[...found].join('\n')}`);
}

// The runner itself also loads it, and has no tests.
if (process.env.NODE_TEST_CONTEXT) {
  subscribe('vapi-emulator', (traffic) => {
    seen.add(JSON.stringify(traffic));
  });
  // Inherited by what a test starts.
  process.env.EMULATOR_TRAFFIC_FILE = file;
  process.once('exit', () => rmSync(file, { force: true }));
  afterEach(check);
  after(check);
}
