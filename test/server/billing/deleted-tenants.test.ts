/** A tenant deleted in the middle of a month is still billed for what it used, and its books stay readable. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { beginClose } from '../../../server/billing/clerk/close-job.ts';
import { sweepOverdue } from '../../../server/billing/clerk/overdue.ts';
import {
  type CloseReport,
  closeRequestSchema,
  type DeletedTenant,
  type InvoiceSummary,
  type MarginRow,
} from '../../../server/contract.ts';
import { listAudit } from '../../../server/store/audit.ts';
import { claimClients } from '../../../server/store/close-clients.ts';
import { testDatabases } from '../../support/postgres.ts';
import { codeOf } from '../../support/test-server.ts';
import { type BillingStage, mustBe, simplePlan as plan, startBillingStage } from './stage.ts';

const at = (iso: string) => Date.parse(iso);

for (const engine of testDatabases()) {
  describe(`a deleted tenant on ${engine.name}`, () => {
    let stage: BillingStage;
    /** The deleted one’s. */
    let id: string;
    before(async () => {
      stage = await startBillingStage({ engine, now: at('2026-11-20T12:00:00Z') });
      ({ id } = await stage.addTenant('gone', plan, '2026-11-01'));
      const raised = { plan: { ...plan, monthlyFeeCents: 5000 }, from: '2026-12-01' };
      await mustBe(200, operator('PUT', 'tenants/gone/plan', raised));
      await stage.book('gone', { id: 'gone-1', at: '2026-11-05T00:00:00Z', seconds: 60 });
      await mustBe(204, operator('DELETE', 'tenants/gone'));
      // Another tenant takes the slug on the same day.
      await stage.addTenant('gone', plan, '2026-11-20');
    });
    after(() => stage?.close());
    const operator = (method: string, path: string, body?: unknown) =>
      stage.server.operator(method, `/v1/${path}`, body);
    const close = async () => {
      const { entries } = (await mustBe(200, operator('POST', 'billing/close?wait=true', {})))
        .body as CloseReport;
      return new Map(entries.map(({ tenant, month, totalCents }) => [`${tenant} ${month}`, totalCents]));
    };
    const invoices = async (handle: string): Promise<InvoiceSummary[]> =>
      (await mustBe(200, operator('GET', `tenants/${handle}/invoices`))).body.invoices;

    it('is in the list of deleted tenants, with the id that its books are under', async () => {
      const { tenants } = (await mustBe(200, operator('GET', 'billing/deleted-tenants'))).body as {
        tenants: DeletedTenant[];
      };
      const deletedAt = '2026-11-20T12:00:00.000Z';
      assert.deepEqual(tenants, [{ id, slug: 'gone', name: 'gone', timeZone: 'UTC', deletedAt }]);
      const usage = await mustBe(
        200,
        operator('GET', `tenants/${id}/usage?from=2026-11-01&to=2026-12-01&by=month`),
      );
      assert.equal(usage.body.rows[0].calls, 1);
    });

    it('accepts no new plan and no change, and its slug leads only to the new tenant', async () => {
      assert.equal(codeOf(await operator('PUT', `tenants/${id}/plan`, { plan })), 'conflict');
      assert.equal(codeOf(await operator('PATCH', `tenants/${id}`, { name: 'Back' })), 'not_found');
      assert.equal(codeOf(await operator('DELETE', `tenants/${id}`)), 'not_found');
      assert.equal(codeOf(await operator('GET', `tenants/${id}/snippet`)), 'not_found');
      const client = await stage.clientKey('gone');
      assert.equal(codeOf(await client('GET', `/v1/tenants/${id}/invoices`)), 'not_found');
    });

    it('is billed by the next close up to the day of its deletion, apart from the slug’s new owner', async () => {
      stage.server.clock.now = at('2026-12-02T00:00:00Z');
      assert.deepEqual(
        await close(),
        new Map([
          // 11 of 30 days: 10.00 × 11 ÷ 30 = 3.67
          ['gone 2026-11', 367],
          // 20 of 30 days: 10.00 × 20 ÷ 30 = 6.67, and one minute
          [`${id} 2026-11`, 767],
        ]),
      );
      assert.deepEqual(
        (await invoices(id)).map(({ totalCents }) => totalCents),
        [767],
      );
      assert.deepEqual(
        (await invoices('gone')).map(({ totalCents }) => totalCents),
        [367],
      );
      const { rows } = (await mustBe(200, operator('GET', 'billing/margin?month=2026-11'))).body as {
        rows: MarginRow[];
      };
      assert.deepEqual(
        new Set(rows.map((row) => `${row.tenant} ${row.revenueCents}`)),
        new Set(['gone 367', `${id} 767`]),
      );
      const [first] = (await mustBe(200, operator('GET', 'billing/margin?month=2026-11&limit=1'))).body.rows;
      const { nextCursor } = (await operator('GET', 'billing/margin?month=2026-11&limit=1')).body;
      const second = (await operator('GET', `billing/margin?month=2026-11&limit=1&cursor=${nextCursor}`))
        .body;
      assert.deepEqual([first, ...second.rows], rows);
      assert.equal(second.nextCursor, null);
    });

    it('is billed later only for changes, never for a future plan', async () => {
      await stage.book(id, { id: 'gone-1', at: '2026-11-05T00:00:00Z', seconds: 90 });
      stage.server.clock.now = at('2027-01-02T00:00:00Z');
      // Half a minute more.
      assert.deepEqual(
        await close(),
        new Map([
          ['gone 2026-12', 1000],
          [`${id} 2026-12`, 50],
        ]),
      );
      stage.server.clock.now = at('2027-02-02T00:00:00Z');
      assert.deepEqual(await close(), new Map([['gone 2027-01', 1000]]));
    });

    it('is reported as overdue, and its slug’s new owner is not paused for it', async () => {
      const account = { buyer: { name: 'G' }, pauseAfterOverdueDays: 0 };
      await mustBe(200, operator('PUT', `tenants/${id}/billing`, account));
      await sweepOverdue(stage.server.ctx);
      assert.deepEqual(
        (await invoices(id)).map(({ status }) => status),
        ['overdue', 'overdue'],
      );
      assert.equal((await operator('GET', 'tenants/gone')).body.status, 'active');
      const paused = (await listAudit(stage.server.ctx.store, null, 200)).filter(
        ({ action }) => action === 'tenant.pause',
      );
      assert.deepEqual(paused, []);
    });

    it('can be closed alone, and what a killed process has claimed delays that by a minute at most', async () => {
      const { ctx, clock } = stage.server;
      clock.now = at('2027-03-02T00:00:00Z');
      // As if it was begun and claimed by a process that is gone.
      ctx.closing.isStopping = true;
      const runId = await beginClose(ctx, closeRequestSchema.parse({ tenant: id }), 'operator');
      const claim = { runId, owner: 'killed' };
      assert.equal((await claimClients(ctx.store, claim, 1, clock.now + 60_000, clock.now)).length, 1);
      ctx.closing.isStopping = false;
      const next = mustBe(200, operator('POST', 'billing/close?wait=true', { tenant: id }));
      assert.equal((await operator('GET', `billing/runs/${runId}`)).body.progress.underWay, 1);
      clock.now += 60_000;
      const { body } = await next;
      assert.deepEqual([body.id, body.state, body.entries], [runId, 'finished', []]);
    });
  });
}
