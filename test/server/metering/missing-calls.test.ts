/** Booked calls that Vapi does not list: each comparison names them, for as long as that is so. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { DriftReport } from '../../../server/contract.ts';
import { type BillingStage, mustBe, startBillingStage } from '../billing/stage.ts';

let stage: BillingStage;
before(async () => {
  // Its Vapi has no calls.
  stage = await startBillingStage();
});
after(() => stage?.close());

test('each comparison names the first hundred of them, with the whole number', async () => {
  await stage.server.createTenant({ slug: 'acme', name: 'acme' });
  const ids = Array.from({ length: 105 }, (_, index) => `gone-${String(index).padStart(3, '0')}`);
  for (const id of ids.toReversed()) {
    await stage.book('acme', { id, at: '2026-11-10T10:00:00Z', seconds: 60, costMicros: 1000 });
  }
  const body = { tenant: 'acme', from: '2026-11-01T00:00:00Z', to: '2026-12-01T00:00:00Z' };
  for (const look of ['first', 'second', 'third']) {
    const report = (await mustBe(200, stage.server.operator('POST', '/v1/reconcile', body)))
      .body as DriftReport;
    const [drift] = report.tenants;
    assert.deepEqual([drift?.missing, drift?.missingIds], [105, ids.slice(0, 100)], `the ${look} one`);
  }
});
