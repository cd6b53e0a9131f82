/** What the operator's palette finds. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { SearchAnswer } from '../../../server/contract.ts';
import { codeOf } from '../../support/test-server.ts';
import { type BillingStage, simplePlan, startBillingStage } from '../billing/stage.ts';

describe('a search of the operator', () => {
  let stage: BillingStage;
  before(async () => {
    stage = await startBillingStage();
    await stage.addTenant('acme', simplePlan, '2026-11-01', { name: 'Bäckerei Löwe' });
    await stage.addTenant('other', simplePlan, '2026-11-01', { name: 'Other' });
    await stage.book('other', { id: 'call-1', at: '2026-11-10T10:00:00Z', seconds: 60 });
    assert.equal((await stage.bill('acme', '2026-11')).status, 200);
  });
  after(() => stage?.close());

  const find = async (q: string) => {
    const path = `/v1/billing/search?${new URLSearchParams({ q })}`;
    const { status, body, text } = await stage.server.operator('GET', path);
    assert.equal(status, 200, text);
    return (body as SearchAnswer).found.map(({ kind, tenant, title, detail }) => [
      kind,
      tenant,
      title,
      detail,
    ]);
  };

  it('finds clients by name without regard to accents, invoices by number, calls by id', async () => {
    assert.deepEqual(await find('LOWE'), [['client', 'acme', 'Bäckerei Löwe', 'acme']]);
    assert.deepEqual(await find('inv-0'), [['invoice', 'acme', 'INV-000001', 'Bäckerei Löwe, 2026-11']]);
    assert.deepEqual(await find('call-1'), [['call', 'other', 'call-1', 'Other, 2026-11-10']]);
    assert.deepEqual(await find('call-'), []);
  });

  it('takes every character as it is', async () => {
    for (const q of ['%', '_', '\\', "'", '"']) assert.deepEqual(await find(q), [], q);
    assert.equal(codeOf(await stage.server.operator('GET', '/v1/billing/search?q=')), 'invalid_request');
  });

  it('does not exist for a client', async () => {
    const asClient = await stage.clientKey('acme');
    assert.equal((await asClient('GET', '/v1/billing/search?q=other')).status, 404);
  });
});
