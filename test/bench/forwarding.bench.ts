/**
 * Forwarding: what we add to a tool call that the tenant's own server answers, and our work on a forwarded report.
 * SQLite; caller, server and target share one process, so each figure includes some of the others' work.
 */
import { randomUUID } from 'node:crypto';
import { report, startOwnServer, toolCalls } from '../server/metering/webhooks/support.ts';
import { startTestServer } from '../support/test-server.ts';

const rounds = 500;
const warmUp = 100;
const webhookSecret = 'webhook-secret-of-acme';

const own = await startOwnServer();
const server = await startTestServer({ config: { logLevel: 'silent' } });
try {
  await server.createTenant({ webhookSecret, webhookForwardUrl: own.url });
  const hook = `${server.url}/v1/webhooks/vapi/acme`;
  const direct: number[] = [];
  const throughUs: number[] = [];
  // In turns, so that both have the same conditions.
  for (let round = 0; round < warmUp + rounds; round += 1) {
    const times = [await timed(own.url, toolCalls()), await timed(hook, toolCalls())] as const;
    if (round < warmUp) continue;
    direct.push(times[0]);
    throughUs.push(times[1]);
  }
  print('tool-call answered by the own server directly', direct);
  print('tool-call answered through us', throughUs);
  const added = throughUs.map((ms, index) => ms - (direct[index] ?? 0));
  print('our part of the delay', added);

  for (const [name, size, count] of [
    ['report of 20 KB, booked and queued for the own server', 20_000, 300],
    ['report of 5 MB, booked and queued for the own server', 5_000_000, 20],
  ] as const) {
    const times: number[] = [];
    const transcript = 'x'.repeat(size);
    for (let round = 0; round < count; round += 1) {
      times.push(await timed(hook, report(randomUUID(), { transcript })));
    }
    print(name, times);
  }
} finally {
  await server.close();
  await own.close();
}

/** @returns milliseconds until the whole answer has arrived */
async function timed(url: string, body: string): Promise<number> {
  const startedAt = performance.now();
  const answer = await fetch(url, {
    method: 'POST',
    headers: { 'content-type': 'application/json', 'x-vapi-agent-token': webhookSecret },
    body,
  });
  await answer.text();
  const ms = performance.now() - startedAt;
  if (answer.status !== 200) throw new Error(`${url} answered ${answer.status}`);
  return ms;
}

function print(name: string, times: number[]): void {
  const sorted = times.toSorted((a, b) => a - b);
  const at = (share: number) => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(2);
  process.stdout.write(`${name}: median ${at(0.5)} ms, p95 ${at(0.95)} ms (${times.length} times)\n`);
}
