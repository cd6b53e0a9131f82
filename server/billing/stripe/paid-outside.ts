/** Money received outside Stripe or, for a credit note, paid out outside it. */
import { type Actor, recordChange } from '../../access/audit.ts';
import { conflict } from '../../errors.ts';
import { advanceInvoice, type InvoiceRow } from '../../store/invoices.ts';
import type { Tenant } from '../../store/tenants.ts';
import { withInvoice } from '../books/invoicing.ts';
import { resumeSettled } from '../books/unpaid-pause.ts';
import type { BillingContext } from './billing-context.ts';
import { closeAtStripe } from './stripe-withdraw.ts';

const open: InvoiceRow['status'][] = ['finalized', 'pushed', 'overdue'];

/**
 * Books a document as paid and closes it at Stripe, so that it is not paid there again. Safe to repeat for an invoice.
 * @throws ApiError `conflict` when there is nothing to pay, `stripe_unavailable` (safe to retry)
 */
export async function bookPaid(
  ctx: BillingContext,
  tenant: Tenant,
  row: InvoiceRow,
  by: Actor,
): Promise<InvoiceRow> {
  if (row.status === 'paid' && row.dueCents > 0) {
    // An interrupted push may have left it there.
    await closeAtStripe(ctx, row);
    return row;
  }
  if (!open.includes(row.status)) throw conflict(`The document is ${row.status}.`);
  await closeAtStripe(ctx, row);
  const paid = await withInvoice(ctx, tenant, row.id, async (db, current) => {
    // Stripe may have reported it first.
    if (current.status !== 'paid') {
      if (!open.includes(current.status)) throw conflict(`The document is ${current.status}.`);
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
  // In case a push was in progress when this began.
  await closeAtStripe(ctx, paid);
  await resumeSettled(ctx, tenant.id);
  return paid;
}
