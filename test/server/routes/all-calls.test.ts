/** The operator's list of all clients' calls: filters, order, pages, sums and CSV, and who may read it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { AllCallsAnswer } from '../../../server/contract.ts';
import { codeOf } from '../../support/test-server.ts';
import { type BillingStage, simplePlan, startBillingStage } from '../billing/stage.ts';

describe('the calls of all clients', () => {
  let stage: BillingStage;
  before(async () => {
    stage = await startBillingStage({ now: Date.parse('2026-12-16T12:00:00Z') });
    await stage.addTenant('acme', simplePlan, '2026-11-01', { name: 'Acme Bakery' });
    await stage.addTenant('rival', simplePlan, '2026-11-01', { name: 'Rival' });
    await stage.book(
      'acme',
      { id: 'a-1', at: '2026-12-01T10:00:00Z', seconds: 60, costMicros: 100_000 },
      { id: 'a-2', at: '2026-12-03T10:00:00Z', seconds: 30, costMicros: null },
      { id: 'a-old', at: '2026-06-01T10:00:00Z', seconds: 10, costMicros: 1 },
    );
    await stage.book(
      'rival',
      { id: 'r-1', at: '2026-12-02T10:00:00Z', seconds: 120, costMicros: 300_000, type: 'inboundPhoneCall' },
      // The same moment as the other client's.
      { id: 'r-2', at: '2026-12-03T10:00:00Z', seconds: 5, costMicros: 200_000 },
    );
  });
  after(() => stage?.close());

  const get = (query = '') => stage.server.operator('GET', `/v1/billing/calls${query}`);
  const list = async (query = ''): Promise<AllCallsAnswer> => {
    const answer = await get(query);
    assert.equal(answer.status, 200, answer.text);
    return answer.body as AllCallsAnswer;
  };
  const idsOf = ({ calls }: AllCallsAnswer) => calls.map(({ id }) => id);

  it('are the last 31 days’ by default, newest first, with their clients and their sums', async () => {
    const all = await list();
    assert.deepEqual(idsOf(all), ['r-2', 'a-2', 'r-1', 'a-1']);
    assert.deepEqual(all.calls.map(({ tenant, tenantName }) => `${tenant} ${tenantName}`).slice(0, 2), [
      'rival Rival',
      'acme Acme Bakery',
    ]);
    assert.deepEqual(all.totals, {
      ...{ calls: 4, seconds: 215, costMicros: 600_000 },
      ...{ callsWithoutCost: 1, complete: true },
    });
  });

  it('are filtered by client, type, period and cost, and the sums are of what is found', async () => {
    assert.deepEqual(idsOf(await list('?tenant=acme')), ['a-2', 'a-1']);
    assert.deepEqual(idsOf(await list('?type=inboundPhoneCall')), ['r-1']);
    assert.deepEqual(idsOf(await list('?from=2026-12-02&to=2026-12-03')), ['r-1']);
    const dear = await list('?minCostMicros=200000&maxCostMicros=299999');
    assert.deepEqual([idsOf(dear), dear.totals.costMicros], [['r-2'], 200_000]);
    assert.deepEqual(idsOf(await list('?status=in-progress')), []);
    assert.equal(codeOf(await get('?tenant=nobody')), 'invalid_request');
  });

  it('are found by their id whenever they were', async () => {
    assert.deepEqual(idsOf(await list('?id=a-old')), ['a-old']);
    assert.deepEqual(idsOf(await list('?id=a-old&tenant=rival')), []);
    assert.deepEqual(idsOf(await list('?id=none')), []);
  });

  it('are read for at most 93 days', async () => {
    assert.equal((await get('?from=2026-06-01&to=2026-09-02')).status, 200);
    assert.equal(codeOf(await get('?from=2026-06-01&to=2026-09-03')), 'invalid_request');
    assert.deepEqual(idsOf(await list('?from=2026-05-30')), ['a-old']);
  });

  it('have pages in either order that neither repeat nor leave out a call', async () => {
    for (const [query, expected] of [
      ['?limit=1', ['r-2', 'a-2', 'r-1', 'a-1']],
      ['?limit=1&order=asc', ['a-1', 'r-1', 'a-2', 'r-2']],
      ['?limit=1&sort=cost', ['r-1', 'r-2', 'a-1', 'a-2']],
    ] as const) {
      const found: string[] = [];
      let cursor: string | null = null;
      do {
        const page: AllCallsAnswer = await list(`${query}${cursor ? `&cursor=${cursor}` : ''}`);
        found.push(...idsOf(page));
        assert.equal(page.totals.calls, 4);
        cursor = page.nextCursor;
      } while (cursor);
      assert.deepEqual(found, expected, query);
    }
  });

  it('refuse a cursor that is not theirs', async () => {
    const { nextCursor } = await list('?limit=1&sort=cost');
    assert.equal(codeOf(await get(`?limit=1&cursor=${nextCursor}`)), 'invalid_request');
    assert.equal(codeOf(await get('?cursor=x')), 'invalid_request');
  });

  it('are all of what is filtered as CSV, with each call’s client', async () => {
    const headers = { authorization: `Bearer ${stage.server.operatorKey}`, accept: 'text/csv' };
    const { text } = await stage.server.request('GET', '/v1/billing/calls?tenant=rival', { headers });
    const [head = '', ...lines] = text.replace('\uFEFF', '').trim().split('\r\n');
    assert.match(head, /^tenant,name,id,type,status,/);
    assert.deepEqual(
      lines.map((line) => line.split(',').slice(0, 3)),
      [
        ['rival', 'Rival', 'r-2'],
        ['rival', 'Rival', 'r-1'],
      ],
    );
    assert.ok(lines[1]?.includes('0.300000'));
  });

  it('do not exist for a client', async () => {
    const asClient = await stage.clientKey('acme');
    assert.equal((await asClient('GET', '/v1/billing/calls')).status, 404);
  });
});
