/** What credit notes gave back, while the calls that they credited fall and rise. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import fc from 'fast-check';
import { type Charged, createFalls } from '../../../server/billing/month/held-credit.ts';
import type { InvoiceView, PlanInput } from '../../../server/contract.ts';
import { type BillingStage, mustBe, startBillingStage } from './stage.ts';

interface Note {
  at: number;
  amount: number;
}

/**
 * The rule in one sentence: for any set of notes, no more is held than their calls have fallen by since the highest
 * that one of them met, plus what the other notes credit.
 */
function heldByTheRule(notes: Note[], calls: Charged[][]): number {
  const sum = (rows: { amount: number }[]) => rows.reduce((all, { amount }) => all + amount, 0);
  let least = Number.POSITIVE_INFINITY;
  for (let subset = 0; subset < 2 ** notes.length; subset += 1) {
    const looked = notes.filter((_, index) => (subset >> index) & 1);
    const others = notes.filter((_, index) => !((subset >> index) & 1));
    const fallen = calls.map((call) => {
      const met = looked.map(({ at }) => sum(call.filter((row) => row.at !== null && row.at <= at)));
      return Math.max(0, ...met.map((price) => price - sum(call)));
    });
    least = Math.min(least, sum(others) + fallen.reduce((all, each) => all + each, 0));
  }
  return least;
}

/** The calls' prices from month to month, with a note after some of the months. */
const histories = fc.record({
  prices: fc.array(fc.array(fc.integer({ min: 0, max: 100 }), { minLength: 3, maxLength: 3 }), {
    minLength: 2,
    maxLength: 6,
  }),
  notes: fc.array(
    fc.record({ at: fc.integer({ min: 0, max: 5 }), amount: fc.integer({ min: 1, max: 120 }) }),
    {
      maxLength: 6,
    },
  ),
});
const rowsOf = (prices: number[]): Charged[] =>
  prices.map((price, index) => ({ at: index, amount: price - (prices[index - 1] ?? 0) }));
const callsOf = (prices: number[][]) =>
  [0, 1, 2].map((call) => rowsOf(prices.map((month) => month[call] ?? 0)));

function held(notes: Note[], calls: Charged[][]): number {
  const falls = createFalls(notes);
  for (const call of calls) falls.add(call);
  return falls.held();
}

describe('what is held of the credit', () => {
  it('is what the rule says, whatever falls and rises between the notes', () => {
    fc.assert(
      fc.property(histories, ({ prices, notes }) => {
        const calls = callsOf(prices);
        assert.equal(held(notes, calls), heldByTheRule(notes, calls));
      }),
      { numRuns: 2000 },
    );
  });

  it('does not depend on how the calls reached their prices since the last note', () => {
    fc.assert(
      fc.property(histories, fc.array(fc.integer({ min: 0, max: 100 })), ({ prices, notes }, detour) => {
        const last = prices.at(-1) ?? [];
        const around = [...prices.slice(0, 6), ...Array(6 - prices.length).fill(last)] as number[][];
        const wandered = [...around, ...detour.map((price) => [price, 100 - price, 50]), last];
        assert.equal(held(notes, callsOf(wandered)), held(notes, callsOf([...around, last])));
      }),
    );
  });

  it('never makes a falling call more expensive', () => {
    fc.assert(
      fc.property(histories, fc.nat({ max: 100 }), ({ prices, notes }, fall) => {
        const [now = 0] = prices.at(-1) ?? [];
        const paid = (first: number) => {
          const calls = callsOf([...prices, [first, ...(prices.at(-1) ?? []).slice(1)]]);
          // The last month is after every note.
          for (const call of calls) for (const row of call.slice(-1)) row.at = null;
          return first + held(notes, calls);
        };
        assert.ok(paid(Math.max(0, now - fall)) <= paid(now));
      }),
    );
  });
});

