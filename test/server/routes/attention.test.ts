/** What needs the operator's attention: what is listed, where it is mended, and who may read it. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { refreshPrices } from '../../../server/billing/month/month-prices.ts';
import type { AttentionAnswer } from '../../../server/contract.ts';
import { insertNotice } from '../../../server/store/notices.ts';
import { findTenant } from '../../../server/store/tenants.ts';
import { type BillingStage, simplePlan, startBillingStage } from '../billing/stage.ts';

describe('what needs attention', () => {
  let stage: BillingStage;
  before(async () => {
    stage = await startBillingStage({ now: Date.parse('2026-12-16T12:00:00Z') });
    for (const slug of ['acme', 'loser'])
      await stage.addTenant(slug, simplePlan, '2026-12-01', { name: slug.toUpperCase() });
    await stage.addTenant('fine', simplePlan, '2026-11-01', { name: 'FINE' });
    await stage.book('acme', { id: 'a', at: '2026-12-01T10:00:00Z', seconds: 60, costMicros: null });
    // It brings in 10.00 and a minute's 1.00, and costs 20.00.
    await stage.book('loser', { id: 'l', at: '2026-12-01T10:00:00Z', seconds: 60, costMicros: 20_000_000 });
    await stage.book('fine', { id: 'f', at: '2026-12-01T10:00:00Z', seconds: 60, costMicros: 1 });
    while (await refreshPrices(stage.server.ctx, 'test'));
    const { id: tenantId } = (await findTenant(stage.server.ctx.store, 'fine')) ?? { id: '' };
    const notice = (period: string, at: string) =>
      insertNotice(stage.server.ctx.store, {
        ...{ tenantId, kind: 'refused-origins', period, urlPending: 0, emailPending: 0 },
        payload: JSON.stringify({ data: { tenant: 'fine', period } }),
        createdAt: Date.parse(at),
      });
    await notice('2026-12-15', '2026-12-15T10:00:00Z');
    await notice('2026-12-08', '2026-12-08T10:00:00Z');
  });
  after(() => stage?.close());

  const list = async (query = ''): Promise<AttentionAnswer> => {
    const { status, body, text } = await stage.server.operator('GET', `/v1/attention${query}`);
    assert.equal(status, 200, text);
    return body as AttentionAnswer;
  };

  it('is each client that loses money, each cost that is missing, and what a notice of the last week asks for', async () => {
    const { entries, total } = await list();
    assert.deepEqual(
      entries.map(({ kind, tenant, tenantName, place }) => [kind, tenant, tenantName, place]),
      [
        ['refused-origins', 'fine', 'fine', 'site'],
        ['calls-without-cost', 'acme', 'ACME', 'calls'],
        ['loss', 'loser', 'LOSER', 'billing'],
      ],
    );
    assert.equal(total, 3);
    assert.match(entries[2]?.text ?? '', /cost 20\.00 USD, but bring in 11\.00 USD\. Change its plan\./);
    assert.equal(entries[0]?.since, '2026-12-15T10:00:00.000Z');
  });

  it('is counted as a whole, however few are requested', async () => {
    const { entries, total } = await list('?limit=1');
    assert.deepEqual([entries.length, total], [1, 3]);
  });

  it('includes an overdue invoice, with the invoice', async () => {
    assert.equal((await stage.bill('fine', '2026-11')).status, 200);
    const [invoice] = (await stage.server.operator('GET', '/v1/tenants/fine/invoices')).body.invoices;
    const { store } = stage.server.ctx;
    await store.updateTable('invoices').set({ status: 'overdue' }).where('id', '=', invoice.id).execute();
    const found = (await list()).entries.find(({ kind }) => kind === 'invoice-overdue');
    assert.deepEqual([found?.tenant, found?.item, found?.place], ['fine', invoice.id, 'invoices']);
  });

  it('does not exist for a client', async () => {
    const asClient = await stage.clientKey('acme');
    assert.equal((await asClient('GET', '/v1/attention')).status, 404);
  });
});
