/**
 * How PostgreSQL runs what the server sends: with enough calls that an index is worth it, none of the most frequent
 * statements, and none that names the calls, reads the whole table.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import pg from 'pg';
import { refreshPrices } from '../../../server/billing/month/month-prices.ts';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { seedClients } from '../../bench/support/seed-clients.ts';
import { everyDatabase, type TestDatabase } from '../../support/postgres.ts';
import { sweepAll } from '../../support/sweep.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';

/** Of ten million rows, a client has the same small share. */
const seed = { clients: 200, calls: 40_000, month: '2026-11' };
const large = ['calls', 'call_owners'];
const mostFrequent = 10;
/** Of a simulated day (`test/scenarios/day-run.ts`), as counted in its processes; this hour must send each of them. */
const ofADay = [
  'update "sweeps" set "next_sweep_at"',
  'select "due"."org_id" from "sweeps" as "due"',
  'select * from "tenants" where "slug" =',
  'insert into "call_owners"',
  'insert into "calls"',
  'insert into "tenant_months"',
  'insert into "usage_daily"',
  'select "target_sealed" from "forward_targets"',
  'insert into "call_revisions"',
  'update "tenants" set "start_lock"',
];

interface Statement {
  text: string;
  values: unknown[];
  times: number;
}
/** What the server sends, by text. */
type Sent = Map<string, Statement>;

for (const engine of everyDatabase().filter(({ name }) => name === 'PostgreSQL')) {
  describe('with many calls on PostgreSQL', () => {
    let database: TestDatabase;
    let network: TestNetwork;
    let client: pg.Client;
    let sent: Sent;
    before(async () => {
      database = await engine.createMigrated();
      network = await startTestNetwork({ server: { database } });
      await seedClients(network.server.ctx.store, seed);
      assert.ok(database.config.kind === 'postgres');
      client = new pg.Client({ connectionString: database.config.url });
      await client.connect();
      await client.query('analyze');
      sent = await record(() => anHour(network));
    });
    after(async () => {
      await client?.end();
      await network?.close();
      await database?.remove();
    });

    const plansOf = async (statements: Statement[]) => {
      const plans = [];
      for (const { text, values, times } of statements) {
        const { rows } = await client.query(`explain (format json) ${text}`, values);
        plans.push({ text, times, read: seqScans(rows[0]['QUERY PLAN'][0].Plan) });
      }
      return plans;
    };
    const byFrequency = () => [...sent.values()].sort((a, b) => b.times - a.times);

    it(`reads no table of calls as a whole in the ${mostFrequent} most frequent statements`, async () => {
      const frequent = byFrequency().slice(0, mostFrequent);
      assert.equal(frequent.length, mostFrequent);
      assert.ok(frequent.some(({ text }) => text.includes('"calls"')));
      assert.deepEqual(await offenders(frequent), []);
    });

    it('nor in those that are the most frequent of a whole day', async () => {
      const found = ofADay.map((begin) => byFrequency().filter(({ text }) => text.startsWith(begin)));
      assert.deepEqual(
        ofADay.filter((_, index) => found[index]?.length === 0),
        [],
      );
      assert.deepEqual(await offenders(found.flat()), []);
    });

    it('nor in any other that names the calls', async () => {
      const others = byFrequency().filter(({ text }) => /\b(calls|call_owners)\b/.test(text));
      assert.ok(others.length > mostFrequent, `${others.length} statements`);
      assert.deepEqual(await offenders(others), []);
    });

    it('would notice one that does', async () => {
      const text = 'select count(*) from calls where ended_reason = $1';
      assert.equal((await offenders([{ text, values: ['x'], times: 1 }])).length, 1);
    });

    const offenders = async (statements: Statement[]) =>
      (await plansOf(statements)).filter(({ read }) => read.some((table) => large.includes(table)));
  });
}

interface PlanNode {
  'Node Type': string;
  'Relation Name'?: string;
  Plans?: PlanNode[];
}

function seqScans(node: PlanNode): string[] {
  const own = node['Node Type'] === 'Seq Scan' ? [node['Relation Name'] ?? ''] : [];
  return [...own, ...(node.Plans ?? []).flatMap(seqScans)];
}

/** Counts what every connection of this process sends meanwhile. */
async function record(work: () => Promise<void>): Promise<Sent> {
  const sent: Sent = new Map();
  const { query } = pg.Client.prototype;
  pg.Client.prototype.query = function (this: pg.Client, ...given: unknown[]) {
    const [text, values = []] = given as [unknown, unknown[]?];
    if (typeof text === 'string' && /^(select|insert|update|delete|with)\b/i.test(text)) {
      const before = sent.get(text)?.times ?? 0;
      sent.set(text, { text, values: Array.isArray(values) ? values : [], times: before + 1 });
    }
    return Reflect.apply(query, this, given);
  } as typeof query;
  try {
    await work();
  } finally {
    pg.Client.prototype.query = query;
  }
  return sent;
}

/** What visitors, Vapi, clients and the operator do: mostly calls. */
async function anHour(network: TestNetwork): Promise<void> {
  const { server, emulator, acme } = network;
  for (let call = 0; call < 10; call += 1) {
    server.clock.now += 360_000;
    const session = await network.session('acme');
    assert.equal((await network.visitor('/v1/calls', { session })).status, 201);
    const { id } = emulator.makeCall({
      ...{ assistantId: acme.assistantId, seconds: 60, cost: 0.1 },
      createdAt: new Date(server.clock.now).toISOString(),
    });
    await emulator.waitForCall(id, 'settled');
  }
  await sweepAll(server.ctx);
  while (await pollNext(server.ctx));
  for (const tenant of ['acme', 'seed-7']) {
    for (const path of [
      'calls?prices=yes',
      'usage',
      'preview',
      'margin?month=2026-11',
      'invoices',
      'setup',
    ]) {
      const { status, text } = await server.operator('GET', `/v1/tenants/${tenant}/${path}`);
      assert.equal(status, 200, text);
    }
  }
  for (const query of ['', '?sort=calls', '?search=client&sort=price', '?filter=attention'])
    assert.equal((await server.operator('GET', `/v1/billing/tenants${query}`)).status, 200);
  const day = 'from=2026-11-10&to=2026-11-11';
  for (const query of [day, `${day}&sort=cost`, `${day}&tenant=seed-7&minCostMicros=1`, 'id=some-call'])
    assert.equal((await server.operator('GET', `/v1/billing/calls?${query}`)).status, 200);
  await refreshPrices(server.ctx, 'test');
}
