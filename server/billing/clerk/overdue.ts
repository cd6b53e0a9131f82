/** Overdue invoices: marked, reported, and the tenant's calls paused where its account says so. */
import { aboutInvoice, raiseNotice } from '../../access/notices/notices.ts';
import {
  advanceInvoice,
  type InvoiceRow,
  leftToPayCents,
  listDue,
  lockInvoice,
} from '../../store/invoices.ts';
import { findTenantById } from '../../store/tenants.ts';
import { endOverdue, pauseUnpaid, resumeAllSettled } from '../books/unpaid-pause.ts';
import type { BillingContext } from '../stripe/billing-context.ts';
import type { StripeInvoice } from '../stripe/stripe-api.ts';
import { dueMsOf, leftAtStripe, syncInvoice } from '../stripe/stripe-sync.ts';

/** Safe to repeat and to run concurrently. Asks Stripe first, in case a payment event was missed. */
export async function sweepOverdue(ctx: BillingContext): Promise<void> {
  let after: { dueAt: number; id: string } | null = null;
  for (;;) {
    const page: InvoiceRow[] = await listDue(ctx.store, ctx.now(), after, 100);
    for (const row of page) await sweepOne(ctx, row);
    const last = page.at(-1);
    if (!last) break;
    after = { dueAt: last.dueAt ?? 0, id: last.id };
  }
  await resumeAllSettled(ctx);
}

async function sweepOne(ctx: BillingContext, due: InvoiceRow): Promise<void> {
  const since =
    due.pushedAt === null ? { dueMs: due.dueAt ?? 0, invoice: null } : await overdueSince(ctx, due);
  const tenant = await findTenantById(ctx.store, due.tenantId);
  if (!tenant || since === null) return;
  const { dueMs, invoice } = since;
  await ctx.store.transaction().execute(async (db) => {
    const row = await lockInvoice(db, due.id);
    if (!row || row.status === 'paid' || row.status === 'void') return;
    const leftCents = await leftToPayCents(db, row);
    if (leftCents === 0) return endOverdue(db, row);
    const dueCents = invoice ? leftAtStripe(leftCents, invoice) : leftCents;
    await advanceInvoice(db, row.id, ['finalized'], { status: 'overdue' });
    const about = aboutInvoice(row, dueCents);
    await raiseNotice(db, tenant, { kind: 'invoice-overdue', ...about }, ctx.now());
    await pauseUnpaid(db, tenant, row, { dueMs, about, nowMs: ctx.now() });
  });
}

/** When an invoice became overdue at Stripe, in epoch milliseconds; null when it is not, or that is not known. */
async function overdueSince(
  ctx: BillingContext,
  due: InvoiceRow,
): Promise<{ dueMs: number; invoice: StripeInvoice } | null> {
  if (!ctx.stripe || !due.stripeId) return null;
  try {
    const { row, invoice } = await syncInvoice(ctx, due.stripeId);
    const owed = row?.status === 'overdue' && row.strayedAt === null;
    return owed && invoice && invoice.payment !== 'pending'
      ? { dueMs: dueMsOf(row, invoice), invoice }
      : null;
  } catch (error) {
    // It is not known whether it is paid: no one is paused on a guess.
    ctx.log.warn({ err: error, invoice: due.id }, 'could not ask Stripe about an invoice');
    return null;
  }
}
