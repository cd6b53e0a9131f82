/** Money that came, or for a credit note went, by another way than Stripe. */

import { type Actor, recordChange } from '../../access/audit.ts';
import { ApiError } from '../../errors.ts';
import { advanceInvoice, type InvoiceRow } from '../../store/invoices.ts';
import type { Tenant } from '../../store/tenants.ts';
import { withInvoice } from '../books/invoicing.ts';
import { resumeSettled } from '../books/unpaid-pause.ts';
import type { BillingContext } from './billing-context.ts';
import { closeAtStripe } from './stripe-withdraw.ts';

const open: InvoiceRow['status'][] = ['finalized', 'pushed', 'overdue'];

/**
 * Books a document as paid, and closes it at Stripe, so that nobody pays it there again. Safe to repeat for an invoice.
 * @throws ApiError `conflict` when there is nothing to pay, `stripe_unavailable`: call it again
 */
export async function bookPaid(
  ctx: BillingContext,
  tenant: Tenant,
  row: InvoiceRow,
  by: Actor,
): Promise<InvoiceRow> {
  if (row.status === 'paid' && row.dueCents > 0) {
    // What a push that died has left there.
    await closeAtStripe(ctx, row);
    return row;
  }
  if (!open.includes(row.status)) throw new ApiError('conflict', { detail: `It is ${row.status}.` });
  await closeAtStripe(ctx, row);
  const paid = await withInvoice(ctx.store, tenant, row.id, async (db, current) => {
    // Stripe may have told of it before we got here.
    if (current.status !== 'paid') {
      if (!open.includes(current.status))
        throw new ApiError('conflict', { detail: `It is ${current.status}.` });
      await advanceInvoice(db, row.id, open, { status: 'paid', paidAt: ctx.now() });
    }
    const before = { id: row.id, number: row.number, status: row.status };
    const change = {
      action: 'invoice.paid',
      tenant: tenant.slug,
      before,
      after: { ...before, status: 'paid' },
    };
    await recordChange(db, { ...by, ...change }, ctx.now());
    return { ...current, status: 'paid' as const };
  });
  // A push that was under way when this began.
  await closeAtStripe(ctx, paid);
  await resumeSettled(ctx, tenant.id);
  return paid;
}
