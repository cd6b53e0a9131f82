/** Wallets under random histories, and killed at each write: every micro has an entry, and is paid once. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { newSessionId } from '../../../server/access/identity/session-token.ts';
import { reserve } from '../../../server/access/start/reserve.ts';
import type { InvoiceView, PlanInput, WalletEntryView, WalletView } from '../../../server/contract.ts';
import { ingestCallEvent } from '../../../server/metering/ingest.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { codeOf } from '../../support/test-server.ts';
import { killAfterWrites, useStore } from './kill-after-writes.ts';
import { type BillingStage, channels, eventOf, mustBe, startBillingStage } from './stage.ts';

type Price = PlanInput['rates'][number]['price'];
const prices: Price[] = [
  { kind: 'per-minute', perMinuteMicros: 190_001, incrementSeconds: 6 },
  { kind: 'included', includedMinutes: 3, perMinuteMicros: 700_001 },
  {
    kind: 'graduated',
    tiers: [
      { upToMinutes: 2, perMinuteMicros: 900_001 },
      { upToMinutes: 4, perMinuteMicros: 100_001 },
      { upToMinutes: null, perMinuteMicros: 500_001 },
    ],
  },
  { kind: 'cost-plus', markupBps: 3333 },
  { kind: 'per-call', perCallMicros: 333_333 },
];
const planOf = (price: number, fee: boolean): PlanInput => ({
  name: 'Any',
  currency: 'eur',
  ...(fee ? { monthlyFeeCents: 150, minimumCents: 300 } : {}),
  rates: [{ channels, price: prices[price % prices.length] as Price }],
});
const worstCaseMicrosPerMinute = 600_000;

const small = fc.integer({ min: 0, max: 9 });
const step = fc.oneof(
  fc.record({ do: fc.constant('fill' as const), cents: fc.integer({ min: 1, max: 900 }), days: small }),
  fc.record({ do: fc.constant('take' as const), cents: fc.integer({ min: 1, max: 900 }) }),
  fc.record({ do: fc.constant('start' as const) }),
  fc.record({ do: fc.constant('end' as const), share: fc.integer({ min: 0, max: 100 }) }),
  fc.record({ do: fc.constant('report' as const), call: small, seconds: fc.integer({ min: 0, max: 300 }) }),
  fc.record({ do: fc.constant('plan' as const), price: small, fee: fc.boolean() }),
  fc.record({ do: fc.constant('bill' as const) }),
  fc.record({ do: fc.constant('void' as const) }),
  fc.record({ do: fc.constant('wait' as const), days: fc.integer({ min: 1, max: 12 }) }),
);
type Step = typeof step extends fc.Arbitrary<infer One> ? One : never;

const begin = Date.parse('2026-09-10T12:00:00Z');
const dayMs = 86_400_000;

describe('a wallet', () => {
  let stage: BillingStage;
  let tenants = 0;
  before(async () => {
    stage = await startBillingStage();
  });
  after(() => stage?.close());
  const to = (slug: string, path: string) => `/v1/tenants/${slug}/${path}`;
  const operator = (method: string, path: string, body?: unknown) =>
    stage.server.operator(method, path, body);
  const read = async <Answer>(path: string): Promise<Answer> =>
    (await mustBe(200, operator('GET', path))).body;

  /** Entries sum to the balance, and what each document has moved is its credit; what is on none is charged still. */
  async function check(slug: string): Promise<WalletView> {
    const wallet = await read<WalletView>(to(slug, 'wallet'));
    const { entries } = await read<{ entries: WalletEntryView[] }>(to(slug, 'wallet/entries?limit=1000'));
    const sum = (some: WalletEntryView[]) => some.reduce((all, { amountMicros }) => all + amountMicros, 0);
    entries.forEach((entry, index) => {
      assert.equal(entry.balanceMicros, sum(entries.slice(index)));
    });
    assert.equal(wallet.balanceMicros, sum(entries));
    const unspent = wallet.grants.reduce((all, { leftMicros }) => all + leftMicros, 0);
    assert.ok(unspent <= Math.max(0, wallet.balanceMicros), 'more is left of grants than of the balance');
    const { invoices } = await read<{ invoices: { id: string; status: string; month: string }[] }>(
      to(slug, 'invoices?limit=200'),
    );
    for (const { id, status } of invoices) {
      const { document } = await read<InvoiceView>(to(slug, `invoices/${id}`));
      const paid = entries.filter(({ invoiceId, kind }) => invoiceId === id && kind === 'invoice');
      const counts = status !== 'draft' && status !== 'void';
      assert.equal(-sum(paid) + 0, counts ? document.creditCents * 10_000 : 0);
    }
    return wallet;
  }

  async function history(steps: Step[]): Promise<void> {
    tenants += 1;
    const slug = `history-${tenants}`;
    const { server } = stage;
    const { clock } = server;
    clock.now = begin;
    await stage.addTenant(slug, planOf(tenants, tenants % 2 === 0), '2026-09-01', {
      limits: { ...plenty, maxCallSeconds: 120, worstCaseMicrosPerMinute },
    });
    await mustBe(
      200,
      operator('PUT', to(slug, 'billing'), { buyer: { name: 'B' }, tax: { label: 'VAT', bps: 1900 } }),
    );
    await mustBe(200, operator('PUT', to(slug, 'wallet'), { on: true, creditLineCents: 100 }));
    const live: { id: string; maxSeconds: number }[] = [];
    const calls: { id: string; at: string }[] = [];
    let month = '2026-09';
    let last = '';
    const next: Record<string, string> = { '2026-09': '2026-10', '2026-10': '2026-11', '2026-11': '2026-12' };
    for (const [index, one] of steps.entries()) {
      clock.now += 60_000;
      // A call does not last for days: it would be booked in a month for which nothing was held.
      if ((one.do === 'bill' || one.do === 'wait') && live.length > 0) isSurprised = true;
      const tenant = (await findTenant(server.ctx.store, slug)) as Tenant;
      if (one.do === 'fill') {
        const expiresAt = new Date(clock.now + one.days * dayMs).toISOString();
        const kind = one.days > 0 ? { kind: 'grant', expiresAt } : { kind: 'top-up' };
        const entry = { ...kind, amountCents: one.cents, currency: 'eur', reference: `fill ${index}` };
        await mustBe(201, operator('POST', to(slug, 'wallet/entries'), entry));
        await mustBe(201, operator('POST', to(slug, 'wallet/entries'), entry));
      } else if (one.do === 'take') {
        const more = { currency: 'eur', reference: `take ${index}`, note: 'Back' };
        const answer = await operator('POST', to(slug, 'wallet/entries'), {
          ...{ kind: 'refund', amountCents: one.cents, ...more },
        });
        assert.ok(answer.status === 201 || codeOf(answer) === 'conflict', answer.text);
        if (answer.status === 201) assert.ok(answer.body.wallet.balanceMicros >= 0);
      } else if (one.do === 'start') {
        const jti = newSessionId();
        const session = {
          ...{
            jti,
            tenant: slug,
            tenantId: tenant.id,
            origin: '',
            network: jti,
            site: null,
            assistant: null,
          },
          generation: tenant.generation,
        };
        const started = await reserve(server.ctx, tenant, session, {
          ...{ consentVersion: null, kind: 'call' },
        }).catch((error: { code: string }) => error.code);
        if (typeof started === 'string') assert.equal(started, 'balance_empty');
        else {
          live.push(started);
          assert.ok((await check(slug)).spendableMicros >= 0, 'below its floor');
        }
      } else if (one.do === 'end') {
        const [started] = live.splice(0, 1);
        if (!started) continue;
        const seconds = Math.floor((started.maxSeconds * one.share) / 100);
        const at = new Date(clock.now - seconds * 1000).toISOString();
        const costMicros = Math.floor((seconds * worstCaseMicrosPerMinute) / 60);
        const id = `${slug}-${index}`;
        const event = eventOf({ id, at, seconds, costMicros }, clock.now);
        const { assistantId } = tenant;
        await ingestCallEvent(server.ctx, tenant, { ...event, assistantId, sessionId: started.id });
        // What has held its price never brings the balance below its floor, unless it was surprised.
        const { spendableMicros } = await check(slug);
        if (!isSurprised) assert.ok(spendableMicros >= 0, `${id} cost more than was held`);
        calls.push({ id, at });
      } else if (one.do === 'report') {
        isSurprised = true;
        const known = calls[one.call];
        const fresh = { id: `${slug}-late-${index}`, at: new Date(clock.now - 600_000).toISOString() };
        if (!known) calls.push(fresh);
        await stage.book(slug, { ...(known ?? fresh), seconds: one.seconds, costMicros: one.seconds * 7001 });
      } else if (one.do === 'plan') {
        isSurprised = true;
        const from = new Date(clock.now).toISOString().slice(0, 10);
        const plan = planOf(one.price, one.fee);
        await mustBe(200, operator('PUT', to(slug, 'plan'), { plan, from, backdate: true }));
      } else if (one.do === 'bill') {
        const over = Date.parse(`${next[month] ?? '2099-01'}-01T12:00:00Z`);
        if (month === '2026-12') continue;
        clock.now = Math.max(clock.now, over + dayMs);
        const draft = await operator('POST', to(slug, 'invoices'), { period: month });
        if (draft.status === 201) {
          last = draft.body.id;
          await mustBe(200, operator('POST', to(slug, `invoices/${last}/finalize`)));
        } else assert.equal(codeOf(draft), 'conflict');
        month = next[month] ?? month;
      } else if (one.do === 'void' && last !== '') {
        const answer = await operator('POST', to(slug, `invoices/${last}/void`));
        assert.ok(answer.status === 200 || codeOf(answer) === 'conflict', answer.text);
        if (answer.status !== 200) continue;
        await check(slug);
        const again = await operator('POST', to(slug, 'invoices'), { period: answer.body.month });
        if (again.status !== 201) continue;
        last = again.body.id;
        await mustBe(200, operator('POST', to(slug, `invoices/${last}/finalize`)));
      } else if (one.do === 'wait') clock.now += one.days * dayMs;
      await check(slug);
    }
  }
  /** By calls that were not held for, or that last too long, or a plan that has changed since. */
  let isSurprised = false;

  it('has an entry for each micro, holds never below its floor, and agrees with each invoice', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 10, maxLength: 25 }), async (steps) => {
        isSurprised = false;
        await history(steps);
      }),
      { numRuns: 6 },
    );
  });

  it('killed at any write of a booking or of a month’s document, has all of it or nothing', async () => {
    const { server } = stage;
    const { store, backgroundStore } = server.ctx;
    server.clock.now = Date.parse('2026-12-02T12:00:00Z');
    const price: Price = { kind: 'included', includedMinutes: 1, perMinuteMicros: 700_001 };
    const plan = { ...planOf(0, true), rates: [{ channels, price }] };
    /** @returns whether the work was done before it was killed */
    const killed = async (writes: number, work: () => Promise<unknown>): Promise<boolean> => {
      let seen = 0;
      const plugin = killAfterWrites(writes, () => {
        seen += 1;
      });
      useStore(server.ctx, store.withPlugin(plugin));
      await work().catch(() => null);
      server.ctx.store = store;
      server.ctx.backgroundStore = backgroundStore;
      return seen < writes;
    };
    await stage.addTenant('killed', plan, '2026-11-01');
    await mustBe(200, operator('PUT', to('killed', 'wallet'), { on: true }));
    const fill = { kind: 'top-up', amountCents: 1000, currency: 'eur', reference: 'bank' };
    await mustBe(201, operator('POST', to('killed', 'wallet/entries'), fill));
    const call = { id: 'killed-1', at: '2026-11-05T10:00:00Z', seconds: 90, costMicros: 1000 };
    for (let writes = 1; ; writes += 1) {
      const isDone = await killed(writes, () => stage.book('killed', call));
      const { balanceMicros } = await check('killed');
      assert.ok(balanceMicros === 10_000_000 || balanceMicros === 9_649_999, `${balanceMicros}`);
      if (isDone) break;
      assert.ok(writes < 50);
    }
    assert.equal((await check('killed')).balanceMicros, 9_649_999);
    const draft = await mustBe(201, operator('POST', to('killed', 'invoices'), { period: '2026-11' }));
    const finalize = () => operator('POST', to('killed', `invoices/${draft.body.id}/finalize`));
    for (let writes = 1; ; writes += 1) {
      const isDone = await killed(writes, finalize);
      const { balanceMicros } = await check('killed');
      // 1.50 and 0.35, topped up to the minimum.
      assert.ok(balanceMicros === 9_649_999 || balanceMicros === 7_000_000, `${balanceMicros}`);
      if (isDone) break;
      assert.ok(writes < 100);
    }
    assert.equal((await check('killed')).balanceMicros, 7_000_000);
  });
});

const plenty = {
  ...{ concurrentCalls: 1000, callsPerMinutePerIp: 1e6, callsPerHourPerIp: 1e6, callsPerDayPerIp: 1e6 },
  ...{ callsPerMinute: 1e6, callsPerHour: 1e6, callsPerDay: 1e6, monthlyBudgetMicros: 1e12 },
};
