/** An invoice's lines at Stripe: added once, and compared to the cent. */
import { amountInWords, sumCents } from '../../base/money.ts';
import type { InvoiceDocument } from '../../contract.ts';
import { conflict } from '../../errors.ts';
import type { Store } from '../../store/database.ts';
import type { StripeApi, StripeInvoice, StripeLine } from './stripe-api.ts';
import { findOrMake } from './stripe-once.ts';

/** Stripe's limit for one invoice. */
const maxLines = 250;

/** Our lines, then tax, then prepaid credit; lines over Stripe's limit are merged, so that the total is complete. */
export function stripeLines(document: InvoiceDocument): StripeLine[] {
  const seconds = (day: string) => Date.parse(day) / 1000;
  const { tax, creditCents, period } = document;
  const whole = { start: seconds(period.from), end: seconds(period.to) };
  const lines: Omit<StripeLine, 'no'>[] = document.lines.map(({ description, amountCents, from, to }) => ({
    description,
    amountCents,
    period: { start: seconds(from), end: seconds(to) },
  }));
  const rest = [
    ...(tax && tax.amountCents !== 0
      ? [{ description: tax.label, amountCents: tax.amountCents, period: whole }]
      : []),
    ...(creditCents > 0 ? [{ description: 'Prepaid credit', amountCents: -creditCents, period: whole }] : []),
  ];
  const room = maxLines - rest.length;
  if (lines.length > room) {
    const merged = lines.splice(room - 1);
    lines.push({
      description: `${merged.length} further lines`,
      amountCents: sumCents(merged),
      period: whole,
    });
  }
  return [...lines, ...rest].map((line, index) => ({ ...line, no: index + 1 }));
}

/**
 * @returns the invoice at Stripe afterwards; null when it was deleted in the meantime
 * @throws ApiError `conflict` when they differ from ours: it stays a draft at Stripe until a person has checked it
 */
export async function putLines(
  store: Store,
  stripe: StripeApi,
  stripeId: string,
  document: InvoiceDocument,
): Promise<StripeInvoice | null> {
  const lines = stripeLines(document);
  const listed = async () => {
    const there = await stripe.listLines(stripeId);
    return there.length > 0 ? there : null;
  };
  const there = await findOrMake(store, `${stripeId}-lines`, listed, async (key) => {
    await stripe.addLines(stripeId, lines, key);
    return stripe.listLines(stripeId);
  });
  const ours = new Map(lines.map(({ no, amountCents }) => [no, amountCents]));
  const same =
    there.length === lines.length &&
    there.every(({ no, amountCents }) => ours.get(no) === amountCents) &&
    new Set(there.map(({ no }) => no)).size === lines.length;
  if (!same) throw conflict(`The lines of ${stripeId} at Stripe differ from the invoice’s.`);
  const invoice = await stripe.getInvoice(stripeId);
  if (invoice) checkTotal(invoice, document);
  return invoice;
}

/** @throws ApiError `conflict` */
export function checkTotal(invoice: StripeInvoice, { dueCents, currency }: InvoiceDocument): void {
  if (invoice.totalCents === dueCents && invoice.currency === currency) return;
  const there = amountInWords(invoice.totalCents, invoice.currency);
  throw conflict(`Stripe says ${there}, the invoice ${amountInWords(dueCents, currency)}.`);
}
