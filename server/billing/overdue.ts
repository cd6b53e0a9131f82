/** Invoices past their day: marked, told, and where the tenant's account says so its calls are paused. */
import { recordChange } from '../access/audit.ts';
import { raiseNotice } from '../access/notices.ts';
import type { Context } from '../context.ts';
import {
  advanceInvoice,
  type InvoiceRow,
  leftToPayCents,
  listDue,
  markPausedFor,
} from '../store/invoices.ts';
import { findTenantById, lockTenant, setTenantStatus, type Tenant } from '../store/tenants.ts';
import { accountOf } from './reckoning.ts';
import { syncInvoice } from './stripe-sync.ts';

const by = { actor: 'billing', requestId: 'overdue' };
const dayMs = 86_400_000;

/** Safe to repeat and to run twice at once. A payment that Stripe has told in vain is asked for first. */
export async function sweepOverdue(ctx: Context): Promise<void> {
  let after: { dueAt: number; id: string } | null = null;
  for (;;) {
    const page: InvoiceRow[] = await listDue(ctx.store, ctx.now(), after, 100);
    for (const row of page) await sweepOne(ctx, row);
    const last = page.at(-1);
    if (!last) return;
    after = { dueAt: last.dueAt ?? 0, id: last.id };
  }
}

async function sweepOne(ctx: Context, due: InvoiceRow): Promise<void> {
  let row = due;
  if (ctx.stripe && row.stripeId && row.status === 'pushed') {
    try {
      row = (await syncInvoice(ctx, row.stripeId)) ?? row;
    } catch (error) {
      // Whether it is paid is not known: nobody is paused on a guess.
      ctx.log.warn({ err: error, invoice: row.id }, 'could not ask Stripe about an invoice');
      return;
    }
  }
  if (row.status === 'paid' || row.status === 'void') return;
  const tenant = await findTenantById(ctx.store, row.tenantId);
  if (!tenant) return;
  await ctx.store.transaction().execute(async (db) => {
    const dueCents = await leftToPayCents(db, row);
    if (dueCents === 0) return;
    const facts = { invoice: row.number, dueCents, currency: row.currency };
    await advanceInvoice(db, row.id, ['finalized', 'pushed'], { status: 'overdue' });
    await raiseNotice(db, tenant, 'invoice-overdue', row.number ?? row.id, facts, ctx.now());
    await pauseFor(ctx, db, tenant, row, facts);
  });
}

/** Once for an invoice: an operator who resumes the tenant is not overruled. */
async function pauseFor(
  ctx: Context,
  db: Parameters<typeof raiseNotice>[0],
  tenant: Tenant,
  row: InvoiceRow,
  facts: Record<string, unknown>,
): Promise<void> {
  const { pauseAfterOverdueDays: days } = await accountOf(db, tenant);
  // The slug of a deleted tenant may be another's by now.
  if (days === null || row.pausedAt !== null || tenant.deletedAt !== null) return;
  if (ctx.now() < (row.dueAt ?? 0) + days * dayMs) return;
  const current = await lockTenant(db, tenant.slug);
  if (!(await markPausedFor(db, row.id, ctx.now())) || current?.status !== 'active') return;
  await setTenantStatus(db, tenant.id, 'paused', ctx.now());
  await raiseNotice(db, tenant, 'paused-unpaid', row.number ?? row.id, facts, ctx.now());
  const change = { action: 'tenant.pause', tenant: tenant.slug, before: { status: 'active' } };
  await recordChange(db, { ...by, ...change, after: { status: 'paused', ...facts } }, ctx.now());
}
