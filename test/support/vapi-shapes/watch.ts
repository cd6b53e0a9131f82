/**
 * Loaded with every test file: everything that an emulated Vapi in its process receives, answers and sends must have the shapes of
 * Vapi's own packages. Anything else fails the test during which it was seen.
 */
import { subscribe } from 'node:diagnostics_channel';
import { after, afterEach } from 'node:test';
import type { Traffic } from '../../../demo/vapi-emulator/traffic.ts';
import type { ShapeFaults } from './faults.ts';

/** As JSON, as it was on the wire even if the objects have changed since; repetitions only once. */
const seen = new Set<string>();
let faults: ShapeFaults | undefined;

async function check(): Promise<void> {
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
  afterEach(check);
  after(check);
}
