/**
 * The session route against bare `node:http` that makes the same checks and the same token. Each is one process, as
 * `npm start` runs ours, on one SQLite file; they are loaded in turns. `BENCH_RUNS` (turns) and `BENCH_CALLS` (requests
 * a turn) change the size.
 */
import { type ChildProcess, spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { Worker } from 'node:worker_threads';
import { freePort } from '../support/free-port.ts';
import { until } from '../support/until.ts';

const turns = Number(process.env.BENCH_RUNS ?? 7);
const requests = Number(process.env.BENCH_CALLS ?? 4000);
const origin = 'https://shop.acme.example';

const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-sessions-'));
const file = join(folder, 'bench.db');
const operatorKey = `vak_${randomBytes(24).toString('base64url')}`;
const load = new Worker(new URL('./support/load.ts', import.meta.url));
const children: ChildProcess[] = [];
try {
  const ours = await startServer();
  await addTenant(ours);
  const bare = await startBare();
  const shares: number[] = [];
  for (let turn = -1; turn < turns; turn += 1) {
    const theirs = await perSecond(bare);
    const own = await perSecond(ours);
    // The first only warms up.
    if (turn < 0) continue;
    shares.push(own / theirs);
    process.stdout.write(
      `bare ${theirs.toFixed(0)}/s, ours ${own.toFixed(0)}/s: ${(own / theirs).toFixed(2)}\n`,
    );
  }
  const median = shares.toSorted((a, b) => a - b)[Math.floor(turns / 2)] ?? 0;
  process.stdout.write(`sessions, median of ${turns} turns: ${median.toFixed(2)} of bare\n`);
} finally {
  await load.terminate();
  for (const child of children) child.kill();
  rmSync(folder, { recursive: true, force: true });
}

/** With the log, which nobody reads, and every limit but so high that it is never reached. */
async function startServer(): Promise<string> {
  const port = await freePort();
  const plenty = '9999999';
  const env = {
    ...process.env,
    PORT: String(port),
    DATABASE_URL: `sqlite:${file}`,
    SECRET_KEY: randomBytes(32).toString('base64'),
    OPERATOR_API_KEY: operatorKey,
    SESSIONS_PER_MINUTE: plenty,
    VAPI_BASE_URL: 'http://127.0.0.1:9',
  };
  children.push(spawn(process.execPath, ['server/main.ts'], { env, stdio: ['ignore', 'ignore', 'inherit'] }));
  const url = `http://127.0.0.1:${port}`;
  await until(
    () =>
      fetch(`${url}/readyz`).then(
        ({ ok }) => ok,
        () => false,
      ),
    'the server to listen',
  );
  return url;
}

async function startBare(): Promise<string> {
  const child = spawn(process.execPath, [join(import.meta.dirname, 'support', 'bare-sessions.ts'), file], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  children.push(child);
  for await (const line of createInterface({ input: child.stdout })) return line;
  throw new Error('the bare server ended');
}

/** Without a word to Vapi: a tenant's key is not checked when there is none to reach. */
async function addTenant(url: string): Promise<void> {
  const answer = await fetch(`${url}/v1/tenants`, {
    method: 'POST',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      ...{ slug: 'acme', name: 'Acme', allowedOrigins: [origin], orgId: randomUUID() },
      ...{ assistantId: randomUUID(), privateKey: randomUUID() },
    }),
  });
  if (answer.status !== 201) throw new Error(await answer.text());
}

async function perSecond(url: string): Promise<number> {
  const ended = new Promise<{ failed: number; ms: number }>((resolve) => load.once('message', resolve));
  const body = JSON.stringify({ tenant: 'acme' });
  load.postMessage({ url: `${url}/v1/sessions`, origin, body, requests, connections: 16 });
  const { failed, ms } = await ended;
  if (failed > 0) throw new Error(`${failed} of ${requests} requests failed at ${url}`);
  return requests / (ms / 1000);
}
