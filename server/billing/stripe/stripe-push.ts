/**
 * Pushes a frozen invoice to Stripe, step by step: look first, then create, then read back. It may be killed after any
 * step and restarted immediately or days later: what exists is found and not created again.
 */
import { type Actor, recordChange } from '../../access/audit.ts';
import { dayMs } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { BillingAccount, InvoiceDocument } from '../../contract.ts';
import { ApiError, conflict } from '../../errors.ts';
import { findBillingAccount, linkStripeCustomer } from '../../store/billing-accounts.ts';
import { findInvoice, type InvoiceRow } from '../../store/invoices.ts';
import type { Tenant } from '../../store/tenants.ts';
import { accountOf } from '../books/month-document.ts';
import { documentOf } from '../books/views.ts';
import type { BillingContext } from './billing-context.ts';
import { type StripeApi, type StripeInvoice, stripeFailure } from './stripe-api.ts';
import { type Push, pushCredit } from './stripe-credit.ts';
import { checkAsked, checkDraft } from './stripe-limits.ts';
import { checkTotal, putLines } from './stripe-lines.ts';
import { findOrMake, makeOnce } from './stripe-once.ts';
import { applyStripeStatus, syncInvoice } from './stripe-sync.ts';
import { advancePush, checkCounts, findAtStripe } from './stripe-withdraw.ts';

const hourMs = 3_600_000;

/**
 * @returns the document after the push; one that needs no payment is left as it is
 * @throws ApiError `conflict` when it is a draft, is collected outside Stripe, or Stripe's figures differ from ours;
 *   `stripe_unavailable` when Stripe fails (safe to retry)
 */
export async function pushInvoice(
  ctx: BillingContext,
  tenant: Tenant,
  invoiceId: string,
  by: Actor,
): Promise<InvoiceRow> {
  const { store, stripe } = ctx;
  if (!stripe) throw conflict('STRIPE_SECRET_KEY is not set.');
  const row = await findInvoice(store, tenant.id, invoiceId);
  if (!row) throw new ApiError('not_found');
  if (row.pushedAt !== null || row.status === 'paid') return row;
  if (row.status !== 'finalized' && row.status !== 'overdue') {
    throw conflict(`The document is ${row.status}.`);
  }
  const account = await accountOf(store, tenant);
  if (account.collection === 'manual') throw conflict('The tenant’s invoices are collected outside Stripe.');
  try {
    const customer = await customerOf(ctx, stripe, tenant, account);
    const push = { ctx, stripe, row, document: documentOf(row), customer: customer.id };
    if (push.document.dueCents < 0) await pushCredit(push);
    else await pushPayable(push, customer.balanceCents, account.collection);
  } catch (error) {
    // Stripe may have refused because it was voided in the meantime.
    if (!(error instanceof ApiError)) await checkCounts(ctx, row);
    throw stripeFailure(error);
  }
  const pushed = (await findInvoice(store, tenant.id, invoiceId)) ?? row;
  const after = { id: row.id, number: row.number, stripeId: pushed.stripeId };
  const change = { action: 'invoice.push', tenant: tenant.slug, before: null, after };
  await recordChange(store, { ...by, ...change }, ctx.now());
  return pushed;
}

/**
 * The tenant's customer at Stripe, updated with its account's current name and address.
 * @throws ApiError `conflict` when invoices are sent by e-mail and there is no address
 */
async function customerOf(
  ctx: Context,
  stripe: StripeApi,
  tenant: Tenant,
  { buyer, collection }: BillingAccount,
): Promise<{ id: string; balanceCents: number }> {
  const linked = async () => (await findBillingAccount(ctx.store, tenant.id))?.stripeCustomerId ?? null;
  let customer = await linked();
  if (customer === null) {
    const made = await findOrMake(
      ctx.store,
      `${tenant.id}-customer`,
      () => stripe.findCustomer(tenant.id),
      (key) => stripe.createCustomer(tenant.id, key),
    );
    await linkStripeCustomer(ctx.store, tenant.id, made);
    // The operator may have linked another one in the meantime.
    customer = (await linked()) ?? made;
  }
  const { email, balanceCents } = await stripe.updateCustomer(customer, buyer);
  if (collection === 'send' && !email) {
    throw conflict(`${customer} has no e-mail address to send invoices to.`);
  }
  return { id: customer, balanceCents };
}

