/** The outcome of a client's calls: tried, versioned, judged with the results, counted by day, shown by switch. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { orgOf } from '../../../server/access/tenants/orgs.ts';
import type { OutcomesAnswer } from '../../../server/contract.ts';
import { bookCalls } from '../../../server/metering/booking.ts';
import { callSchema } from '../../../server/vapi/call-record.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { codeOf, type TestServer } from '../../support/test-server.ts';
import { booked, idOf, type ResultsStage, startResultsStage } from './results-stage.ts';

for (const engine of testDatabases()) describe(`an outcome, on ${engine.name}`, () => tests(engine));

const rule = { match: 'all', conditions: [{ kind: 'output', name: 'booked', is: true }] };
const long = { match: 'any', conditions: [{ kind: 'seconds', least: 40 }] };
const path = '/v1/tenants/acme/outcome';
const hour = 3_600_000;

function tests(engine: Engine): void {
  let stage: ResultsStage;
  let server: TestServer;
  let report: ResultsStage['report'];
  before(async () => {
    stage = await startResultsStage(engine);
    ({ server, report } = stage);
  });
  after(() => stage?.close());

  const total = async (query = '') =>
    ((await server.operator('GET', `/v1/tenants/acme/outcomes${query}`)).body as OutcomesAnswer).total;
  const counted = async () => {
    const { outcomes, judged } = await total();
    return { outcomes, judged };
  };
  /** Every day’s sums are those of the calls. */
  const checkSums = async () => {
    const { store } = server.ctx;
    const days = await store.selectFrom('outcomeDaily').selectAll().where('judged', '>', 0).execute();
    const calls = await store.selectFrom('callOutcomes').selectAll().execute();
    const sums = (of: (typeof calls)[number][]) => ({
      judged: of.length,
      outcomes: of.filter(({ counts }) => counts === 1).length,
      costMicros: of.reduce((sum, { costMicros }) => sum + costMicros, 0),
    });
    const expected = [...Map.groupBy(calls, ({ day }) => day)].map(([day, of]) => [day, sums(of)]);
    const found = days.map(({ day, judged, outcomes, costMicros }) => [
      day,
      { judged, outcomes, costMicros },
    ]);
    assert.deepEqual(found.sort(), expected.sort());
  };

  it('is tried on past calls before it is saved, which changes nothing', async () => {
    await report(1, booked(true));
    await report(2, booked(false));
    await report(3, {});
    const tried = await server.operator('POST', `${path}/try`, { ...rule, calls: 10 });
    assert.equal(tried.status, 200, tried.text);
    assert.deepEqual([tried.body.calls, tried.body.counts, tried.body.withoutResults], [3, 1, 1]);
    assert.deepEqual(
      tried.body.judged.flatMap(({ id, counts }: { id: string; counts: boolean }) => (counts ? [id] : [])),
      [idOf(1)],
    );
    assert.equal((await server.operator('GET', path)).body.current, null);
    assert.deepEqual(await counted(), { outcomes: 0, judged: 0 });
  });

  it('is refused with an output that is not kept or of another type, and keeps those that it needs', async () => {
    for (const condition of [
      { kind: 'output', name: 'other', is: true },
      { kind: 'output', name: 'booked', is: 'yes' },
      { kind: 'output-at-least', name: 'booked', least: 1 },
    ]) {
      const answer = await server.operator('PUT', path, { name: 'X', match: 'all', conditions: [condition] });
      assert.equal(codeOf(answer), 'invalid_request');
    }
    assert.equal(
      codeOf(await server.operator('PUT', path, { ...rule, name: 'X', conditions: [] })),
      'invalid_request',
    );
    const set = await server.operator('PUT', path, { ...rule, name: 'Appointments' });
    assert.equal(set.status, 200, set.text);
    assert.deepEqual([set.body.current.version, set.body.current.rule], [1, rule]);
    // Pressed twice.
    assert.equal(
      (await server.operator('PUT', path, { ...rule, name: 'Appointments' })).body.versions.length,
      1,
    );
    const without = { results: { summary: true, outputs: [] } };
    assert.equal(codeOf(await server.operator('PATCH', '/v1/tenants/acme', without)), 'invalid_request');
  });

  it('judges calls that are created from then on, as their results come and change', async () => {
    server.clock.now += 2 * hour;
    await report(1, booked(true), 4 * hour);
    assert.deepEqual(await counted(), { outcomes: 0, judged: 0 }, 'a call from before it is not judged');
    await report(10, booked(true));
    await report(11, {});
    assert.deepEqual(await counted(), { outcomes: 1, judged: 2 });
    assert.deepEqual([(await stage.read(10)).outcome, (await stage.read(11)).outcome], [true, false]);
    assert.deepEqual((await stage.read(10)).judgedBy, { version: 1, name: 'Appointments' });
    assert.equal((await stage.read(1)).outcome, null);
    // Late, and nothing else of the call has changed.
    stage.calls.set(idOf(11), { ...stage.calls.get(idOf(11)), ...booked(true) });
    const org = await orgOf(server.ctx, stage.acme.orgId, server.clock.now);
    await bookCalls(server.ctx, org, [callSchema.parse(stage.calls.get(idOf(11)))]);
    assert.deepEqual(await counted(), { outcomes: 2, judged: 2 });
    await report(11, booked(true));
    assert.deepEqual(await counted(), { outcomes: 2, judged: 2 });
    await checkSums();
  });

  it('has a cost, follows its corrections, and is filtered and in files', async () => {
    await report(12, { cost: 0.5 });
    const { costMicros, costPerOutcomeMicros } = await total();
    assert.deepEqual([costMicros, costPerOutcomeMicros], [700_000, 350_000]);
    await report(12, { cost: 0.7 });
    assert.equal((await total()).costMicros, 900_000);
    assert.deepEqual(await stage.listed('outcome=no'), [idOf(12)]);
    assert.equal((await stage.listed('outcome=yes')).length, 2);
    const all = await server.operator('GET', '/v1/billing/calls?outcome=no');
    assert.deepEqual([all.body.calls[0].outcome, all.body.totals.calls], [false, 1]);
    const [head = '', first = ''] = (await stage.csv('/v1/tenants/acme/calls?outcome=yes')).text.split(
      '\r\n',
    );
    assert.ok(head.endsWith(',outcome') && first.endsWith(',yes'), head);
    const days = (await stage.csv('/v1/tenants/acme/outcomes')).text.split('\r\n');
    assert.equal(days[0], 'day,outcomes,judged,cost_usd');
    await checkSums();
  });

  it('has versions: a call keeps the one that judged it', async () => {
    server.clock.now += 2 * hour;
    const next = await server.operator('PUT', path, { ...long, name: 'Long calls' });
    assert.deepEqual(
      next.body.versions.map(({ version, name }: { version: number; name: string }) => [version, name]),
      [
        [2, 'Long calls'],
        [1, 'Appointments'],
      ],
    );
    server.clock.now += 2 * hour;
    // 45 s by the new rule; 50 s by the first one.
    await report(15, {});
    await report(12, { cost: 0.8 }, 5 * hour);
    await report(20, {}, 3 * hour);
    const outcomes = await Promise.all([15, 12, 20].map(async (no) => (await stage.read(no)).outcome));
    assert.deepEqual(outcomes, [true, false, false]);
    assert.equal((await stage.read(12)).judgedBy.version, 1);
    assert.equal((await stage.read(20)).judgedBy.version, 1);
    const before = await counted();
    await Promise.all([17, 18, 17, 19, 18, 17].map((no) => report(no, booked(no !== 18))));
    assert.deepEqual(await counted(), { outcomes: before.outcomes + 3, judged: before.judged + 3 });
    await checkSums();
    const ended = await server.operator('DELETE', path);
    assert.equal(ended.body.current.rule, null);
    server.clock.now += 2 * hour;
    await report(16, {});
    assert.equal((await stage.read(16)).outcome, null);
    await checkSums();
  });

  it('stays when what it was judged by is erased, whatever is reported again', async () => {
    const before = await counted();
    const gone = await server.operator('DELETE', `/v1/tenants/acme/calls/${idOf(10)}/content`, {});
    assert.deepEqual(gone.body.deleted, [idOf(10)]);
    await report(10, { cost: 0.3 }, 7 * hour);
    assert.deepEqual([(await stage.read(10)).outcome, await counted()], [true, before]);
    await checkSums();
  });

  it('is taken back with a call that Vapi never had, and so is dismissed', async () => {
    const before = await counted();
    stage.calls.delete(idOf(15));
    const dismissed = await server.operator('POST', `/v1/tenants/acme/calls/${idOf(15)}/dismiss`);
    assert.equal(dismissed.status, 200, dismissed.text);
    assert.deepEqual(await counted(), { outcomes: before.outcomes - 1, judged: before.judged - 1 });
    assert.equal((await stage.read(15)).outcome, null);
    await checkSums();
  });

  it('is shown to a client by its switch, without a cost, and its rule never', async () => {
    const key = (await server.operator('POST', '/v1/keys', { name: 'theirs', tenant: 'acme' })).body.key;
    const asClient = (rest: string) =>
      server.request('GET', `/v1/tenants/acme${rest}`, { headers: { authorization: `Bearer ${key}` } });
    assert.equal(codeOf(await asClient('/outcomes')), 'not_found');
    assert.equal(codeOf(await asClient('/calls?outcome=yes')), 'invalid_request');
    await server.operator('PATCH', '/v1/tenants/acme', { clientAccess: { results: true } });
    const { body } = await asClient('/outcomes');
    assert.deepEqual(Object.keys(body.total), ['outcomes', 'judged']);
    assert.ok(!JSON.stringify(body).includes('cost'));
    assert.equal(codeOf(await asClient('/outcome')), 'not_found');
    assert.equal((await asClient('/calls?outcome=yes')).body.calls[0].outcome, true);
  });
}
