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
    '80% of the monthly budget is used',
    'Calls in 2026-11 have cost $8.50 so far. Further calls are refused at $10.00.',
  ],
  'budget-100': [
    '2026-11',
    { budgetMicros: 10_000_000 },
    'the monthly budget is used up',
    'The $10.00 for 2026-11 is spent or reserved for calls in progress. Calls are refused until the month ends or the budget is raised.',
  ],
  'balance-low': [
    '7 5.00',
    { balanceMicros: 4_250_000, markMicros: 5_000_000, currency: 'eur' },
    'its prepaid balance is low',
    '4.25 EUR is left, which is not more than the mark of 5.00 EUR. Add credit to the wallet in time.',
  ],
  'balance-empty': [
    '7',
    { balanceMicros: 4_250_000, heldMicros: 4_000_000, currency: 'eur' },
    'its prepaid balance is used up',
    'Of 4.25 EUR, 4.00 EUR is reserved for calls in progress, and the rest covers no call. Calls are refused until credit is added to the wallet.',
  ],
  'refused-origins': [
    '2026-11-10',
    {},
    'many requests from pages that are not allowed',
    "They came on 2026-11-10. The portal lists the pages under the client's site: allow there any that belong to the client.",
  ],
  'cost-unknown': [
    '2026-11-10',
    { call: 'c-1', heldMicros: 32_500 },
    'Vapi does not report what a call cost',
    'Vapi was asked about call c-1 until 2026-11-10, without an answer. Nothing is billed for it, and $0.0325 of the budget stays reserved until the month ends. Look it up at Vapi.',
  ],
  'cost-refused': [
    'call-1',
    { source: 'webhook' },
    'a call was reported with an impossible cost',
    "The figure for call call-1 is not used, and Vapi is asked what the call cost. If Vapi gives the same figure, look the call up there; if not, someone knows the client's webhook secret: change it.",
  ],
  'call-unknown': [
    'call-1',
    { costMicros: 500_000_000 },
    'Vapi does not know a call that was reported with a cost',
    "Call call-1 is booked at $500.00, but Vapi says that it has no such call. A call that Vapi has never listed is not billed. Look it up at Vapi; if it was never there, someone knows the client's webhook secret: change it.",
  ],
  'outbox-full': [
    '2026-11-10',
    { givenUp: 2, oldest: '2026-11-09T14:00:00.000Z', waiting: 14, waitingBytes: 93_400_000 },
    'messages for its own server were dropped',
    "Its server has not accepted them, and the client's queue is full at 14 messages (93.4 MB). 2 were dropped, the oldest from 2026-11-09T14:00:00.000Z; each new message displaces the oldest of the others. Calls and invoices are not affected. Repair the server or turn forwarding off.",
  ],
  'call-without-grant': [
    '2026-11-10',
    { call: 'call-1' },
    'someone else is starting web calls with its key',
    'Call call-1 on 2026-11-10 does not belong to any visitor we admitted. It is ended, and so is every further one that day. If it was a test from Vapi\'s dashboard, allow such calls in the client\'s settings; if not, change the key at Vapi or use the access mode "proxy".',
  ],
  'not-reporting': [
    '2026-11-10T12:20:00.000Z asst-1',
    { assistant: 'asst-1', name: 'Front desk', problem: 'secret' },
    'calls of the assistant Front desk are not reported',
    "It does not present the client’s current webhook secret, so its reports are refused. Wire it again. Until then its calls are found and booked by comparison with Vapi, within 15 minutes. Wiring is under Call reporting in the client's settings.",
  ],
  'key-not-changed': [
    'change-1',
    {
      organization: 'org-1',
      keyName: 'acme ten_1',
      key: '…wxyz',
      origins: ['https://a.example', 'https://b.example'],
      assistantIds: ['asst-1'],
      refused: false,
    },
    'its public key at Vapi must be changed by hand',
    'Vapi has not made the change for a week. In Vapi’s dashboard, in the organization org-1, open “API Keys”. Let the public key that ends in …wxyz allow only these origins: https://a.example, https://b.example; only these assistants: asst-1; and no transient assistants. Delete any other key named “acme ten_1”.',
  ],
  'payment-failed': [
    'INV-000007',
    owed,
    'invoice INV-000007 could not be charged',
    '119.60 EUR is left to pay. Stripe retries according to its settings.',
  ],
  'invoice-overdue': [
    'INV-000007',
    { ...owed, currency: 'jpy' },
    'invoice INV-000007 is overdue',
    '11960 JPY is left to pay.',
  ],
  'paused-unpaid': [
    'INV-000007',
    owed,
    'paused because invoice INV-000007 is unpaid',
    '119.60 EUR is left to pay. Calls are refused until it is paid or the client is resumed.',
  ],
  'resumed-paid': [
    '2026-12-17T00:00:00.000Z',
    { since: '2026-12-17T00:00:00.000Z' },
    'no longer paused',
    'It had been paused since 2026-12-17; nothing is left to pay on the invoices that caused it.',
  ],
  'invoice-strayed': [
    'INV-000007',
    { ...owed, reason: 'It is void at Stripe.' },
    'Stripe no longer collects invoice INV-000007',
    'It is void at Stripe. 119.60 EUR is left to pay. Collect it yourself, void the invoice, or issue a credit note.',
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
    'the payment of invoice INV-000007 is no longer disputed',
    "It concerns 119.60 EUR (lost). The invoice stays booked as paid. Check the payment in Stripe's dashboard: issue a credit note for what is no longer owed, and collect again what still is.",
  ],
  'lead-left': [
    '2026-11-10T12:00:00.000Z',
    {},
    'a visitor left a message',
    'No one could talk to them. It is among the client’s leads, with any others of the same minutes.',
  ],
  'lead-sent': [
    '2026-11-10T12:00:00.000Z',
    {},
    'a visitor’s message is sent to the client',
    'To the address and the server in the client’s settings for leads, with any others of the same minutes.',
  ],
};

