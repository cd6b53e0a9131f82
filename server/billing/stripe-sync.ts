/**
 * Takes over what has become of an invoice at Stripe. An event only says that something has changed: the state itself
 * is read from Stripe, so events may come late, twice or in any order.
 */
import { recordChange } from '../access/audit.ts';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import { findInvoiceById, type InvoiceRow } from '../store/invoices.ts';
import { findTenantById } from '../store/tenants.ts';
import { voidInvoice } from './invoicing.ts';
import { applyStripeStatus } from './stripe-push.ts';

const by = { actor: 'stripe', requestId: 'webhook' };

/** @returns the document, or null when the invoice is not one of ours */
export async function syncInvoice(ctx: Context, stripeId: string): Promise<InvoiceRow | null> {
  if (!ctx.stripe) return null;
  const invoice = await ctx.stripe.getInvoice(stripeId);
  const row = !invoice?.invoice ? null : await findInvoiceById(ctx.store, invoice.invoice);
  if (!invoice || !row || row.status === 'draft' || row.status === 'void') return row;
  // A duplicate that somebody voided by hand says nothing of the one that counts.
  if (row.stripeId !== null && row.stripeId !== stripeId) return row;
  if (invoice.status === 'void') await takeOverVoid(ctx, row);
  else await applyStripeStatus(ctx, row.id, invoice);
  const now = await findInvoiceById(ctx.store, row.id);
  if (now && now.status !== row.status) {
    const tenant = await findTenantById(ctx.store, row.tenantId);
    const before = { id: row.id, number: row.number, status: row.status };
    const change = {
      action: 'invoice.sync',
      tenant: tenant?.slug ?? null,
      before,
      after: { ...before, status: now.status },
    };
    await recordChange(ctx.store, { ...by, ...change }, ctx.now());
  }
  return now;
}

/** Where our own books do not allow it, the log says so and a person decides. */
async function takeOverVoid(ctx: Context, row: InvoiceRow): Promise<void> {
  const tenant = await findTenantById(ctx.store, row.tenantId);
  if (!tenant) return;
  try {
    await voidInvoice(ctx.store, tenant, row.id, by, ctx.now());
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    const facts = { invoice: row.id, tenant: tenant.slug, reason: error.message };
    ctx.log.warn(facts, 'void at Stripe, but not here: it needs a person');
  }
}
