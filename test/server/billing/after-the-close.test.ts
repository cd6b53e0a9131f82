import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { closeDue } from '../../../server/billing/clerk/billing-clerk.ts';
import { beginClose, resumeClose } from '../../../server/billing/clerk/close-job.ts';
import { sweepOverdue } from '../../../server/billing/clerk/overdue.ts';
import { closeRequestSchema, type PlanInput } from '../../../server/contract.ts';
import { listAudit } from '../../../server/store/audit.ts';
import { testDatabases } from '../../support/postgres.ts';
import { startTestServer } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';
import {
  type BillingStage,
  channels,
  mustBe,
  simplePlan as plan,
  seller,
  startBillingStage,
} from './stage.ts';

const at = (iso: string) => Date.parse(iso);

describe('an unpaid invoice', () => {
  let stage: BillingStage;
  before(async () => {
    stage = await startBillingStage({ now: at('2026-12-02T12:00:00Z') });
  });
  after(() => stage?.close());

  it('is overdue after its day, and pauses the tenant once when its account says so', async () => {
    const { server } = stage;
    await stage.addTenant('unpaid', plan, '2026-11-01', { alerts: { email: 'ops@agency.example' } });
    await mustBe(
      200,
      server.operator('PUT', '/v1/tenants/unpaid/billing', {
        buyer: { name: 'U' },
        dueDays: 10,
        pauseAfterOverdueDays: 5,
      }),
    );
    const { body: invoice } = await mustBe(200, stage.bill('unpaid', '2026-11'));
    const status = async () => (await server.operator('GET', '/v1/tenants/unpaid')).body.status;
    const sweepAt = async (iso: string) => {
      server.clock.now = at(iso);
      await sweepOverdue(server.ctx);
      return (await server.operator('GET', `/v1/tenants/unpaid/invoices/${invoice.id}`)).body.status;
    };
    assert.equal(await sweepAt('2026-12-12T12:00:00Z'), 'finalized');
    assert.equal(await sweepAt('2026-12-12T12:00:01Z'), 'overdue');
    assert.equal(await status(), 'active');
    await sweepAt('2026-12-17T12:00:00Z');
    assert.equal(await status(), 'paused');
    await mustBe(200, server.operator('POST', '/v1/tenants/unpaid/resume'));
    await sweepAt('2026-12-18T12:00:00Z');
    assert.equal(await status(), 'active', 'the operator has decided otherwise');
    await mustBe(200, server.operator('POST', `/v1/tenants/unpaid/invoices/${invoice.id}/paid`));
    assert.equal(await sweepAt('2026-12-19T12:00:00Z'), 'paid');
    const audit = await listAudit(server.ctx.store, null, 100);
    assert.equal(
      audit.filter(({ actor, action }) => actor === 'billing' && action === 'tenant.pause').length,
      1,
    );
  });
});

describe('what the operator wants to know', () => {
  let stage: BillingStage;
  before(async () => {
    stage = await startBillingStage({ now: at('2026-12-02T12:00:00Z') });
    await stage.addTenant('acme', plan, '2026-11-01');
    await stage.book(
      'acme',
      { id: 'm-1', at: '2026-11-05T00:00:00Z', seconds: 600, costMicros: 2_500_000 },
      { id: 'm-2', at: '2026-11-06T00:00:00Z', seconds: 600, costMicros: 1_500_000 },
    );
  });
  after(() => stage?.close());
  const margin = async () =>
    (await mustBe(200, stage.server.operator('GET', '/v1/billing/margin?month=2026-11'))).body.rows;

  it('is each tenant’s margin, before the month is billed and after', async () => {
    const [before] = await margin();
    // 10.00 + 20 minutes = 30.00, less 4.00
    assert.deepEqual(
      [before.billed, before.revenueCents, before.costCents, before.marginCents],
      [false, 3000, 400, 2600],
    );
    await mustBe(200, stage.bill('acme', '2026-11'));
    const [after] = await margin();
    assert.deepEqual(after, { ...before, billed: true });
  });

  it('is what the month would have been under another plan, billed or not', async () => {
    const other: PlanInput = {
      ...plan,
      monthlyFeeCents: 0,
      rates: [{ channels, price: { kind: 'cost-plus', markupBps: 3000 } }],
    };
    const { body } = await mustBe(
      200,
      stage.server.operator('POST', '/v1/tenants/acme/simulate', { month: '2026-11', plan: other }),
    );
    // 4.00 × 1.3
    assert.equal(body.totalCents, 520);
    assert.equal(body.actualCents, 3000);
  });
});

describe('months that close automatically', () => {
  it('are billed while the server runs, if the operator has enabled it', async () => {
    const engine = testDatabases()[0];
    if (!engine) throw new Error('no database');
    const database = await engine.createMigrated();
    const options = { database, now: at('2026-11-10T00:00:00Z') };
    const first = await startTestServer(options);
    await first.createTenant({ slug: 'auto' });
    await mustBe(200, first.operator('PUT', '/v1/billing/seller', seller));
    await mustBe(200, first.operator('PUT', '/v1/tenants/auto/plan', { plan, from: '2026-11-01' }));
    const secrets = { secretKeys: [Buffer.alloc(32, 7)] };
    await first.close();
    const second = await startTestServer({
      ...options,
      secrets,
      now: at('2026-12-03T00:00:00Z'),
      config: { autoClose: true },
    });
    try {
      const invoices = await until(async () => {
        const { body } = await second.operator('GET', '/v1/tenants/auto/invoices');
        return body.invoices[0]?.status === 'finalized' && body.invoices;
      }, 'the month to be closed');
      assert.equal(invoices[0].totalCents, 1000);
    } finally {
      await second.close();
      await database.remove();
    }
  });

  it('are not begun again after someone has stopped one, until it is resumed', async () => {
    const server = await startTestServer({ now: at('2026-11-10T00:00:00Z') });
    try {
      await server.createTenant({ slug: 'auto' });
      await mustBe(200, server.operator('PUT', '/v1/billing/seller', seller));
      await mustBe(200, server.operator('PUT', '/v1/tenants/auto/plan', { plan, from: '2026-11-01' }));
      server.clock.now = at('2026-12-03T00:00:00Z');
      const id = await beginClose(server.ctx, closeRequestSchema.parse({}), 'billing');
      await mustBe(200, server.operator('POST', `/v1/billing/runs/${id}/stop`));
      const invoices = async () => (await server.operator('GET', '/v1/tenants/auto/invoices')).body.invoices;
      await closeDue(server.ctx);
      assert.deepEqual(await invoices(), []);
      await resumeClose(server.ctx, id);
      await closeDue(server.ctx);
      assert.equal((await invoices())[0]?.totalCents, 1000);
    } finally {
      await server.close();
    }
  });
});
