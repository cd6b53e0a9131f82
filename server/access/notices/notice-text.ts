/** The wording of notices. Pure. */
import { centsToDecimal, microsToDecimal } from '../../base/money.ts';
import type { NoticeKind, WiringTrouble } from '../../contract.ts';
import type { Balance } from '../../ledger/invoice-balance.ts';
import { adviceOn } from '../../vapi/wiring-trouble.ts';

type Words = (period: string, data: Record<string, unknown>) => { title: string; text: string };

const dollars = (micros: unknown): string => `$${microsToDecimal(Number(micros), 'usd')}`;
const amount = (micros: unknown, currency: unknown): string =>
  `${microsToDecimal(Number(micros), String(currency))} ${String(currency).toUpperCase()}`;
const megabytes = (bytes: unknown): string => (Number(bytes) / 1_000_000).toFixed(1);
const left = ({ dueCents, currency }: Record<string, unknown>): string =>
  `${centsToDecimal(Number(dueCents), String(currency))} ${String(currency).toUpperCase()}`;

function keySteps({ organization, keyName, key, origins, assistantIds }: Record<string, unknown>): string {
  const open = `In Vapi’s dashboard, in the organization ${organization}, open “API Keys”.`;
  if (key === null)
    return `${open} Delete each public key named “${keyName}”: until then it works for anyone who has it.`;
  const list = (entries: unknown) => (entries as string[]).join(', ');
  // Vapi may read an empty list as "any".
  const pages = list(origins) || 'https://none.invalid';
  return `${open} Let the public key that ends in ${key} allow only these origins: ${pages}; only these assistants: ${list(assistantIds)}; and no transient assistants. Delete any other key named “${keyName}”.`;
}

/** By Stripe's names of the events. */
const reversals: Record<string, string> = {
  'charge.dispute.created': 'is disputed',
  'charge.dispute.funds_withdrawn': 'was withdrawn by the bank',
  'charge.dispute.funds_reinstated': 'was reinstated by the bank',
  'charge.dispute.closed': 'is no longer disputed',
  'charge.refunded': 'was refunded',
  'charge.failed': 'failed after all',
};