describe('documents', () => {
  const channels: PlanInput['rates'][number]['channels'] = ['web', 'inbound', 'outbound', 'chat'];
  const atCost: PlanInput = {
    name: 'At cost',
    currency: 'usd',
    rates: [{ channels, price: { kind: 'cost-plus', markupBps: 0 } }],
  };
  const perMinute: PlanInput = {
    ...atCost,
    rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 600_000 } }],
  };
  const months = ['2026-09', '2026-10', '2026-11', '2026-12', '2027-01', '2027-02'];
  let stage: BillingStage;
  let tenants = 0;
  before(async () => {
    stage = await startBillingStage();
  });
  after(() => stage.close());

  const operator = (method: string, path: string, body?: unknown) =>
    stage.server.operator(method, `/v1/tenants/${path}`, body);
  /** The second of the month after. */
  const inMonthAfter = (index: number) => {
    stage.server.clock.now = Date.parse(`${months[index + 1] ?? '2027-03'}-02T12:00:00Z`);
  };
  const bill = async (slug: string, index: number): Promise<InvoiceView> =>
    (await mustBe(200, stage.bill(slug, months[index] ?? ''))).body;
  const credit = async (slug: string, { id }: InvoiceView, amountCents: number): Promise<InvoiceView> => {
    stage.server.clock.now += 1000;
    const body = { reason: 'Wrong', lines: [{ line: 1, amountCents }] };
    return (await mustBe(201, operator('POST', `${slug}/invoices/${id}/credit-notes`, body))).body;
  };
  const lasting = (slug: string, seconds: number) =>
    stage.book(slug, { id: `${slug}-1`, at: '2026-09-10T10:00:00Z', seconds });
  const total = (documents: InvoiceView[]) => documents.reduce((sum, { totalCents }) => sum + totalCents, 0);

  it('a call that falls and rises again after a partial note still has its credit', async () => {
    inMonthAfter(0);
    await stage.addTenant('again', perMinute, '2026-09-01');
    await lasting('again', 100);
    const september = await bill('again', 0);
    assert.equal(september.totalCents, 100);
    const note = await credit('again', september, 50);
    inMonthAfter(1);
    await lasting('again', 50);
    const october = await bill('again', 1);
    inMonthAfter(2);
    await lasting('again', 100);
    const november = await bill('again', 2);
    assert.deepEqual(
      november.document.lines.map(({ kind, amountCents }) => [kind, amountCents]),
      [
        ['correction', 50],
        ['credited-before', -50],
      ],
    );
    assert.match(november.document.lines[1]?.description ?? '', /^Credited again: web calls.* of 2026-09$/);
    assert.equal(total([september, note, october, november]), 50);
    // Nothing is held against it now.
    await mustBe(200, operator('POST', `again/invoices/${note.id}/void`));
  });

  it('a note is not voided if only another one, of a lower price, would offset the fall', async () => {
    inMonthAfter(0);
    await stage.addTenant('lower', perMinute, '2026-09-01');
    await lasting('lower', 100);
    const september = await bill('lower', 0);
    const first = await credit('lower', september, 50);
    inMonthAfter(1);
    await lasting('lower', 50);
    await bill('lower', 1);
    const second = await credit('lower', september, 50);
    await mustBe(409, operator('POST', `lower/invoices/${first.id}/void`));
    await mustBe(200, operator('POST', `lower/invoices/${second.id}/void`));
  });

  it('calls that fall and rise between notes total their price, less the notes, plus what the rule holds', async () => {
    const step = fc.record({
      dollars: fc.array(fc.integer({ min: 0, max: 9 }), { minLength: 3, maxLength: 3 }),
      note: fc.integer({ min: 0, max: 600 }),
    });
    await fc.assert(fc.asyncProperty(fc.array(step, { minLength: 3, maxLength: 6 }), checkSteps), {
      numRuns: 8,
      examples: [[[90, 20, 70].map((first) => ({ dollars: [first / 10, 4, 1], note: 400 }))]],
    });
  });

  async function checkSteps(steps: { dollars: number[]; note: number }[]): Promise<void> {
    tenants += 1;
    const slug = `falls-${tenants}`;
    inMonthAfter(0);
    await stage.addTenant(slug, atCost, '2026-09-01');
    const documents: InvoiceView[] = [];
    const notes: Note[] = [];
    const reported: number[][] = [];
    for (const [index, { dollars, note }] of steps.entries()) {
      inMonthAfter(index);
      // Vapi reports the third call a month late.
      const known = index === 0 ? dollars.slice(0, 2) : dollars;
      for (const [call, dollar] of known.entries()) {
        const id = `${slug}-${call}`;
        const costMicros = Math.round(dollar * 1_000_000);
        await stage.book(slug, { id, at: '2026-09-10T10:00:00Z', seconds: 60, costMicros });
      }
      reported.push([0, 1, 2].map((call) => Math.round((known[call] ?? 0) * 100)));
      const answer = await operator('POST', `${slug}/invoices`, { period: months[index] });
      if (answer.status === 201) {
        const path = `${slug}/invoices/${answer.body.id}/finalize`;
        documents.push((await mustBe(200, operator('POST', path))).body);
      }
      const calls = callsOf(reported);
      const price = (reported.at(-1) ?? []).reduce((sum, cents) => sum + cents, 0);
      const credited = notes.reduce((sum, { amount }) => sum + amount, 0);
      const wanted = price - credited + heldByTheRule(notes, calls);
      assert.equal(total(documents), wanted, JSON.stringify(reported));
      const [first] = documents;
      if (first?.month !== '2026-09') return;
      const amount = Math.min(note, wanted, (first.document.lines[0]?.amountCents ?? 0) - credited);
      if (amount <= 0) continue;
      documents.push(await credit(slug, first, amount));
      notes.push({ at: index, amount });
    }
  }
});
