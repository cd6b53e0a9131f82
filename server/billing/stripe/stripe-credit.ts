/** Pushes credit notes to Stripe. */
import type { Context } from '../../context.ts';
import type { InvoiceDocument } from '../../contract.ts';
import { conflict } from '../../errors.ts';
import { insertCredit } from '../../store/credits.ts';
import type { Queries } from '../../store/database.ts';
import { advanceInvoice, findInvoiceById, type InvoiceRow, listCorrections } from '../../store/invoices.ts';
import { lockBilling } from '../../store/tenant-locks.ts';
import type { BillingContext } from './billing-context.ts';
import type { StripeApi, StripeCredit, StripeInvoice } from './stripe-api.ts';
import { findOrMake } from './stripe-once.ts';
import { syncInvoice } from './stripe-sync.ts';
import { advancePush, checkCounts, findAtStripe } from './stripe-withdraw.ts';

/** A document on its way to Stripe. */
export interface Push {
  ctx: BillingContext;
  stripe: StripeApi;
  row: InvoiceRow;
  document: InvoiceDocument;
  /** Stripe's id of the one it is for. */
  customer: string;
}

/**
 * An invoice that is open at Stripe is itself reduced by a credit note there. Any excess, and a credit on a paid
 * invoice, reduces the customer's next invoices: Stripe applies the balance only to those.
 * Where Stripe no longer collects the invoice, what prepaid credit paid of it is returned to our prepaid credit.
 * @throws ApiError `conflict` while the invoice that it corrects has yet to be pushed
 */
export async function pushCredit(push: Push): Promise<void> {
  const { ctx, stripe, row, document, customer } = push;
  const corrected = row.correctsId === null ? null : await findInvoiceById(ctx.store, row.correctsId);
  if (corrected && isOnItsWay(corrected)) {
    throw conflict(`${corrected.number} is not at Stripe yet: push it first.`);
  }
  const invoice = corrected && (await findAtStripe(stripe, corrected));
  // Another customer may have been linked since an interrupted push.
  const payer = (await hasEntry(stripe, row)) ? (row.stripeCustomerId ?? customer) : customer;
  await advancePush(ctx, row, { stripeCustomerId: payer });
  const note = invoice && (await lower(push, invoice));
  const restCents = -document.dueCents - (note?.amountCents ?? 0);
  // Of an unpaid invoice that Stripe no longer collects (void, uncollectible, deleted) only what credit paid is owed.
  const collected =
    !corrected || corrected.status === 'paid' || invoice?.status === 'open' || invoice?.status === 'paid';
  const change = {
    amountCents: -restCents,
    currency: document.currency,
    description: `Credit note ${document.number}`,
  };
  const entry =
    restCents > 0 && collected
      ? await findOrMake(
          ctx.store,
          `${row.id}-credit`,
          async () => (await stripe.listBalanceEntries(payer, row.id))[0] ?? null,
          (key) => stripe.changeBalance(payer, row.id, change, key),
        )
      : null;
  const paidCents = corrected && invoice && !collected ? await paidThere(ctx, stripe, corrected, invoice) : 0;
  const now = ctx.now();
  const stripeId = (note ?? entry)?.id ?? null;
  const done = await ctx.store.transaction().execute(async (db) => {
    await lockBilling(db, row.tenantId);
    const settled = { status: 'paid', stripeId, pushedAt: now, paidAt: now } as const;
    if (!(await advanceInvoice(db, row.id, ['finalized', 'overdue'], settled))) return false;
    if (corrected && !collected) await returnPrepaid(db, row, { corrected, paidCents, now });
    return true;
  });
  if (!done) await checkCounts(ctx, row);
  if (invoice) await syncInvoice(ctx, invoice.id);
}

/**
 * What credit notes credit beyond the unpaid amount had been paid from prepaid credit, and is returned to it. An
 * earlier note that was booked as paid was refunded in full by hand.
 * @param invoice `paidCents` from the customer's balance at Stripe
 */
async function returnPrepaid(
  db: Queries,
  row: InvoiceRow,
  { corrected, paidCents, now }: { corrected: InvoiceRow; paidCents: number; now: number },
): Promise<void> {
  const before = (await listCorrections(db, corrected.id))
    .filter(({ id, status }) => id !== row.id && status === 'paid')
    .sort((a, b) => (a.paidAt ?? 0) - (b.paidAt ?? 0));
  let creditedCents = 0;
  let givenCents = 0;
  const beyond = (note: InvoiceRow) => {
    creditedCents -= note.dueCents;
    return Math.max(0, creditedCents - (corrected.dueCents - paidCents) - givenCents);
  };
  for (const note of before) {
    const cents = beyond(note);
    givenCents += note.pushedAt === null ? -note.dueCents : cents;
  }
  const amountCents = beyond(row);
  if (amountCents === 0) return;
  const { id: invoiceId, tenantId, currency, number } = row;
  await insertCredit(db, {
    ...{ tenantId, currency, amountCents, invoiceId },
    ...{ at: now, kind: 'returned', note: number ?? '' },
  });
}

/** Only for an uncollectible invoice; for a void one Stripe itself restores the customer's balance. */
async function paidThere(
  ctx: Context,
  stripe: StripeApi,
  corrected: InvoiceRow,
  invoice: StripeInvoice,
): Promise<number> {
  if (invoice.status !== 'uncollectible') return 0;
  let paidCents = invoice.totalCents - invoice.remainingCents;
  for (const { id } of await listCorrections(ctx.store, corrected.id)) {
    paidCents -= (await stripe.findCreditNote(invoice.id, id))?.amountCents ?? 0;
  }
  return Math.max(0, paidCents);
}

/** To be paid at Stripe, but not there yet. */
function isOnItsWay({ status, pushedAt, strayedAt }: InvoiceRow): boolean {
  return pushedAt === null && strayedAt === null && status !== 'paid';
}

async function hasEntry(stripe: StripeApi, { id, stripeCustomerId }: InvoiceRow): Promise<boolean> {
  return stripeCustomerId !== null && (await stripe.listBalanceEntries(stripeCustomerId, id)).length > 0;
}

/** @returns Stripe's credit note on the invoice, created now or before; null when there is nothing to reduce */
async function lower(
  { ctx, stripe, row, document }: Push,
  invoice: StripeInvoice,
): Promise<StripeCredit | null> {
  const made = () => stripe.findCreditNote(invoice.id, row.id);
  const amountCents = invoice.status === 'open' ? Math.min(-document.dueCents, invoice.remainingCents) : 0;
  if (amountCents === 0) return made();
  const note = { amountCents, memo: `Credit note ${document.number}` };
  return findOrMake(ctx.store, `${row.id}-credit-note`, made, (key) =>
    stripe.createCreditNote(invoice.id, row.id, note, key),
  );
}
