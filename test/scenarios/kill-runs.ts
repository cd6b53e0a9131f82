/**
 * The real server as a separate process, killed while it receives reports: what it acknowledged must be in the ledger,
 * once. Shared by `npm test` and the long campaign.
 */
import assert from 'node:assert/strict';
import { type ChildProcess, spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import type { CallsAnswer, CallView, UsageAnswer } from '../../server/contract.ts';
import { bundleArgs } from '../support/bundles.ts';
import type { Engine } from '../support/postgres.ts';

const operatorKey = 'vak_durability-test-operator-key';
const webhookSecret = 'durability-webhook-secret';
const main = join(import.meta.dirname, '..', '..', 'server', 'main.ts');

export interface KillableServer {
  /** @returns whether the report was acknowledged; false when the connection broke off before that */
  deliver(callId: string): Promise<boolean>;
  usage(): Promise<UsageAnswer['total']>;
  call(id: string): Promise<CallView>;
  /** Ids of all calls in the ledger. */
  ledger(): Promise<Set<string>>;
  /** `kill -9`: no chance to finish anything. */
  kill(): void;
  /** Kills it if it is still running, and starts it again on the same store. */
  killAndRestart(): Promise<void>;
  stop(): Promise<void>;
}

export async function startKillable(engine: Engine): Promise<KillableServer> {
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-durability-'));
  const database = await engine.createMigrated();
  const assistantId = randomUUID();
  const { config } = database;
  const databaseUrl = config.kind === 'sqlite' ? `sqlite:${config.file}` : config.url;
  // A separate folder, so that it reads no settings of the machine; a Vapi that cannot be reached.
  const start = () => spawnServer(folder, { DATABASE_URL: databaseUrl, VAPI_BASE_URL: 'http://127.0.0.1:9' });
  let { url, child } = await start();

  const operator = (path: string, init: RequestInit = {}) =>
    fetch(url + path, {
      ...init,
      headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    });
  const kill = () => child.kill('SIGKILL');
  const gone = async () => {
    kill();
    if (child.exitCode === null && child.signalCode === null) await once(child, 'exit');
  };

  const tenant = {
    slug: 'acme',
    name: 'Acme',
    orgId: randomUUID(),
    privateKey: `private-${randomUUID()}`,
    assistantId,
    webhookSecret,
  };
  const created = await operator('/v1/tenants', { method: 'POST', body: JSON.stringify(tenant) });
  assert.equal(created.status, 201, await created.text());

  return {
    kill,
    async deliver(callId) {
      try {
        const answer = await fetch(`${url}/v1/webhooks/vapi/acme`, {
          method: 'POST',
          headers: { 'content-type': 'application/json', 'x-vapi-agent-token': webhookSecret },
          body: report(callId, assistantId),
        });
        assert.equal(answer.status, 200);
        return true;
      } catch (error) {
        if (error instanceof assert.AssertionError) throw error;
        return false;
      }
    },
    async usage() {
      const answer = await operator('/v1/tenants/acme/usage?from=2026-09-01&to=2026-10-01');
      return ((await answer.json()) as UsageAnswer).total;
    },
    async call(id) {
      return (await (await operator(`/v1/tenants/acme/calls/${id}`)).json()) as CallView;
    },
    async ledger() {
      const ids = new Set<string>();
      let cursor: string | null = '';
      while (cursor !== null) {
        const query: string = cursor ? `&cursor=${cursor}` : '';
        const page = (await (
          await operator(`/v1/tenants/acme/calls?limit=200${query}`)
        ).json()) as CallsAnswer;
        for (const { id } of page.calls) ids.add(id);
        cursor = page.nextCursor;
      }
      return ids;
    },
    async killAndRestart() {
      await gone();
      ({ url, child } = await start());
    },
    async stop() {
      await gone();
      await database.remove();
      rmSync(folder, { recursive: true, force: true });
    },
  };
}

async function spawnServer(
  folder: string,
  settings: Record<string, string>,
): Promise<{ url: string; child: ChildProcess }> {
  const child = spawn(process.execPath, [...bundleArgs(), main], {
    cwd: folder,
    env: {
      ...{ PATH: process.env.PATH, NODE_COMPILE_CACHE: process.env.NODE_COMPILE_CACHE },
      ...{ TEST_BUNDLES: process.env.TEST_BUNDLES },
      ...{ PORT: '0', OPERATOR_API_KEY: operatorKey, LOG_LEVEL: 'info' },
      ...settings,
    },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  const port = await new Promise<number>((resolve, reject) => {
    child.once('exit', () => reject(new Error('the server ended before it listened')));
    // Keeps reading to the end, so that the pipe never fills up and blocks the server.
    createInterface({ input: child.stdout }).on('line', (line) => {
      const entry = JSON.parse(line) as { msg?: string; port?: number };
      if (entry.msg === 'listening' && entry.port) resolve(entry.port);
    });
  });
  return { url: `http://localhost:${port}`, child };
}

/**
 * Kills the server that many times while reports arrive, each time at another moment, and sends everything again at the
 * end, as Vapi's retries would.
 */
export async function checkKills(server: KillableServer, kills: number): Promise<void> {
  const before = await server.usage();
  const sent: string[] = [];
  const acknowledged = new Set<string>();
  for (let kill = 0; kill < kills; kill += 1) {
    const ids = Array.from({ length: 40 }, () => randomUUID());
    sent.push(...ids);
    // 1, 8, 15, … of 40: from the first answer to nearly the last.
    const killAfter = 1 + ((kill * 7) % 38);
    let answered = 0;
    const deliveries = ids.map(async (id) => {
      if (!(await server.deliver(id))) return;
      acknowledged.add(id);
      answered += 1;
      // In the same turn in which the answer is read.
      if (answered === killAfter) server.kill();
    });
    await Promise.all(deliveries);
    await server.killAndRestart();
  }
  assert.ok(acknowledged.size >= kills, 'the server was killed after it had answered');
  const ledger = await server.ledger();
  assert.deepEqual(
    [...acknowledged].filter((id) => !ledger.has(id)),
    [],
    'an acknowledged report is in the ledger',
  );

  for (let start = 0; start < sent.length; start += 20) {
    const answers = await Promise.all(sent.slice(start, start + 20).map((id) => server.deliver(id)));
    assert.ok(answers.every(Boolean));
  }
  assert.deepEqual(await server.usage(), {
    calls: before.calls + sent.length,
    seconds: before.seconds + 55 * sent.length,
    costMicros: (before.costMicros ?? 0) + 79_700 * sent.length,
    callsWithoutCost: 0,
  });
}

/** The report of a 55 s call that cost $0.0797, in Vapi's format (vapi-facts 3.4). */
function report(callId: string, assistantId: string): string {
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
      call: { id: callId, type: 'webCall', status: 'queued', createdAt, updatedAt: createdAt, assistantId },
      assistant: { id: assistantId, name: 'Acme' },
    },
  });
}