async function pushPayable(push: Push, balanceCents: number, collection: 'send' | 'charge'): Promise<void> {
  const { ctx, stripe, row, document, customer } = push;
  const { id } = row;
  const earlier = await findUsable(push, collection);
  if (!earlier || earlier.status === 'draft') await checkAsked(stripe, customer, balanceCents, document);
  await advancePush(ctx, row, { stripeCustomerId: customer, collection });
  let invoice =
    earlier ??
    (await findOrMake(
      ctx.store,
      `${id}-create`,
      () => stripe.findInvoice(customer, id),
      (key) =>
        stripe.createInvoice(
          {
            ...{ id, customer, collection },
            number: document.number ?? '',
            taxId: document.buyer.taxId ?? null,
            taxReason: document.tax?.reason ?? null,
            currency: document.currency,
            dueAt: dueAtStripe(document, ctx.now()),
            sha256: row.sha256 ?? '',
          },
          key,
        ),
    ));
  const stripeId = invoice.id;
  await advancePush(ctx, row, { stripeId });
  if (invoice.status === 'draft') {
    const draft = await putLines(ctx.store, stripe, stripeId, document);
    if (draft?.status === 'draft') checkDraft(draft, balanceCents, document);
    invoice = await makeOnce(
      ctx.store,
      `${stripeId}-finalize`,
      async () => {
        const now = await stripe.getInvoice(stripeId);
        return now?.status === 'draft' ? null : now;
      },
      (key) => stripe.finalizeInvoice(stripeId, collection, key),
    );
  }
  checkTotal(invoice, document);
  await checkCounts(ctx, row);
  // If killed in between, it may be sent twice, but is always sent.
  if (invoice.collection === 'send' && invoice.status === 'open') {
    await makeOnce(
      ctx.store,
      `${stripeId}-send`,
      async () => null,
      (key) => stripe.sendInvoice(stripeId, key),
    );
  }
  await advancePush(ctx, row, { status: 'pushed', pushedAt: ctx.now() });
  await applyStripeStatus(ctx, row, invoice);
}

/**
 * What an earlier push has left at Stripe. A draft that is no longer right, because the operator has linked another
 * customer or changed the collection, or its due date has passed, is deleted.
 * @throws ApiError `conflict` when it is void there, or open for another customer: a person must decide
 */
async function findUsable(
  { ctx, stripe, row, customer }: Push,
  collection: 'send' | 'charge',
): Promise<StripeInvoice | null> {
  const invoice = await findAtStripe(stripe, row);
  if (!invoice) return null;
  if (invoice.status === 'void') {
    await syncInvoice(ctx, invoice.id);
    throw conflict('The invoice is void at Stripe.');
  }
  if (invoice.status !== 'draft') {
    if (invoice.customer === customer) return invoice;
    throw conflict(`Stripe has the invoice for ${invoice.customer}: void it here, and bill the month again.`);
  }
  const late = invoice.dueAt !== null && invoice.dueAt * 1000 <= ctx.now();
  if (invoice.customer === customer && invoice.collection === collection && !late) return invoice;
  await stripe.deleteDraft(invoice.id);
  return null;
}

/**
 * The frozen due time while it is in the future. Stripe accepts no past one: then the client gets the same number of
 * days, counted from the next midnight, so that two concurrent pushes send the same.
 * @returns epoch seconds
 */
function dueAtStripe({ issuedAt, dueAt }: InvoiceDocument, nowMs: number): number {
  const due = Date.parse(dueAt ?? '');
  const term = due - Date.parse(issuedAt ?? '');
  const counted = due > nowMs + hourMs ? due : (Math.floor(nowMs / dayMs) + 1) * dayMs + term;
  return Math.floor(counted / 1000);
}
