/**
 * A whole day on several real processes of one PostgreSQL behind a load balancer: visitors start calls, calls report with
 * the usual losses, each hour one process is killed in the middle of it, and the database restarts twice. One process
 * lives through the day, and its memory must not grow with it.
 */
import assert from 'node:assert/strict';
import { randomBytes, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import pg from 'pg';
import { type Emulator, type ScenarioName, startEmulator } from '../../demo/vapi-emulator/emulator.ts';
import { iso } from '../../server/base/iso.ts';
import type { DriftReport } from '../../server/contract.ts';
import { listen } from '../support/listen.ts';
import { type OwnPostgres, ownPostgres } from '../support/own-postgres.ts';
import { reportsHeap, type ServerProcess, startServerProcess } from '../support/server-process.ts';
import { pageOrigin } from '../support/test-server.ts';
import { until } from '../support/until.ts';

export interface DayOptions {
  hours: number;
  tenants: number;
  /** Finished calls an hour, of all tenants. */
  calls: number;
  /** Visitors an hour who ask for a call; every fourth asks the tenant with the small budget. */
  visitors: number;
}

interface Client {
  slug: string;
  assistantId: string;
}

const processes = 3;
/** Never killed. */
const survivor = processes - 1;
/** Between the end of its first hour, when everything has been used once, and the end of the day. */
const heapMayGrowBytes = 8_000_000;
/** The usual losses: of twenty reports, one is lost, one doubled, one early, and one call's cost is late. */
const scenarios = ['report-lost', 'report-twice', 'report-before-status', 'cost-late'] as const;
const operatorKey = 'vak_operator-of-the-simulated-day';
/** Covers ten calls of a minute at the worst price. */
const smallBudget = {
  monthlyBudgetMicros: 1_000_000,
  worstCaseMicrosPerMinute: 100_000,
  maxCallSeconds: 60,
};
const coveredCalls = 10;
const plenty = {
  ...{ concurrentCalls: 1000, callsPerMinute: 1_000_000, callsPerHour: 1_000_000, callsPerDay: 1_000_000 },
  ...{ callsPerMinutePerIp: 1_000_000, callsPerHourPerIp: 1_000_000, callsPerDayPerIp: 1_000_000 },
};

/** @throws AssertionError when the books differ from Vapi's, or a budget was exceeded */
export async function checkDay(options: DayOptions): Promise<void> {
  const database = await ownPostgres();
  const emulator = await startEmulator({
    ...{ port: 0, orgs: [], reportDelayMs: 0, costLateMs: 0, joinTimeoutMs: 86_400_000 },
  });
  const backends: (ServerProcess | null)[] = Array(processes).fill(null);
  const balancer = await startBalancer(() => backends.flatMap((backend) => (backend ? [backend.url] : [])));
  const secretKey = randomBytes(32).toString('base64');
  const start = async (index: number) => {
    backends[index] = await startServerProcess({
      ...{ DATABASE_URL: database.url, SECRET_KEY: secretKey, OPERATOR_API_KEY: operatorKey },
      ...{ VAPI_BASE_URL: emulator.url, PUBLIC_URL: balancer.url, DATABASE_TIMEOUT_MS: '60000' },
      ...(index === survivor ? reportsHeap : {}),
      ...{ SESSIONS_PER_MINUTE: '1000000', STARTS_PER_MINUTE: '1000000' },
    });
  };
  try {
    await Promise.all(backends.map((_, index) => start(index)));
    const day = new Day(emulator, balancer.url, options);
    await day.addClients();
    const heaps: number[] = [];
    for (let hour = 0; hour < options.hours; hour += 1) {
      const traffic = day.hour();
      await until(() => traffic.answered() >= options.visitors / 2, 'half of the hour');
      const index = hour % survivor;
      const killed = backends[index];
      backends[index] = null;
      await killed?.kill();
      // A third and two thirds into the day.
      if (hour % Math.ceil(options.hours / 3) === Math.ceil(options.hours / 3) - 1) await restart(database);
      await start(index);
      await traffic.done;
      heaps.push((await backends[survivor]?.heapBytes()) ?? 0);
    }
    await day.compare(database);
    const [first = 0] = heaps;
    assert.ok((heaps.at(-1) ?? 0) - first < heapMayGrowBytes, `heap after each hour: ${heaps.join(', ')}`);
  } finally {
    await Promise.all(backends.map((backend) => backend?.kill()));
    await balancer.close();
    await emulator.close();
    await database.remove();
  }
}

async function restart(database: OwnPostgres): Promise<void> {
  await database.stop();
  await database.start();
}

class Day {
  readonly #clients: Client[] = [];
  readonly #options: DayOptions;
  readonly #emulator: Emulator;
  readonly #url: string;
  #small: Client = { slug: '', assistantId: '' };
  #visitors = 0;
  #calls = 0;

  constructor(emulator: Emulator, url: string, options: DayOptions) {
    this.#emulator = emulator;
    this.#url = url;
    this.#options = options;
  }

  async addClients(): Promise<void> {
    for (let index = 0; index < this.#options.tenants; index += 1) {
      this.#clients.push(await this.#addClient(`client-${index}`, plenty));
    }
    this.#small = await this.#addClient('small-budget', { ...plenty, ...smallBudget });
  }

  /** Begins an hour's traffic: visitors, and calls that are reported. */
  hour(): { answered: () => number; done: Promise<unknown> } {
    let answered = 0;
    const visitors = Array.from({ length: this.#options.visitors }, async () => {
      await this.#visit();
      answered += 1;
    });
    const calls = Array.from({ length: this.#options.calls }, async () => {
      const { assistantId } = this.#next();
      const scenario: ScenarioName = scenarios[this.#calls % 20] ?? 'talks';
      const cost = ((this.#calls * 7919) % 5000) / 10_000;
      const wish = { assistantId, scenario, cost, seconds: 60, webhooks: true };
      await this.#emulator.waitForCall(this.#emulator.makeCall(wish).id, 'settled');
    });
    return { answered: () => answered, done: Promise.all([...visitors, ...calls]) };
  }

  /** The comparison that an operator makes, then the books beside the emulator's own, call by call. */
  async compare(database: OwnPostgres): Promise<void> {
    const books = this.#emulator.books();
    const times = books.map(({ createdAt }) => Date.parse(createdAt));
    const period = { from: iso(Math.min(...times) - 60_000), to: iso(Math.max(...times) + 60_000) };
    const drift = await this.#operator('/v1/reconcile', period);
    assert.equal(drift.status, 200, JSON.stringify(drift.body));
    assert.deepEqual((drift.body as unknown as DriftReport).failures, []);
    const client = new pg.Client({ connectionString: database.url });
    await client.connect();
    const { rows } = await client.query(
      'select calls.id, tenants.slug, cost_micros from calls join tenants on tenants.id = calls.tenant_id',
    );
    const { rows: sums } = await client.query(
      'select cast(sum(cost_micros) as text) as micros from usage_daily',
    );
    await client.end();
    const slugs = new Map(
      [...this.#clients, this.#small].map(({ slug, assistantId }) => [assistantId, slug]),
    );
    const micros = (dollars: number) => Math.round(dollars * 1e6);
    const expected = books.map(
      (entry) => `${entry.callId} ${slugs.get(`${entry.assistantId}`)} ${micros(entry.cost)}`,
    );
    const booked = rows.filter(({ cost_micros: cost }) => cost !== null);
    assert.deepEqual(booked.map((row) => `${row.id} ${row.slug} ${row.cost_micros}`).sort(), expected.sort());
    const total = books.reduce((sum, { cost }) => sum + micros(cost), 0);
    assert.equal(Number(sums[0]?.micros), total);
    const ofSmall = this.#emulator.calls().filter(({ view }) => view.assistantId === this.#small.assistantId);
    assert.equal(ofSmall.length, coveredCalls, 'calls within the small budget');
  }

  /** A visitor who tries again when the connection breaks or nobody can answer, as the element and people do. */
  async #visit(): Promise<void> {
    this.#visitors += 1;
    const { slug } = this.#visitors % 4 === 0 ? this.#small : this.#next();
    await until(async () => {
      const session = await this.#visitor('/v1/sessions', { tenant: slug });
      if (session?.status !== 201) return false;
      const call = await this.#visitor('/v1/calls', { session: session.body.session });
      if (!call || call.status >= 500) return false;
      assert.ok(call.status === 201 || call.body.code === 'budget_exhausted', JSON.stringify(call.body));
      // The one with the small budget talks until the end of the day.
      if (call.status === 201 && slug !== this.#small.slug) this.#emulator.endCall(String(call.body.callId));
      return true;
    }, 'a visitor to be answered');
  }

  #next(): Client {
    this.#calls += 1;
    return this.#clients[this.#calls % this.#clients.length] as Client;
  }

  async #addClient(slug: string, limits: object): Promise<Client> {
    const [orgId, assistantId] = [randomUUID(), randomUUID()];
    const [privateKey, webhookSecret] = [`private-${randomUUID()}`, `webhook-${randomUUID()}`];
    const server = {
      url: `${this.#url}/v1/webhooks/vapi/${slug}`,
      headers: { 'x-vapi-agent-token': webhookSecret },
    };
    const serverMessages = ['status-update', 'end-of-call-report'];
    const assistants = [{ id: assistantId, name: slug, server, serverMessages }];
    this.#emulator.addOrg({ orgId, privateKeys: [privateKey], publicKeys: [], assistants });
    const added = await this.#operator('/v1/tenants', {
      ...{ slug, name: slug, orgId, assistantId, privateKey, webhookSecret, limits },
      allowedOrigins: [pageOrigin],
    });
    assert.equal(added.status, 201, JSON.stringify(added.body));
    return { slug, assistantId };
  }

  async #operator(path: string, body: object): Promise<{ status: number; body: Record<string, unknown> }> {
    const headers = { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' };
    const answer = await fetch(this.#url + path, { method: 'POST', headers, body: JSON.stringify(body) });
    return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
  }

  /** @returns null when the connection broke */
  async #visitor(
    path: string,
    body: object,
  ): Promise<{ status: number; body: Record<string, unknown> } | null> {
    const headers = { origin: pageOrigin, 'content-type': 'text/plain' };
    try {
      const answer = await fetch(this.#url + path, { method: 'POST', headers, body: JSON.stringify(body) });
      return { status: answer.status, body: (await answer.json()) as Record<string, unknown> };
    } catch {
      return null;
    }
  }
}

/** Like a load balancer: in turns, to the next when a connection is refused; a request that was sent is not repeated. */
async function startBalancer(urls: () => string[]) {
  let turn = 0;
  const pass = (incoming: IncomingMessage, answer: ServerResponse, body: Buffer, left: number): void => {
    const all = urls();
    turn += 1;
    const url = all[turn % Math.max(1, all.length)];
    if (url === undefined) return void answer.writeHead(502).end('{}');
    const { method = 'GET', url: path = '/', headers } = incoming;
    const sent = request(url + path, { method, headers, agent: false }, (got) => {
      answer.writeHead(got.statusCode ?? 502, got.headers);
      got.pipe(answer);
      got.on('error', () => answer.destroy());
    });
    sent.on('error', (error: NodeJS.ErrnoException) => {
      if (error.code === 'ECONNREFUSED' && left > 0) pass(incoming, answer, body, left - 1);
      else if (answer.headersSent) answer.destroy();
      else answer.writeHead(502).end('{}');
    });
    sent.end(body);
  };
  return listen(
    createServer(async (incoming, answer) => {
      const parts: Buffer[] = [];
      for await (const part of incoming) parts.push(part as Buffer);
      pass(incoming, answer, Buffer.concat(parts), processes);
    }),
  );
}
