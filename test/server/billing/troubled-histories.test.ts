/** Documents are voided and credited, and plans change: each priced call is still charged once. */
import assert from 'node:assert/strict';
import { after, before, it } from 'node:test';
import fc from 'fast-check';
import { segmentsOf } from '../../../server/billing/plan/plan.ts';
import { chargeFor, isPooled } from '../../../server/billing/plan/price.ts';
import type { InvoiceView, PlanInput } from '../../../server/contract.ts';
import { listPlanVersions } from '../../../server/store/plans.ts';
import type { Tenant } from '../../../server/store/tenants.ts';
import { noCost } from '../../../server/vapi/cost.ts';
import { type BillingStage, mustBe, startBillingStage } from './stage.ts';
import { planOf } from './support.ts';

const base = { monthlyFeeCents: 1000, minimumCents: 2000 };
const plans: PlanInput[] = [
  planOf({ kind: 'cost-plus', markupBps: 3333 }, base),
  planOf({ kind: 'cost-plus', markupBps: 0, markupBpsByComponent: { llm: 5000 } }),
  planOf({ kind: 'per-minute', perMinuteMicros: 190_000, incrementSeconds: 6 }),
  planOf({ kind: 'included', includedMinutes: 7, perMinuteMicros: 700_001 }, base),
];
const months = ['2026-09', '2026-10', '2026-11', '2026-12'];

/** What happens in the month after each, before the next one bills it. */
const happening = fc.record({
  reported: fc.array(
    fc.record({
      call: fc.integer({ min: 0, max: 11 }),
      seconds: fc.integer({ min: 0, max: 400 }),
      llmMicros: fc.option(fc.integer({ min: 0, max: 5_000_000 }), { freq: 4 }),
    }),
    { maxLength: 10 },
  ),
  /** By then the month is billed; its document is made void, and the month billed again. */
  isVoided: fc.boolean(),
  credit: fc.constantFrom<'none' | 'part' | 'whole'>('none', 'part', 'whole'),
  /** Which plan applies next, and from which day of the month after. */
  change: fc.option(
    fc.record({ plan: fc.integer({ min: 0, max: 3 }), day: fc.integer({ min: 1, max: 28 }) }),
  ),
});
const happenings = fc.array(happening, { minLength: months.length, maxLength: months.length });
type Happening = typeof happening extends fc.Arbitrary<infer One> ? One : never;

let stage: BillingStage;
let tenants = 0;
before(async () => {
  stage = await startBillingStage();
});
after(() => stage?.close());
const operator = (method: string, path: string, body?: unknown) =>
  stage.server.operator(method, `/v1/${path}`, body);

/** The twelve calls are spread over the first three months. */
const dayOf = (call: number) => `${months[call % 3]}-${String(1 + ((call * 7) % 28)).padStart(2, '0')}`;

it('whatever is voided, credited and changed, over several months', async () => {
  await fc.assert(
    fc.asyncProperty(fc.integer({ min: 0, max: 3 }), happenings, (plan, each) => live(plan, each)),
    { numRuns: 8 },
  );
});

interface Known {
  day: string;
  seconds: number;
  llmMicros: number | null;
}

async function live(firstPlan: number, all: Happening[]): Promise<void> {
  tenants += 1;
  const slug = `troubled-${tenants}`;
  stage.server.clock.now = Date.parse('2026-09-01T00:00:00Z');
  const tenant = await stage.addTenant(slug, plans[firstPlan] as PlanInput, '2026-09-01');
  const ledger = new Map<string, Known>();
  const tell = async (call: number, seconds: number, llmMicros: number | null) => {
    stage.server.clock.now += 1000;
    const id = `${slug}-${call}`;
    const figures = { seconds, costMicros: llmMicros, cost: { llm: llmMicros ?? 0 } };
    await stage.book(slug, { id, at: `${dayOf(call)}T10:00:00Z`, ...figures });
    const known = ledger.get(id)?.llmMicros ?? null;
    ledger.set(id, { day: dayOf(call), seconds, llmMicros: llmMicros ?? known });
  };
  for (const [index, { reported, isVoided, credit, change }] of all.entries()) {
    const month = months[index] ?? '';
    const next = months[index + 1] ?? '2027-01';
    stage.server.clock.now = Date.parse(`${next}-02T00:00:00Z`);
    for (const { call, seconds, llmMicros } of reported) {
      if (dayOf(call).slice(0, 7) <= month) await tell(call, seconds, llmMicros);
    }
    await close(slug);
    if (isVoided) await voidAndBillAgain(slug, month);
    if (credit !== 'none') await creditLast(slug, credit);
    if (change) {
      const from = `${next}-${String(change.day).padStart(2, '0')}`;
      await mustBe(200, operator('PUT', `tenants/${slug}/plan`, { plan: plans[change.plan], from }));
    }
  }
  // In the end nothing waits, and all months are closed.
  stage.server.clock.now = Date.parse('2027-01-03T00:00:00Z');
  for (const [id, { seconds, llmMicros }] of ledger) {
    if (llmMicros === null) await tell(Number(id.slice(slug.length + 1)), seconds, 1_000_000);
  }
  stage.server.clock.now = Date.parse('2027-02-03T00:00:00Z');
  await close(slug);
  await checkBooks(slug, tenant, ledger);
}

