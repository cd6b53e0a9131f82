/** Whether Stripe can and would ask a client for the document's amount: checked before anything is created there. */
import { amountInWords } from '../../base/money.ts';
import type { InvoiceDocument } from '../../contract.ts';
import { conflict } from '../../errors.ts';
import type { StripeApi, StripeInvoice } from './stripe-api.ts';

/**
 * Stripe's minimum charge in the smallest units, from
 * https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts. Stripe marks a smaller invoice as `paid`
 * immediately and adds it to the next one. The minimum applies in the currency in which the account is paid out: a
 * charge in another one must be worth as much. `syncInvoice` detects that case, and unlisted currencies, afterwards.
 */
const leastCents: Record<string, number> = {
  ...{ usd: 50, aed: 200, aud: 50, bgn: 100, brl: 50, cad: 50, chf: 50, czk: 1500, dkk: 250, eur: 50 },
  ...{ gbp: 30, hkd: 400, huf: 17_500, inr: 50, jpy: 50, mxn: 1000, myr: 200, nok: 300, nzd: 50 },
  ...{ pln: 200, ron: 200, sek: 300, sgd: 50, thb: 1000 },
};

/** Eight digits, from the same page. */
const mostCents = 99_999_999;

/**
 * @param balanceCents the customer's balance at Stripe: added to the next invoice or, when negative, deducted from it
 * @throws ApiError `conflict`, saying what a person can do
 */
export async function checkAsked(
  stripe: StripeApi,
  customer: string,
  balanceCents: number,
  { dueCents, currency }: InvoiceDocument,
): Promise<void> {
  const inWords = (cents: number) => amountInWords(cents, currency);
  const foreignCents = dueCents > 0 ? await stripe.foreignDebtCents(customer, balanceCents) : 0;
  if (foreignCents > 0) {
    throw conflict(
      `Stripe would ask for ${inWords(foreignCents)} more than the invoice: ${customer} has that on its balance, but from none of our documents. Correct the balance in Stripe’s dashboard, then push again.`,
    );
  }
  const askedCents = dueCents > 0 ? dueCents + balanceCents : 0;
  const least = leastCents[currency] ?? 0;
  if (askedCents > 0 && askedCents < least) {
    throw conflict(
      `Stripe charges at least ${inWords(least)}, and ${inWords(askedCents)} would be due: collect it yourself and book it as paid, or issue a credit note.`,
    );
  }
  if (askedCents > mostCents) {
    throw conflict(
      `Stripe charges at most ${inWords(mostCents)}, and ${inWords(askedCents)} would be due: collect it yourself and book it as paid.`,
    );
  }
}

/**
 * Before finalizing, compares what Stripe will ask for with what was checked before the draft was created.
 * @param balanceCents the customer's balance at that time
 * @throws ApiError `conflict`: it stays a draft; the next push takes a changed balance into account
 */
export function checkDraft(
  draft: StripeInvoice,
  balanceCents: number,
  { dueCents, currency }: InvoiceDocument,
): void {
  const toAskCents = Math.max(0, dueCents + balanceCents);
  // Stripe applies the balance on finalizing; a draft's figure may or may not include it already.
  const isAsked = draft.askedCents === toAskCents || draft.askedCents === dueCents;
  if (isAsked && draft.balanceCents === balanceCents && draft.remainingCents === draft.askedCents) return;
  const inWords = (cents: number) => amountInWords(cents, currency);
  throw conflict(
    `Stripe would ask for ${inWords(draft.askedCents)} (${inWords(draft.remainingCents)} left, with a balance of ${inWords(draft.balanceCents)}), and we for ${inWords(toAskCents)}: ${draft.id} was not finalized. Check it in Stripe’s dashboard, then push again.`,
  );
}
