/** What a notice says to a person. Pure. */
import { centsToDecimal, microsToDecimal } from '../../base/money.ts';
import type { NoticeKind } from '../../contract.ts';
import type { Balance } from '../../ledger/invoice-balance.ts';

type Words = (period: string, data: Record<string, unknown>) => { title: string; text: string };

const dollars = (micros: unknown): string => `$${microsToDecimal(Number(micros), 'usd')}`;
const megabytes = (bytes: unknown): string => (Number(bytes) / 1_000_000).toFixed(1);
const left = ({ dueCents, currency }: Record<string, unknown>): string =>
  `${centsToDecimal(Number(dueCents), String(currency))} ${String(currency).toUpperCase()}`;

/** By Stripe's names of the events. */
const reversals: Record<string, string> = {
  'charge.dispute.created': 'is disputed',
  'charge.dispute.funds_withdrawn': 'was taken back by the bank',
  'charge.dispute.funds_reinstated': 'was given back by the bank',
  'charge.dispute.closed': 'is disputed no longer',
  'charge.refunded': 'was refunded',
  'charge.failed': 'has failed afterwards',
};

const words: Record<NoticeKind, Words> = {
  'budget-80': (month, { spentMicros, budgetMicros }) => ({
    title: '80 % of the monthly budget is used',
    text: `Calls of ${month} have cost ${dollars(spentMicros)} so far. At ${dollars(budgetMicros)} further calls are refused.`,
  }),
  'budget-100': (month, { budgetMicros }) => ({
    title: 'the monthly budget is used up',
    text: `The ${dollars(budgetMicros)} of ${month} are spent or held for calls in progress. Calls are refused until the month is over or the budget is raised.`,
  }),
  'refused-origins': (day) => ({
    title: 'many requests from pages that are not allowed',
    text: `They came on ${day}. The portal names the pages, under the client's site: one that is its own can be allowed there.`,
  }),
  'cost-unknown': (day, { call, heldMicros }) => ({
    title: 'Vapi does not tell what a call cost',
    text: `Call ${call}, given up on ${day}: nothing is billed for it, and ${dollars(heldMicros)} of the budget stay held until the month is over. Look it up at Vapi.`,
  }),
  'cost-refused': (call) => ({
    title: 'a call was reported with a cost that no call can have',
    text: `The figure for call ${call} is not used, and Vapi is asked what the call cost. If Vapi says the same, look the call up there; if it does not, somebody knows the client's webhook secret: change it.`,
  }),
  'call-unknown': (call, { costMicros }) => ({
    title: 'Vapi does not know a call that was reported with a cost',
    text: `Call ${call} is booked with ${dollars(costMicros)}, and Vapi says that it has no such call. If Vapi has never shown it, it is on no invoice. Look it up at Vapi; if it was never there, somebody knows the client's webhook secret: change it.`,
  }),
  'outbox-full': (_day, { givenUp, oldest, waiting, waitingBytes }) => ({
    title: 'messages for its own server were given up',
    text: `Its server has not taken them, and no more are kept for one client than the ${waiting} (${megabytes(waitingBytes)} MB) that still wait. ${givenUp} had to go, the oldest of ${oldest}, and with each new message the oldest of the others goes. Calls and invoices are not affected. Repair the server, or turn forwarding off.`,
  }),
  'call-without-grant': (day, { call }) => ({
    title: 'somebody else starts web calls with its key',
    text: `Call ${call} of ${day} belongs to no visitor whom we let in. It is ended, and so is each further one of that day. If it was a test from Vapi's dashboard, let such calls go on in the client's settings; if not, change the key at Vapi or use the access mode "proxy".`,
  }),
  'payment-failed': (invoice, data) => ({
    title: `invoice ${invoice} could not be charged`,
    text: `${left(data)} are left to pay. Stripe tries again as its settings say.`,
  }),
  'invoice-overdue': (invoice, data) => ({
    title: `invoice ${invoice} is overdue`,
    text: `${left(data)} are left to pay.`,
  }),
  'paused-unpaid': (invoice, data) => ({
    title: `paused, since invoice ${invoice} is not paid`,
    text: `${left(data)} are left to pay. Calls are refused until that is paid or the client is resumed.`,
  }),
  'resumed-paid': (since) => ({
    title: 'no longer paused',
    text: `Nothing is left to pay of what it was paused for since ${since.slice(0, 10)}.`,
  }),
  'invoice-strayed': (invoice, { reason, ...data }) => ({
    title: `invoice ${invoice} is not collected by Stripe any more`,
    text: `${reason} ${left(data)} are left to pay. Collect it yourself, void it, or take it back with a credit note.`,
  }),
  'payment-reversed': (_occasion, { invoice, event, amountCents, currency, state, status = 'paid' }) => ({
    title: `the payment of invoice ${invoice} ${reversals[String(event)] ?? 'has changed'}`,
    text: `It is about ${left({ dueCents: amountCents, currency })}${state ? ` (${state})` : ''}. The invoice ${status === 'paid' ? 'stays' : 'is not'} booked as paid. Look at the payment in Stripe's dashboard: what is owed no longer is taken back with a credit note, what is still owed has to be asked for again.`,
  }),
};

/** Kinds that say what is left to pay of an invoice. */
const ofUnpaid: NoticeKind[] = ['payment-failed', 'invoice-overdue', 'paused-unpaid', 'invoice-strayed'];

/** Where less is left by now than the notice says: it may be read, or delivered, long after it was raised. */
function sinceThen(
  { dueCents, currency }: Record<string, unknown>,
  { state, leftToPayCents }: Balance,
): string {
  if (leftToPayCents >= Number(dueCents)) return '';
  const isSettled = state === 'credited' || state === 'paid' || state === 'void';
  const amount = left({ dueCents: leftToPayCents, currency });
  return isSettled
    ? ` It is ${state} by now: ${amount} are left to pay.`
    : ` By now ${amount} are left to pay.`;
}

/**
 * @param period of the notice: the month of a budget, the day of a burst, the number of an invoice
 * @param data the facts, as they were kept
 * @param balance of the invoice that it names, as it is now; null where it names none
 * @returns the title goes on from the client's name and a colon; the text is whole sentences
 */
export function noticeText(
  kind: NoticeKind,
  period: string,
  data: Record<string, unknown>,
  balance: Balance | null = null,
): ReturnType<Words> {
  const { title, text } = words[kind](period, data);
  return { title, text: balance && ofUnpaid.includes(kind) ? text + sinceThen(data, balance) : text };
}
