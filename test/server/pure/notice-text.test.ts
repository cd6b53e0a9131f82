/** What the operator reads in a notice: every kind, with its amounts. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { noticeText } from '../../../server/access/notices/notice-text.ts';
import { type InvoiceState, type NoticeKind, noticeKinds } from '../../../server/contract.ts';

const owed = { invoice: 'INV-000007', dueCents: 11_960, currency: 'eur' };

const expected: Record<NoticeKind, [period: string, data: object, title: string, text: string]> = {
  'budget-80': [
    '2026-11',
    { spentMicros: 8_500_000, budgetMicros: 10_000_000 },
    '80 % of the monthly budget is used',
    'Calls of 2026-11 have cost $8.50 so far. At $10.00 further calls are refused.',
  ],
  'budget-100': [
    '2026-11',
    { budgetMicros: 10_000_000 },
    'the monthly budget is used up',
    'The $10.00 of 2026-11 are spent or held for calls in progress. Calls are refused until the month is over or the budget is raised.',
  ],
  'refused-origins': [
    '2026-11-10',
    {},
    'many requests from pages that are not allowed',
    "They came on 2026-11-10. The portal names the pages, under the client's site: one that is its own can be allowed there.",
  ],
  'cost-unknown': [
    '2026-11-10',
    { call: 'c-1', heldMicros: 32_500 },
    'Vapi does not tell what a call cost',
    'Call c-1, given up on 2026-11-10: nothing is billed for it, and $0.0325 of the budget stay held until the month is over. Look it up at Vapi.',
  ],
  'cost-refused': [
    'call-1',
    { source: 'webhook' },
    'a call was reported with a cost that no call can have',
    "The figure for call call-1 is not used, and Vapi is asked what the call cost. If Vapi says the same, look the call up there; if it does not, somebody knows the client's webhook secret: change it.",
  ],
  'call-unknown': [
    'call-1',
    { costMicros: 500_000_000 },
    'Vapi does not know a call that was reported with a cost',
    "Call call-1 is booked with $500.00, and Vapi says that it has no such call. If Vapi has never shown it, it is on no invoice. Look it up at Vapi; if it was never there, somebody knows the client's webhook secret: change it.",
  ],
  'outbox-full': [
    '2026-11-10',
    { givenUp: 2, oldest: '2026-11-09T14:00:00.000Z', waiting: 14, waitingBytes: 93_400_000 },
    'messages for its own server were given up',
    'Its server has not taken them, and no more are kept for one client than the 14 (93.4 MB) that still wait. 2 had to go, the oldest of 2026-11-09T14:00:00.000Z, and with each new message the oldest of the others goes. Calls and invoices are not affected. Repair the server, or turn forwarding off.',
  ],
  'call-without-grant': [
    '2026-11-10',
    { call: 'call-1' },
    'somebody else starts web calls with its key',
    'Call call-1 of 2026-11-10 belongs to no visitor whom we let in. It is ended, and so is each further one of that day. If it was a test from Vapi\'s dashboard, let such calls go on in the client\'s settings; if not, change the key at Vapi or use the access mode "proxy".',
  ],
  'payment-failed': [
    'INV-000007',
    owed,
    'invoice INV-000007 could not be charged',
    '119.60 EUR are left to pay. Stripe tries again as its settings say.',
  ],
  'invoice-overdue': [
    'INV-000007',
    { ...owed, currency: 'jpy' },
    'invoice INV-000007 is overdue',
    '11960 JPY are left to pay.',
  ],
  'paused-unpaid': [
    'INV-000007',
    owed,
    'paused, since invoice INV-000007 is not paid',
    '119.60 EUR are left to pay. Calls are refused until that is paid or the client is resumed.',
  ],
  'resumed-paid': [
    '2026-12-17T00:00:00.000Z',
    { since: '2026-12-17T00:00:00.000Z' },
    'no longer paused',
    'Nothing is left to pay of what it was paused for since 2026-12-17.',
  ],
  'invoice-strayed': [
    'INV-000007',
    { ...owed, reason: 'It is void at Stripe.' },
    'invoice INV-000007 is not collected by Stripe any more',
    'It is void at Stripe. 119.60 EUR are left to pay. Collect it yourself, void it, or take it back with a credit note.',
  ],
  'payment-reversed': [
    'INV-000007 charge.dispute.closed du_1 11960',
    {
      invoice: 'INV-000007',
      event: 'charge.dispute.closed',
      amountCents: 11_960,
      currency: 'eur',
      state: 'lost',
    },
    'the payment of invoice INV-000007 is disputed no longer',
    "It is about 119.60 EUR (lost). The invoice stays booked as paid. Look at the payment in Stripe's dashboard: what is owed no longer is taken back with a credit note, what is still owed has to be asked for again.",
  ],
};

for (const kind of noticeKinds) {
  const [period, data, title, text] = expected[kind];
  test(`${kind} is told in words`, () => {
    assert.deepEqual(noticeText(kind, period, { tenant: 'acme', period, ...data }), { title, text });
  });
}

test('what an invoice has come to since is told with it, where less is left', () => {
  const told = (kind: NoticeKind, state: InvoiceState, leftToPayCents: number) =>
    noticeText(kind, owed.invoice, { ...owed, reason: 'It is void at Stripe.' }, { state, leftToPayCents })
      .text;
  assert.equal(
    told('invoice-overdue', 'credited', 0),
    '119.60 EUR are left to pay. It is credited by now: 0.00 EUR are left to pay.',
  );
  assert.equal(
    told('invoice-overdue', 'overdue', 1000),
    '119.60 EUR are left to pay. By now 10.00 EUR are left to pay.',
  );
  assert.match(told('paused-unpaid', 'paid', 0), / It is paid by now: 0\.00 EUR are left to pay\.$/);
  assert.match(told('invoice-strayed', 'void', 0), / It is void by now: 0\.00 EUR are left to pay\.$/);
  assert.equal(told('invoice-overdue', 'overdue', 11_960), '119.60 EUR are left to pay.');
});
