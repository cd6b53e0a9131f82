/** Whether Stripe would ask a client for what the document says, and can: looked at before anything is made there. */

import { centsToDecimal } from '../../base/money.ts';
import type { InvoiceDocument } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import type { StripeApi, StripeInvoice } from './stripe-api.ts';

/**
 * What Stripe charges at least, in the smallest units, by the table at
 * https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts. Of less it says `paid` at once, and asks for it
 * with the next invoice. The table is by the currency in which the account is paid out: a charge in another one has to be
 * worth as much there. That, and a currency that is not here, `syncInvoice` sees when it has happened.
 */
const leastCents: Record<string, number> = {
  ...{ usd: 50, aed: 200, aud: 50, bgn: 100, brl: 50, cad: 50, chf: 50, czk: 1500, dkk: 250, eur: 50 },
  ...{ gbp: 30, hkd: 400, huf: 17_500, inr: 50, jpy: 50, mxn: 1000, myr: 200, nok: 300, nzd: 50 },
  ...{ pln: 200, ron: 200, sek: 300, sgd: 50, thb: 1000 },
};

/** Eight digits, by the same page. */
const mostCents = 99_999_999;

/**
 * @param balanceCents the customer's, as Stripe has it: it raises the next invoice, or where negative pays of it
 * @throws ApiError `conflict` with what a person can do
 */
export async function checkAsked(
  stripe: StripeApi,
  customer: string,
  balanceCents: number,
  { dueCents, currency }: InvoiceDocument,
): Promise<void> {
  const inWords = (cents: number) => `${centsToDecimal(cents, currency)} ${currency}`;
  const foreignCents = dueCents > 0 ? await stripe.foreignDebtCents(customer, balanceCents) : 0;
  if (foreignCents > 0) {
    throw new ApiError('conflict', {
      detail: `Stripe would ask for ${inWords(foreignCents)} more than the invoice: ${customer} has that on its balance, from no document of ours. Set it right in Stripe’s dashboard, then push again.`,
    });
  }
  const askedCents = dueCents > 0 ? dueCents + balanceCents : 0;
  const least = leastCents[currency] ?? 0;
  if (askedCents > 0 && askedCents < least) {
    throw new ApiError('conflict', {
      detail: `Stripe charges ${inWords(least)} at least, and ${inWords(askedCents)} would be asked for: collect it yourself and book it as paid, or take it back with a credit note.`,
    });
  }
  if (askedCents > mostCents) {
    throw new ApiError('conflict', {
      detail: `Stripe charges ${inWords(mostCents)} at most, and ${inWords(askedCents)} would be asked for: collect it yourself and book it as paid.`,
    });
  }
}

/**
 * Compares what Stripe will ask for with what was looked at before the draft was made: only then is it finalized.
 * @param balanceCents the customer's at that time
 * @throws ApiError `conflict`: it stays a draft; a balance that has changed since is looked at by the next push
 */
export function checkDraft(
  draft: StripeInvoice,
  balanceCents: number,
  { dueCents, currency }: InvoiceDocument,
): void {
  const toAskCents = Math.max(0, dueCents + balanceCents);
  // Stripe applies the balance when it finalizes; whether a draft's figure has it already is Stripe's matter.
  const isAsked = draft.askedCents === toAskCents || draft.askedCents === dueCents;
  if (isAsked && draft.balanceCents === balanceCents && draft.remainingCents === draft.askedCents) return;
  const inWords = (cents: number) => `${centsToDecimal(cents, currency)} ${currency}`;
  throw new ApiError('conflict', {
    detail: `Stripe would ask for ${inWords(draft.askedCents)} (${inWords(draft.remainingCents)} left, with a balance of ${inWords(draft.balanceCents)}), and we for ${inWords(toAskCents)}: ${draft.id} was not finalized. Look at it in Stripe’s dashboard, then push again.`,
  });
}