for (const kind of noticeKinds) {
  const [period, data, title, text] = expected[kind];
  test(`${kind} is described in words`, () => {
    assert.deepEqual(noticeText(kind, period, { tenant: 'acme', period, ...data }), { title, text });
  });
}

test('the invoice’s current remaining amount is included, if it is lower', () => {
  const textOf = (kind: NoticeKind, state: InvoiceState, leftToPayCents: number) =>
    noticeText(kind, owed.invoice, { ...owed, reason: 'It is void at Stripe.' }, { state, leftToPayCents })
      .text;
  assert.equal(
    textOf('invoice-overdue', 'credited', 0),
    '119.60 EUR is left to pay. It is now credited: 0.00 EUR is left to pay.',
  );
  assert.equal(
    textOf('invoice-overdue', 'overdue', 1000),
    '119.60 EUR is left to pay. 10.00 EUR is left to pay now.',
  );
  assert.match(textOf('paused-unpaid', 'paid', 0), / It is now paid: 0\.00 EUR is left to pay\.$/);
  assert.match(textOf('invoice-strayed', 'void', 0), / It is now void: 0\.00 EUR is left to pay\.$/);
  assert.equal(textOf('invoice-overdue', 'overdue', 11_960), '119.60 EUR is left to pay.');
});

test('a key that must be deleted by hand is named with its organization, and the notice says when it was done', () => {
  const data = { organization: 'org-1', keyName: 'acme ten_1', key: null, origins: [], assistantIds: [] };
  const { title, text } = noticeText('key-not-changed', 'change-1', { ...data, refused: true });
  assert.equal(title, 'its public key at Vapi must be deleted by hand');
  assert.equal(
    text,
    'Vapi does not let the client’s private key change public keys. In Vapi’s dashboard, in the organization org-1, open “API Keys”. Delete each public key named “acme ten_1”: until then it works for anyone who has it.',
  );
  const settled = noticeText('key-not-changed', 'change-1', {
    ...data,
    settledAt: '2026-11-20T08:00:00.000Z',
  });
  assert.match(settled.text, / It was done on 2026-11-20\.$/);
});
