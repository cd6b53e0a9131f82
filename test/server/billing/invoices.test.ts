import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { canonicalJson } from '../../../server/base/canonical-json.ts';
import type { InvoiceCallView, InvoiceView, PlanInput } from '../../../server/contract.ts';
import { lockBilling } from '../../../server/store/tenant-locks.ts';
import { lockForStart } from '../../../server/store/tenants.ts';
import { testDatabases } from '../../support/postgres.ts';
import { codeOf } from '../../support/test-server.ts';
import { type BillingStage, channels, mustBe, seller, startBillingStage } from './stage.ts';

/** 10 cents a second. */
const perSecond: PlanInput = {
  name: 'Per second',
  currency: 'usd',
  rates: [{ channels, price: { kind: 'per-minute', perMinuteMicros: 6_000_000 } }],
};
/** The cost doubled, at least 5.00 a month. */
const doubled: PlanInput = {
  name: 'Doubled',
  currency: 'eur',
  minimumCents: 500,
  rates: [{ channels, price: { kind: 'cost-plus', markupBps: 10_000 } }],
};
const lineFigures = (invoice: InvoiceView) =>
  invoice.document.lines.map(({ kind, from, amountCents, calls }) => [kind, from, calls, amountCents]);

for (const engine of testDatabases()) {
  describe(`invoices on ${engine.name}`, () => {
    let stage: BillingStage;
    before(async () => {
      stage = await startBillingStage({ engine });
    });
    after(() => stage?.close());
    const operator = (method: string, path: string, body?: unknown) =>
      stage.server.operator(method, `/v1/tenants/${path}`, body);
    const callsOf = async (slug: string, id: string, no: number): Promise<InvoiceCallView[]> =>
      (await mustBe(200, operator('GET', `${slug}/invoices/${id}/lines/${no}/calls`))).body.calls;

    it('bill a month from the ledger, call by call, and freeze what they say', async () => {
      await stage.addTenant('frozen', { ...perSecond, monthlyFeeCents: 4900 }, '2026-11-01');
      await mustBe(
        200,
        operator('PUT', 'frozen/billing', {
          buyer: { name: 'Frozen GmbH', address: ['Weg 1', 'Bremen'] },
          tax: { label: 'VAT', bps: 1900 },
          dueDays: 10,
        }),
      );
      await stage.book(
        'frozen',
        { id: 'frozen-1', at: '2026-11-01T00:00:00Z', seconds: 60 },
        { id: 'frozen-2', at: '2026-11-30T23:59:59Z', seconds: 7 },
        { id: 'frozen-3', at: '2026-12-01T00:00:00Z', seconds: 60 },
        { id: 'frozen-4', at: '2026-10-31T23:59:59Z', seconds: 60 },
      );
      const invoice = (await mustBe(200, stage.bill('frozen', '2026-11'))).body as InvoiceView;
      assert.equal(invoice.status, 'finalized');
      assert.match(invoice.number ?? '', /^INV-\d{6}$/);
      // 49.00 fee, 67 s at 0.10 = 6.70
      assert.deepEqual(lineFigures(invoice), [
        ['fee', '2026-11-01', 0, 4900],
        ['usage', '2026-11-01', 2, 670],
      ]);
      // 55.70 × 19 % = 10.583 -> 10.58
      assert.deepEqual(invoice.document.tax, { label: 'VAT', bps: 1900, amountCents: 1058 });
      assert.equal(invoice.totalCents, 6628);
      assert.equal(invoice.issuedAt, '2026-12-02T12:00:00.000Z');
      assert.equal(invoice.dueAt, '2026-12-12T12:00:00.000Z');
      assert.equal(invoice.document.seller?.name, seller.name);
      assert.equal(invoice.document.buyer.name, 'Frozen GmbH');
      const calls = await callsOf('frozen', invoice.id, 2);
      assert.deepEqual(
        calls.map(({ callId, seconds, priceMicros }) => [callId, seconds, priceMicros]),
        [
          ['frozen-1', 60, 6_000_000],
          ['frozen-2', 7, 700_000],
        ],
      );
      const { document, sha256 } = invoice;
      assert.equal(createHash('sha256').update(canonicalJson(document)).digest('hex'), sha256);
      const lines = '["frozen-1",0,60,60,6000000]\n["frozen-2",0,7,7,700000]\n';
      assert.equal(document.lines[1]?.callsSha256, createHash('sha256').update(lines).digest('hex'));

      // Whatever changes afterwards, the document keeps its bytes.
      await mustBe(200, operator('PUT', 'frozen/billing', { buyer: { name: 'Other' } }));
      await mustBe(200, operator('PATCH', 'frozen', { name: 'Renamed' }));
      const again = await mustBe(200, operator('GET', `frozen/invoices/${invoice.id}`));
      assert.deepEqual(again.body, invoice);
      const twice = await operator('POST', `frozen/invoices/${invoice.id}/finalize`);
      assert.equal(codeOf(twice), 'conflict');
      const redraft = await operator('POST', 'frozen/invoices', { period: '2026-11' });
      assert.equal(codeOf(redraft), 'conflict');
    });

    it('correct a billed call also when its start has moved to the month after', async () => {
      await stage.addTenant('moved', perSecond, '2026-10-01');
      await stage.book('moved', { id: 'moved-1', at: '2026-10-31T23:59:00Z', seconds: 60 });
      await mustBe(200, stage.bill('moved', '2026-10'));
      stage.server.clock.now += 60_000;
      await stage.book('moved', { id: 'moved-1', at: '2026-11-01T00:00:10Z', seconds: 40 });
      const november = (await mustBe(200, stage.bill('moved', '2026-11'))).body as InvoiceView;
      // 60 s were billed in October, it was 40 s: 20 s at 0.10 are given back.
      assert.deepEqual(lineFigures(november), [['correction', '2026-10-01', 1, -200]]);
    });

    it('use prepaid credit once, however often the document is frozen at once', async () => {
      await stage.addTenant('at-once', perSecond, '2026-11-01');
      await stage.book('at-once', { id: 'at-once-1', at: '2026-11-05T10:00:00Z', seconds: 50 });
      await mustBe(201, operator('POST', 'at-once/credits', { amountCents: 300 }));
      const draft = await mustBe(201, operator('POST', 'at-once/invoices', { period: '2026-11' }));
      const finalize = () => operator('POST', `at-once/invoices/${draft.body.id}/finalize`);
      const answers = await Promise.all([finalize(), finalize(), finalize()]);
      assert.deepEqual(answers.map(({ status }) => status).sort(), [200, 409, 409]);
      assert.equal((await operator('GET', 'at-once/credits')).body.balanceCents, 0);
      const frozen = await operator('GET', `at-once/invoices/${draft.body.id}`);
      assert.deepEqual([frozen.body.totalCents, frozen.body.dueCents], [500, 200]);
    });

    if (engine.name === 'PostgreSQL') {
      it('do not delay visitors while they are frozen: calls have their own lock', async () => {
        const { id, generation } = await stage.addTenant('no-wait', perSecond, '2026-11-01');
        const { store } = stage.server.ctx;
        await store.transaction().execute(async (db) => {
          await lockBilling(db, id);
          assert.ok(await lockForStart(store, id, generation), 'another connection starts a call meanwhile');
        });
      });
    }

    it('have numbers without a gap, however many are finalized at once and however many fail', async () => {
      const slugs = ['gap-a', 'gap-b', 'gap-c', 'gap-d'];
      const ids: string[] = [];
      for (const slug of slugs) {
        await stage.addTenant(slug, { ...perSecond, monthlyFeeCents: 100 }, '2026-11-01');
        const draft = await mustBe(201, operator('POST', `${slug}/invoices`, { period: '2026-11' }));
        ids.push(draft.body.id);
      }
      const finalize = (slug: string, index: number) =>
        operator('POST', `${slug}/invoices/${ids[index]}/finalize`);
      const answers = await Promise.all([...slugs, ...slugs].map((slug, index) => finalize(slug, index % 4)));
      assert.equal(answers.filter(({ status }) => status === 200).length, 4);
      assert.equal(answers.filter(({ status }) => status === 409).length, 4);
      const numbers = answers
        .filter(({ status }) => status === 200)
        .map(({ body }) => Number((body as InvoiceView).number?.slice(4)))
        .sort((a, b) => a - b);
      const [first = 0] = numbers;
      assert.deepEqual(numbers, [first, first + 1, first + 2, first + 3]);
    });

    it('follow each other: a late call and a changed cost are lines of the next one, in their own period', async () => {
      await stage.addTenant('late', doubled, '2026-10-01');
      stage.server.clock.now = Date.parse('2026-11-02T12:00:00Z');
      await stage.book(
        'late',
        { id: 'late-1', at: '2026-10-10T10:00:00Z', seconds: 60, costMicros: 1_000_000 },
        { id: 'late-2', at: '2026-10-11T10:00:00Z', seconds: 60, costMicros: null },
      );
      const october = (await mustBe(200, stage.bill('late', '2026-10'))).body as InvoiceView;
      // 1.00 × 2, topped up to 5.00; the call without a cost is not on it
      assert.deepEqual(lineFigures(october), [
        ['usage', '2026-10-01', 1, 200],
        ['minimum', '2026-10-01', 0, 300],
      ]);
      stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
      await stage.book(
        'late',
        { id: 'late-2', at: '2026-10-11T10:00:00Z', seconds: 60, costMicros: 250_000 },
        { id: 'late-1', at: '2026-10-10T10:00:00Z', seconds: 60, costMicros: 1_500_000 },
        { id: 'late-3', at: '2026-11-10T10:00:00Z', seconds: 60, costMicros: 4_000_000 },
      );
      const november = (await mustBe(200, stage.bill('late', '2026-11'))).body as InvoiceView;
      assert.deepEqual(lineFigures(november), [
        ['usage', '2026-11-01', 1, 800],
        // 0.25 × 2 came late; 1.50 instead of 1.00 is 0.50 × 2 more
        ['late-usage', '2026-10-01', 1, 50],
        ['correction', '2026-10-01', 1, 100],
        // October is now 2.00 + 0.50 + 1.00 = 3.50, so its top-up is 1.50 and not 3.00
        ['minimum-change', '2026-10-01', 0, -150],
      ]);
      assert.equal(november.totalCents, 800);
      assert.deepEqual(
        (await callsOf('late', november.id, 3)).map(({ callId, correction, priceMicros }) => [
          callId,
          correction,
          priceMicros,
        ]),
        [['late-1', 1, 1_000_000]],
      );
      // What was frozen in October is unchanged.
      const frozen = await operator('GET', `late/invoices/${october.id}`);
      assert.deepEqual(frozen.body, october);
      stage.server.clock.now = Date.parse('2027-01-02T12:00:00Z');
      const december = (await mustBe(200, stage.bill('late', '2026-12'))).body as InvoiceView;
      // Nothing is owed twice: only December's minimum.
      assert.deepEqual(lineFigures(december), [['minimum', '2026-12-01', 0, 500]]);
      stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
    });

    it('correct a call whose cost has moved between components, when those are priced apart', async () => {
      const price = { kind: 'cost-plus', markupBps: 0, markupBpsByComponent: { llm: 10_000 } } as const;
      await stage.addTenant('shifted', { ...perSecond, rates: [{ channels, price }] }, '2026-10-01');
      stage.server.clock.now = Date.parse('2026-11-02T12:00:00Z');
      const call = { id: 'shifted-1', at: '2026-10-10T10:00:00Z', seconds: 60, costMicros: 3_000_000 };
      await stage.book('shifted', { ...call, cost: { llm: 3_000_000 } });
      assert.equal((await mustBe(200, stage.bill('shifted', '2026-10'))).body.totalCents, 600);
      stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
      await stage.book('shifted', { ...call, cost: { llm: 1_000_000, vapi: 2_000_000 } });
      const november = (await mustBe(200, stage.bill('shifted', '2026-11'))).body as InvoiceView;
      // 1.00 × 2 + 2.00 is 2.00 less than 3.00 × 2.
      assert.deepEqual(lineFigures(november), [['correction', '2026-10-01', 1, -200]]);
    });

    it('whose corrections outweigh the month are credit notes, in their own series', async () => {
      await stage.addTenant('negative', { ...doubled, minimumCents: 0 }, '2026-10-01');
      stage.server.clock.now = Date.parse('2026-11-02T12:00:00Z');
      const call = { id: 'negative-1', at: '2026-10-10T10:00:00Z', seconds: 60 };
      await stage.book('negative', { ...call, costMicros: 2_000_000 });
      await mustBe(200, stage.bill('negative', '2026-10'));
      stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
      await stage.book('negative', { ...call, costMicros: 500_000 });
      const note = (await mustBe(200, stage.bill('negative', '2026-11'))).body as InvoiceView;
      assert.deepEqual(lineFigures(note), [['correction', '2026-10-01', 1, -300]]);
      assert.equal(note.kind, 'credit-note');
      assert.match(note.number ?? '', /^CN-\d{6}$/);
    });

    it('have no minimum if the plan has none, even when each correction is rounded against it', async () => {
      const atCost: PlanInput = {
        ...doubled,
        minimumCents: 0,
        rates: [{ channels, price: { kind: 'cost-plus', markupBps: 0 } }],
      };
      await stage.addTenant('below', atCost, '2026-09-01');
      const call = (id: number, costMicros: number) => ({
        ...{ id: `below-${id}`, at: '2026-09-10T10:00:00Z', seconds: 60, costMicros },
      });
      const linesOf = async (month: string) =>
        lineFigures((await mustBe(200, stage.bill('below', month))).body as InvoiceView);
      stage.server.clock.now = Date.parse('2026-10-02T12:00:00Z');
      await stage.book('below', call(1, 7000), call(2, 7000));
      // 0.014 is 0.01; then -0.007 is -0.01, twice.
      assert.deepEqual(await linesOf('2026-09'), [['usage', '2026-09-01', 2, 1]]);
      stage.server.clock.now = Date.parse('2026-11-02T12:00:00Z');
      await stage.book('below', call(1, 0));
      assert.deepEqual(await linesOf('2026-10'), [['correction', '2026-09-01', 1, -1]]);
      stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
      await stage.book('below', call(2, 0));
      assert.deepEqual(await linesOf('2026-11'), [['correction', '2026-09-01', 1, -1]]);
    });

    it('that are void keep their number and free their calls for another', async () => {
      await stage.addTenant('voided', perSecond, '2026-11-01');
      await stage.book('voided', { id: 'voided-1', at: '2026-11-05T10:00:00Z', seconds: 10 });
      const first = (await mustBe(200, stage.bill('voided', '2026-11'))).body as InvoiceView;
      const void_ = await mustBe(200, operator('POST', `voided/invoices/${first.id}/void`));
      assert.equal(void_.body.status, 'void');
      assert.equal(void_.body.number, first.number);
      const second = (await mustBe(200, stage.bill('voided', '2026-11'))).body as InvoiceView;
      assert.notEqual(second.number, first.number);
      assert.deepEqual(lineFigures(second), lineFigures(first));
      assert.equal((await callsOf('voided', first.id, 1)).length, 1);
      assert.equal((await callsOf('voided', second.id, 1)).length, 1);
    });

    it('are corrected by credit notes, never for more than was billed', async () => {
      await stage.addTenant('credited', perSecond, '2026-11-01');
      await mustBe(
        200,
        operator('PUT', 'credited/billing', { buyer: { name: 'C' }, tax: { label: 'VAT', bps: 1000 } }),
      );
      await stage.book('credited', { id: 'credited-1', at: '2026-11-05T10:00:00Z', seconds: 100 });
      const invoice = (await mustBe(200, stage.bill('credited', '2026-11'))).body as InvoiceView;
      assert.equal(invoice.totalCents, 1100);
      const path = `credited/invoices/${invoice.id}/credit-notes`;
      const some = { reason: 'Bad line', lines: [{ line: 1, amountCents: 300 }] };
      const note = (await mustBe(201, operator('POST', path, some))).body as InvoiceView;
      assert.equal(note.kind, 'credit-note');
      assert.equal(note.totalCents, -330);
      assert.equal(note.document.corrects?.number, invoice.number);
      // However often it is requested, also concurrently, a reference makes one note.
      const named = { reason: 'Twice', lines: [{ line: 1, amountCents: 100 }], reference: 'ticket-1' };
      const notes = await Promise.all([operator('POST', path, named), operator('POST', path, named)]);
      assert.deepEqual(
        notes.map(({ status }) => status),
        [201, 201],
      );
      assert.deepEqual(notes[0]?.body, notes[1]?.body);
      const other = await mustBe(409, operator('POST', path, { ...named, reason: 'Other' }));
      assert.equal(other.body.detail, `${notes[0]?.body.number} has this reference, with different content.`);
      await mustBe(409, operator('POST', path, { reason: 'Twice', reference: 'ticket-1' }));
      const tooMuch = { reason: 'More', lines: [{ line: 1, amountCents: 601 }] };
      assert.equal(codeOf(await operator('POST', path, tooMuch)), 'invalid_request');
      const all = { reason: 'All of it', reference: 'ticket-2' };
      const rest = (await mustBe(201, operator('POST', path, all))).body as InvoiceView;
      assert.equal(rest.totalCents, -660);
      assert.equal((await mustBe(201, operator('POST', path, all))).body.id, rest.id);
      assert.equal(codeOf(await operator('POST', path, { reason: 'Again' })), 'invalid_request');
      assert.equal(codeOf(await operator('POST', `credited/invoices/${invoice.id}/void`)), 'conflict');
    });

    it('are paid from prepaid credit first, after tax, and a void one gives it back', async () => {
      await stage.addTenant('prepaid', { ...perSecond, monthlyFeeCents: 1000 }, '2026-11-01');
      await mustBe(
        200,
        operator('PUT', 'prepaid/billing', { buyer: { name: 'P' }, tax: { label: 'VAT', bps: 2000 } }),
      );
      const topUp = { amountCents: 1500, note: 'Bank transfer', reference: 'bank-77' };
      // The answer was lost and the request is sent again: it counts once.
      await mustBe(201, operator('POST', 'prepaid/credits', topUp));
      await mustBe(201, operator('POST', 'prepaid/credits', topUp));
      // A different payment with its reference is refused, not ignored.
      const other = await mustBe(409, operator('POST', 'prepaid/credits', { ...topUp, amountCents: 9000 }));
      assert.equal(
        other.body.detail,
        '15.00 usd is already booked with this reference and the note “Bank transfer”.',
      );
      await mustBe(409, operator('POST', 'prepaid/credits', { ...topUp, note: 'Cash' }));
      const invoice = (await mustBe(200, stage.bill('prepaid', '2026-11'))).body as InvoiceView;
      // 10.00 + 2.00 tax, all of it from the 15.00
      assert.deepEqual([invoice.totalCents, invoice.document.creditCents, invoice.dueCents], [1200, 1200, 0]);
      assert.equal(invoice.status, 'paid');
      assert.equal((await operator('GET', 'prepaid/credits')).body.balanceCents, 300);
      await mustBe(200, operator('POST', `prepaid/invoices/${invoice.id}/void`));
      assert.equal((await operator('GET', 'prepaid/credits')).body.balanceCents, 1500);
    });

    it('keep what they have used of a mistaken top-up: the rest can be reversed, with a reason', async () => {
      await stage.addTenant('mistaken', { ...perSecond, monthlyFeeCents: 1000 }, '2026-11-01');
      const book = (amountCents: number, rest: object = {}) =>
        operator('POST', 'mistaken/credits', { amountCents, ...rest });
      await mustBe(201, book(5000, { reference: 'bank-78' }));
      await mustBe(200, stage.bill('mistaken', '2026-11'));
      const without = await mustBe(400, book(-100));
      assert.deepEqual(without.body.errors, [{ path: 'note', message: 'say why it is taken back' }]);
      await mustBe(400, book(0, { note: 'Nothing' }));
      const why = { note: 'Typing error', reference: 'bank-78' };
      const tooMuch = await mustBe(409, book(-4001, why));
      assert.equal(tooMuch.body.detail, 'Only 40.00 usd of the credit is unused.');
      // Sent twice, it is one correction.
      await mustBe(201, book(-3000, why));
      assert.equal((await mustBe(201, book(-3000, why))).body.balanceCents, 1000);
      const both = await Promise.all([book(-600, { note: 'One' }), book(-600, { note: 'Two' })]);
      assert.deepEqual(
        both.map(({ status }) => status).sort(),
        [201, 409],
        'both at once are more than is there',
      );
      const { entries, balanceCents } = (await operator('GET', 'mistaken/credits')).body;
      assert.equal(balanceCents, 400);
      const listed = entries.map(({ kind, amountCents }: { kind: string; amountCents: number }) => [
        kind,
        amountCents,
      ]);
      assert.ok(listed.some(([kind, cents]: [string, number]) => kind === 'correction' && cents === -3000));
    });

    it('are not made before the month is over in the tenant’s time zone, nor out of order', async () => {
      stage.server.clock.now = Date.parse('2026-12-01T04:59:59Z');
      await stage.addTenant('zone', { ...perSecond, monthlyFeeCents: 100 }, '2026-10-01', {
        timeZone: 'America/New_York',
      });
      const early = await stage.bill('zone', '2026-11');
      assert.equal(codeOf(early), 'conflict');
      stage.server.clock.now = Date.parse('2026-12-01T05:00:00Z');
      const tooSoon = await stage.bill('zone', '2026-11');
      assert.match(tooSoon.body.detail, /^2026-10 is not billed yet/);
      const october = (await mustBe(200, stage.bill('zone', '2026-10'))).body as InvoiceView;
      // Once void again, the month is not billed.
      await mustBe(200, operator('POST', `zone/invoices/${october.id}/void`));
      assert.match((await stage.bill('zone', '2026-11')).body.detail, /^2026-10 is not billed yet/);
      await mustBe(200, stage.bill('zone', '2026-10'));
      await mustBe(200, stage.bill('zone', '2026-11'));
      stage.server.clock.now = Date.parse('2026-12-02T12:00:00Z');
    });

    it('cannot be undercut by a plan for days that are billed, nor change their currency', async () => {
      await stage.addTenant('plans', { ...perSecond, monthlyFeeCents: 100 }, '2026-11-01');
      await mustBe(200, stage.bill('plans', '2026-11'));
      const put = (plan: PlanInput | null, from: string) => operator('PUT', 'plans/plan', { plan, from });
      assert.equal(codeOf(await put(perSecond, '2026-11-30')), 'conflict');
      assert.equal(codeOf(await put({ ...perSecond, currency: 'eur' }, '2026-12-01')), 'conflict');
      await mustBe(200, put(null, '2026-12-01'));
      assert.equal(codeOf(await operator('POST', 'plans/invoices', { period: '2026-12' })), 'conflict');
    });
  });
}