async function close(slug: string): Promise<void> {
  const { entries } = (await mustBe(200, operator('POST', 'billing/close?wait=true', { tenant: slug }))).body;
  for (const { outcome, problem } of entries) assert.notEqual(outcome, 'failed', problem);
}

async function documentsOf(slug: string): Promise<InvoiceView[]> {
  const { invoices } = (await mustBe(200, operator('GET', `tenants/${slug}/invoices?limit=100`))).body;
  const documents: InvoiceView[] = [];
  for (const { id } of invoices) {
    documents.push((await mustBe(200, operator('GET', `tenants/${slug}/invoices/${id}`))).body);
  }
  return documents.filter(({ status }) => status !== 'void');
}

const last = async (slug: string, month?: string) =>
  (await documentsOf(slug))
    .filter(({ document }) => document.corrects === null && (!month || document.month === month))
    .sort((a, b) => ((a.issuedAt ?? '') < (b.issuedAt ?? '') ? 1 : -1))[0];

async function voidAndBillAgain(slug: string, month: string): Promise<void> {
  const document = await last(slug, month);
  if (!document) return;
  const answer = await operator('POST', `tenants/${slug}/invoices/${document.id}/void`);
  // Not when another month was billed after it.
  if (answer.status === 409) return;
  assert.equal(answer.status, 200, answer.text);
  await mustBe(200, operator('POST', 'billing/close?wait=true', { tenant: slug, month }));
}

/** If there is anything to take back. */
async function creditLast(slug: string, how: 'part' | 'whole'): Promise<void> {
  const document = await last(slug);
  const line = document?.document.lines.find(({ amountCents }) => amountCents > 1);
  if (!document || !line) return;
  const lines = how === 'part' ? { lines: [{ line: line.no, amountCents: line.amountCents >> 1 }] } : {};
  const path = `tenants/${slug}/invoices/${document.id}/credit-notes`;
  const { status, text } = await operator('POST', path, { reason: 'Any', ...lines });
  assert.ok([201, 400, 409].includes(status), text);
}

async function checkBooks(slug: string, tenant: Tenant, ledger: Map<string, Known>): Promise<void> {
  const { store } = stage.server.ctx;
  const rows = await store
    .selectFrom('invoiceCalls')
    .selectAll()
    .where('tenantId', '=', tenant.id)
    .where('active', '=', 1)
    .orderBy('seq')
    .execute();
  const billed = Map.groupBy(rows, ({ callId }) => callId);
  assert.deepEqual([...billed.keys()].sort(), [...ledger.keys()].sort(), 'each priced call is charged');
  for (const [id, own] of billed) {
    assert.deepEqual(
      own.map(({ seq }) => seq),
      own.map((_, index) => index),
      `${id} is charged once, and each correction is once`,
    );
  }
  const versions = await listPlanVersions(store, tenant.id);
  for (const [id, call] of ledger) {
    const own = billed.get(id) ?? [];
    const segment = segmentsOf(versions, own[0]?.month ?? '').find(({ planId }) => planId === own[0]?.planId);
    const price = segment?.plan.rates[0]?.price;
    if (!segment || !price) throw new Error('the plan of a billed call no longer applies');
    if (isPooled(price)) continue;
    const charge = chargeFor(segment, price, 0, {
      ...{ id, day: call.day, createdAt: 0, channel: 'web', seconds: call.seconds },
      ...{ costMicros: call.llmMicros, cost: { ...noCost(), llm: call.llmMicros ?? 0 } },
    });
    if (typeof charge === 'string') throw new Error(charge);
    assert.equal(sum(own.map(({ priceMicros }) => priceMicros)), charge.priceMicros, id);
  }
  const documents = await documentsOf(slug);
  for (const { id, document } of documents) {
    assert.equal(sum(document.lines.map(({ amountCents }) => amountCents)), document.totalCents);
    const notes = documents.filter((note) => note.document.corrects?.invoice === id);
    const back = -sum(notes.map(({ totalCents }) => totalCents));
    assert.ok(back <= Math.max(0, document.totalCents), `${back} of ${document.totalCents} are taken back`);
  }
  for (const [share, cents] of shares(documents)) {
    // Each line has its own rounding.
    assert.ok(sum(cents) >= -cents.length, `${sum(cents)} of ${share}: more was given back than charged`);
  }
  const numbers = documents.map(({ number }) => number);
  assert.equal(new Set(numbers).size, numbers.length);
}

/** What was charged and given back for a month's fee, minimum or rate, by all documents together. */
function shares(documents: InvoiceView[]): Map<string, number[]> {
  const all = new Map<string, number[]>();
  for (const { document } of documents) {
    const { lines = [] } =
      documents.find(({ id }) => id === document.corrects?.invoice)?.document ?? document;
    for (const { no, amountCents, creditsLine } of document.lines) {
      const line = lines.find((each) => each.no === (creditsLine ?? no));
      if (!line) throw new Error('a credit note names a line that is not there');
      const share = `${line.from} ${line.planId} ${line.rate ?? (line.kind === 'fee' ? 'fee' : 'minimum')}`;
      all.set(share, [...(all.get(share) ?? []), amountCents]);
    }
  }
  return all;
}

function sum(amounts: number[]): number {
  return amounts.reduce((total, amount) => total + amount, 0);
}