const words: Record<NoticeKind, Words> = {
  'budget-80': (month, { spentMicros, budgetMicros }) => ({
    title: '80% of the monthly budget is used',
    text: `Calls in ${month} have cost ${dollars(spentMicros)} so far. Further calls are refused at ${dollars(budgetMicros)}.`,
  }),
  'budget-100': (month, { budgetMicros }) => ({
    title: 'the monthly budget is used up',
    text: `The ${dollars(budgetMicros)} for ${month} is spent or reserved for calls in progress. Calls are refused until the month ends or the budget is raised.`,
  }),
  'balance-low': (_mark, { balanceMicros, markMicros, currency }) => ({
    title: 'its prepaid balance is low',
    text: `${amount(balanceMicros, currency)} is left, which is not more than the mark of ${amount(markMicros, currency)}. Add credit to the wallet in time.`,
  }),
  'balance-empty': (_entry, { balanceMicros, heldMicros, currency }) => ({
    title: 'its prepaid balance is used up',
    text: `Of ${amount(balanceMicros, currency)}, ${amount(heldMicros, currency)} is reserved for calls in progress, and the rest covers no call. Calls are refused until credit is added to the wallet.`,
  }),
  'refused-origins': (day) => ({
    title: 'many requests from pages that are not allowed',
    text: `They came on ${day}. The portal lists the pages under the client's site: allow there any that belong to the client.`,
  }),
  'cost-unknown': (day, { call, heldMicros }) => ({
    title: 'Vapi does not report what a call cost',
    text: `Vapi was asked about call ${call} until ${day}, without an answer. Nothing is billed for it, and ${dollars(heldMicros)} of the budget stays reserved until the month ends. Look it up at Vapi.`,
  }),
  'cost-refused': (call) => ({
    title: 'a call was reported with an impossible cost',
    text: `The figure for call ${call} is not used, and Vapi is asked what the call cost. If Vapi gives the same figure, look the call up there; if not, someone knows the client's webhook secret: change it.`,
  }),
  'call-unknown': (call, { costMicros }) => ({
    title: 'Vapi does not know a call that was reported with a cost',
    text: `Call ${call} is booked at ${dollars(costMicros)}, but Vapi says that it has no such call. A call that Vapi has never listed is not billed. Look it up at Vapi; if it was never there, someone knows the client's webhook secret: change it.`,
  }),
  'outbox-full': (_day, { givenUp, oldest, waiting, waitingBytes }) => ({
    title: 'messages for its own server were dropped',
    text: `Its server has not accepted them, and the client's queue is full at ${waiting} messages (${megabytes(waitingBytes)} MB). ${givenUp} were dropped, the oldest from ${oldest}; each new message displaces the oldest of the others. Calls and invoices are not affected. Repair the server or turn forwarding off.`,
  }),
  'call-without-grant': (day, { call }) => ({
    title: 'someone else is starting web calls with its key',
    text: `Call ${call} on ${day} does not belong to any visitor we admitted. It is ended, and so is every further one that day. If it was a test from Vapi's dashboard, allow such calls in the client's settings; if not, change the key at Vapi or use the access mode "proxy".`,
  }),
  'not-reporting': (_occasion, { assistant, name, problem }) => ({
    title: `calls of the assistant ${name ?? assistant} are not reported`,
    text: `${adviceOn(problem as WiringTrouble)} Until then its calls are found and booked by comparison with Vapi, within 15 minutes. Wiring is under Call reporting in the client's settings.`,
  }),
  'key-not-changed': (_change, data) => ({
    title: `its public key at Vapi must be ${data.key === null ? 'deleted' : 'changed'} by hand`,
    text: `${data.refused ? 'Vapi does not let the client’s private key change public keys.' : 'Vapi has not made the change for a week.'} ${keySteps(data)}${data.settledAt ? ` It was done on ${String(data.settledAt).slice(0, 10)}.` : ''}`,
  }),
  'payment-failed': (invoice, data) => ({
    title: `invoice ${invoice} could not be charged`,
    text: `${left(data)} is left to pay. Stripe retries according to its settings.`,
  }),
  'invoice-overdue': (invoice, data) => ({
    title: `invoice ${invoice} is overdue`,
    text: `${left(data)} is left to pay.`,
  }),
  'paused-unpaid': (invoice, data) => ({
    title: `paused because invoice ${invoice} is unpaid`,
    text: `${left(data)} is left to pay. Calls are refused until it is paid or the client is resumed.`,
  }),
  'resumed-paid': (since) => ({
    title: 'no longer paused',
    text: `It had been paused since ${since.slice(0, 10)}; nothing is left to pay on the invoices that caused it.`,
  }),
  'invoice-strayed': (invoice, { reason, ...data }) => ({
    title: `Stripe no longer collects invoice ${invoice}`,
    text: `${reason} ${left(data)} is left to pay. Collect it yourself, void the invoice, or issue a credit note.`,
  }),
  'payment-reversed': (_occasion, { invoice, event, amountCents, currency, state, status = 'paid' }) => ({
    title: `the payment of invoice ${invoice} ${reversals[String(event)] ?? 'has changed'}`,
    text: `It concerns ${left({ dueCents: amountCents, currency })}${state ? ` (${state})` : ''}. The invoice ${status === 'paid' ? 'stays' : 'is not'} booked as paid. Check the payment in Stripe's dashboard: issue a credit note for what is no longer owed, and collect again what still is.`,
  }),
  'lead-left': () => ({
    title: 'a visitor left a message',
    text: 'No one could talk to them. It is among the client’s leads, with any others of the same minutes.',
  }),
  'lead-sent': () => ({
    title: 'a visitor’s message is sent to the client',
    text: 'To the address and the server in the client’s settings for leads, with any others of the same minutes.',
  }),
};

/** Kinds that say what is left to pay on an invoice. */
const ofUnpaid: NoticeKind[] = ['payment-failed', 'invoice-overdue', 'paused-unpaid', 'invoice-strayed'];

/** Added when less is left than the notice says: it may be read, or delivered, long after it was raised. */
function sinceThen(
  { dueCents, currency }: Record<string, unknown>,
  { state, leftToPayCents }: Balance,
): string {
  if (leftToPayCents >= Number(dueCents)) return '';
  const isSettled = state === 'credited' || state === 'paid' || state === 'void';
  const amount = left({ dueCents: leftToPayCents, currency });
  return isSettled ? ` It is now ${state}: ${amount} is left to pay.` : ` ${amount} is left to pay now.`;
}

/**
 * @param period of the notice: the month of a budget, the day of a burst, the number of an invoice
 * @param data the facts, as stored
 * @param balance the current one of the invoice that it names; null where it names none
 * @returns a title that follows the client's name and a colon, and a text of whole sentences
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
