/** A month is compared with Vapi's books before its document is frozen. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { monthIn, nextMonth } from '../../../server/base/time-zone.ts';
import type { CloseReport, InvoiceView, PlanInput } from '../../../server/contract.ts';
import { reconcile } from '../../../server/metering/reconcile.ts';
import { confirmOwner } from '../../../server/store/call-owners.ts';
import { findTenantByHandle } from '../../../server/store/tenants.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { testTime } from '../../support/test-server.ts';
import { mustBe, seller } from './stage.ts';

/** 1.00 a minute. */
const perCall: PlanInput = {
  name: 'Simple',
  currency: 'usd',
  monthlyFeeCents: 0,
  rates: [
    {
      channels: ['web', 'inbound', 'outbound', 'chat'],
      price: { kind: 'per-minute', perMinuteMicros: 1_000_000 },
    },
  ],
};

describe('before a month is frozen', () => {
  let network: TestNetwork;
  const month = monthIn('UTC', testTime);
  before(async () => {
    network = await startTestNetwork();
    await mustBe(200, operator('PUT', '/v1/billing/seller', seller));
    network.server.clock.now = Date.parse(`${nextMonth(month)}-03T00:00:00Z`);
  });
  after(() => network?.close());

  const operator = (method: string, path: string, body?: unknown) =>
    network.server.operator(method, path, body);
  const client = async (slug: string, monthlyFeeCents = 0): Promise<TestTenant> => {
    const tenant = await network.addTenant(slug);
    const plan = { ...perCall, monthlyFeeCents };
    await mustBe(
      200,
      operator('PUT', `/v1/tenants/${slug}/plan`, { plan, from: `${month}-01`, backdate: true }),
    );
    return tenant;
  };
  /** A minute on the first of the month, too old for any sweep. */
  const untold = ({ assistantId }: TestTenant) =>
    network.emulator.makeCall({
      ...{ assistantId, seconds: 60, cost: 0.2, type: 'inboundPhoneCall', webhooks: false },
      createdAt: `${month}-01T08:00:00.000Z`,
    });
  const close = async (tenant: string) =>
    (await mustBe(200, operator('POST', '/v1/billing/close?wait=true', { tenant }))).body as CloseReport;

  it('calls that no one has reported are found and billed', async () => {
    untold(await client('lost'));
    const { entries, needsPerson } = await close('lost');
    assert.deepEqual(
      entries.map(({ outcome, totalCents, notCompared }) => [outcome, totalCents, notCompared]),
      [['finalized', 100, undefined]],
    );
    assert.equal(needsPerson, 0);
  });

  it('a call unknown to Vapi is not billed, and is named by every close, reconcile and one notice', async () => {
    const tenant = await client('made-up', 1_000);
    await mustBe(
      200,
      operator('PATCH', '/v1/tenants/made-up', { alerts: { email: 'alerts@agency.example' } }),
    );
    const at = `${month}-01T08:00:00.000Z`;
    const id = '00000000-0000-4000-8000-00000000c0de';
    const message = {
      ...{ type: 'end-of-call-report', startedAt: at, endedAt: `${month}-01T08:10:00.000Z`, cost: 500 },
      call: { id, createdAt: at, assistantId: tenant.assistantId },
    };
    const headers = { 'x-vapi-agent-token': tenant.webhookSecret };
    const path = '/v1/webhooks/vapi/made-up';
    await mustBe(200, network.server.request('POST', path, { headers, body: { message } }));

    const first = await close('made-up');
    assert.deepEqual(
      first.entries.map(({ outcome, totalCents, unconfirmedCalls }) => [
        outcome,
        totalCents,
        unconfirmedCalls,
      ]),
      [['finalized', 1_000, [id]]],
    );
    assert.match(first.entries[0]?.problem ?? '', /1 call that Vapi has not confirmed/);
    const second = await close('made-up');
    assert.deepEqual(
      second.entries.map(({ outcome, unconfirmedCalls }) => [outcome, unconfirmedCalls]),
      [['calls-left', [id]]],
    );
    const raised = (await operator('GET', '/v1/notices')).body.notices as { kind: string; period: string }[];
    assert.deepEqual(
      raised.filter(({ kind }) => kind === 'call-unknown').map(({ period }) => period),
      [id],
    );
    const period = { from: Date.parse(`${month}-01T00:00:00Z`), to: Date.parse(`${month}-02T00:00:00Z`) };
    for (const time of ['first', 'second']) {
      const drift = await reconcile(network.server.ctx, period, 'made-up');
      assert.deepEqual(
        drift.tenants.map(({ missing }) => missing),
        [1],
        time,
      );
    }
  });

  it('a call that Vapi confirms after its month was billed is billed by the next document', async () => {
    const tenant = await client('confirmed-late', 1_000);
    const at = `${month}-01T08:00:00.000Z`;
    const id = '00000000-0000-4000-8000-00000000c0df';
    const message = {
      ...{ type: 'end-of-call-report', startedAt: at, endedAt: `${month}-01T08:10:00.000Z`, cost: 1 },
      call: { id, createdAt: at, assistantId: tenant.assistantId },
    };
    const headers = { 'x-vapi-agent-token': tenant.webhookSecret };
    const path = '/v1/webhooks/vapi/confirmed-late';
    await mustBe(200, network.server.request('POST', path, { headers, body: { message } }));
    await close('confirmed-late');
    const { clock, ctx } = network.server;
    const before = clock.now;
    clock.now = Date.parse(`${nextMonth(nextMonth(month))}-03T00:00:00Z`);
    const row = await findTenantByHandle(ctx.store, 'confirmed-late');
    await confirmOwner(ctx.store, row?.id ?? '', [id], clock.now);
    const { entries } = await close('confirmed-late');
    clock.now = before;
    assert.deepEqual(
      entries.map(({ outcome, totalCents }) => [outcome, totalCents]),
      [['finalized', 2_000]],
    );
  });

  it('what someone other than Vapi has reported about a call is corrected, also when a person finalizes', async () => {
    const tenant = await client('forged', 100);
    const call = untold(tenant);
    const at = `${month}-01T08:00:00.000Z`;
    const message = {
      ...{ type: 'end-of-call-report', startedAt: at, endedAt: at, endedReason: 'x', cost: 0 },
      call: { id: call.id, createdAt: at },
    };
    const headers = { 'x-vapi-agent-token': tenant.webhookSecret };
    await mustBe(
      200,
      network.server.request('POST', '/v1/webhooks/vapi/forged', { headers, body: { message } }),
    );
    const draft = await mustBe(201, operator('POST', '/v1/tenants/forged/invoices', { period: month }));
    assert.equal(draft.body.totalCents, 100, 'the fee');
    const path = `/v1/tenants/forged/invoices/${draft.body.id}/finalize`;
    const frozen = (await mustBe(200, operator('POST', path))).body as InvoiceView;
    assert.equal(frozen.totalCents, 200);
    assert.ok(!('notCompared' in frozen));
  });

  it('an org that cannot be read does not prevent billing, but is reported to a person', async () => {
    for (const [slug, fee, outcome] of [
      ['left', 100, 'finalized'],
      // Whether it is empty is unknown.
      ['idle', 0, 'failed'],
    ] as const) {
      const { orgId } = await client(slug, fee);
      network.emulator.addOrg({ orgId, privateKeys: [], publicKeys: [], assistants: [] });
      const { entries, needsPerson } = await close(slug);
      assert.deepEqual(
        entries.map((entry) => [entry.outcome, entry.notCompared]),
        [[outcome, 'Vapi refuses the private key']],
      );
      assert.equal(needsPerson, 1);
    }
  });
});
