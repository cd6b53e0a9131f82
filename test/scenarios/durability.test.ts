/** What was answered with 200 is in the ledger, whatever happens to the process, and is there once. */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import type { CallView, UsageAnswer } from '../../server/contract.ts';

const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-durability-'));
const operatorKey = 'vak_durability-test-operator-key';
const webhookSecret = 'durability-webhook-secret';
const assistantId = randomUUID();
const main = join(import.meta.dirname, '..', '..', 'server', 'main.ts');

interface Server {
  url: string;
  process: ChildProcess;
}
let server: Server;

before(async () => {
  server = await startServer();
  const tenant = {
    slug: 'acme',
    name: 'Acme',
    orgId: randomUUID(),
    privateKey: `private-${randomUUID()}`,
    assistantId,
    webhookSecret,
  };
  const answer = await operator('/v1/tenants', { method: 'POST', body: JSON.stringify(tenant) });
  assert.equal(answer.status, 201);
});

after(() => {
  server.process.kill('SIGKILL');
  rmSync(folder, { recursive: true, force: true });
});

/** `npm start` without npm: in a folder of its own, so that it reads no settings of the machine. */
async function startServer(): Promise<Server> {
  const child = spawn(process.execPath, [main], {
    cwd: folder,
    env: { PATH: process.env.PATH, PORT: '0', OPERATOR_API_KEY: operatorKey, LOG_LEVEL: 'info' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the server ended before it listened')));
    // Listens on to the end, so that the pipe never fills up and holds the server.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { msg?: string; port?: number };
      if (entry.msg === 'listening' && entry.port) resolve(entry.port);
    });
  });
  return { url: `http://127.0.0.1:${port}`, process: child };
}

/** No chance to finish anything. */
async function killAndRestart(): Promise<void> {
  const { process: child } = server;
  child.kill('SIGKILL');
  if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  server = await startServer();
}

const operator = (path: string, init: RequestInit = {}) =>
  fetch(server.url + path, {
    ...init,
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
  });

async function usage(): Promise<UsageAnswer['total']> {
  const answer = await operator('/v1/tenants/acme/usage?from=2026-09-01&to=2026-10-01');
  return ((await answer.json()) as UsageAnswer).total;
}

/** The report of a 55 s call that cost $0.0797, in the shape of a captured one. */
function report(callId: string): string {
  const createdAt = '2026-09-21T14:13:20.000Z';
  return JSON.stringify({
    message: {
      timestamp: Date.parse('2026-09-21T14:14:25.000Z'),
      type: 'end-of-call-report',
      endedReason: 'customer-ended-call',
      startedAt: '2026-09-21T14:13:25.000Z',
      endedAt: '2026-09-21T14:14:20.000Z',
      cost: 0.0797,
      costs: [
        { type: 'transcriber', minutes: 0.99, cost: 0.010098 },
        { type: 'model', promptTokens: 812, completionTokens: 140, cost: 0.0002058 },
        { type: 'voice', characters: 468, cost: 0.0234 },
        { type: 'vapi', subType: 'normal', minutes: 0.9167, cost: 0.045835 },
        { type: 'analysis', analysisType: 'summary', cost: 0.0000812 },
      ],
      transcript: 'AI: Hello\nUser: When do you open?\n',
      call: {
        id: callId,
        type: 'webCall',
        status: 'queued',
        createdAt,
        updatedAt: createdAt,
        assistantId,
      },
      assistant: { id: assistantId, name: 'Acme' },
    },
  });
}

/** @returns whether the report was acknowledged; false when the connection broke off before that */
async function deliver(callId: string): Promise<boolean> {
  try {
    const answer = await fetch(`${server.url}/v1/webhooks/vapi/acme`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', 'x-vapi-agent-token': webhookSecret },
      body: report(callId),
    });
    assert.equal(answer.status, 200);
    return true;
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error;
    return false;
  }
}

test('a kill -9 right after a 200 loses nothing, and five deliveries of a report count once', async () => {
  const id = randomUUID();
  assert.ok(await deliver(id));
  await killAndRestart();
  const oneCall = { calls: 1, seconds: 55, costMicros: 79_700, callsWithoutCost: 0 };
  assert.deepEqual(await usage(), oneCall);
  for (let delivery = 2; delivery <= 5; delivery += 1) assert.ok(await deliver(id));
  assert.deepEqual(await usage(), oneCall);
  const call = (await (await operator(`/v1/tenants/acme/calls/${id}`)).json()) as CallView;
  // In micros: 10098 + 206 + 23400 + 45835 + 81 = 79620, and the total of 79700 leaves 80 for "other".
  assert.deepEqual(call.cost, {
    transport: 0,
    stt: 10_098,
    llm: 206,
    tts: 23_400,
    vapi: 45_835,
    analysis: 81,
    knowledgeBase: 0,
    other: 80,
  });
});

test('killed again and again under load: every acknowledged report is there, and no report counts twice', async () => {
  const before = await usage();
  const sent: string[] = [];
  const acknowledged = new Set<string>();
  for (const killAfter of [1, 7, 23]) {
    const ids = Array.from({ length: 40 }, () => randomUUID());
    sent.push(...ids);
    const answers = ids.map(async (id) => {
      if (!(await deliver(id))) return;
      acknowledged.add(id);
      // In the very turn in which the answer is read.
      if (ids.filter((other) => acknowledged.has(other)).length === killAfter) server.process.kill('SIGKILL');
    });
    await Promise.all(answers);
    await killAndRestart();
    for (const id of acknowledged) {
      const answer = await operator(`/v1/tenants/acme/calls/${id}`);
      assert.equal(answer.status, 200, 'an acknowledged report is in the ledger');
      assert.equal(((await answer.json()) as CallView).costMicros, 79_700);
    }
  }
  assert.ok(acknowledged.size >= 31);

  // The sender's retries: what was not acknowledged comes again, and some of the rest too.
  for (const id of sent) assert.ok(await deliver(id));
  assert.deepEqual(await usage(), {
    calls: (before.calls ?? 0) + sent.length,
    seconds: before.seconds + 55 * sent.length,
    costMicros: (before.costMicros ?? 0) + 79_700 * sent.length,
    callsWithoutCost: 0,
  });
});
