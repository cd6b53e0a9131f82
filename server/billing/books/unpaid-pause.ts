/** Pauses a tenant's calls for an unpaid invoice, and resumes them once it is settled. */
import { recordChange } from '../../access/audit.ts';
import { raiseNotice } from '../../access/notices/notices.ts';
import type { Context } from '../../context.ts';
import type { Queries } from '../../store/database.ts';
import {
  advanceInvoice,
  type InvoiceRow,
  leftToPayCents,
  listPausedFor,
  markPausedFor,
} from '../../store/invoices.ts';
import {
  findTenantById,
  listPausedUnpaid,
  lockTenant,
  setTenantStatus,
  type Tenant,
} from '../../store/tenants.ts';
import { accountOf } from './month-document.ts';

const by = { actor: 'billing', requestId: 'overdue' };
const dayMs = 86_400_000;

/**
 * Once for an invoice: an operator who resumes the tenant is not overruled.
 * @param dueMs from when the days of the account's grace count
 * @param facts for the notice and the audit log
 */
export async function pauseUnpaid(
  db: Queries,
  tenant: Tenant,
  row: InvoiceRow,
  dueMs: number,
  facts: Record<string, unknown>,
  nowMs: number,
): Promise<void> {
  const { pauseAfterOverdueDays: days } = await accountOf(db, tenant);
  if (days === null || row.pausedAt !== null || nowMs < dueMs + days * dayMs) return;
  const current = await lockTenant(db, tenant.slug);
  // The slug of a deleted tenant may be another's by now.
  if (current?.id !== tenant.id) return;
  if (!(await markPausedFor(db, row.id, nowMs)) || current.status !== 'active') return;
  await setTenantStatus(db, tenant.id, 'paused', nowMs, nowMs);
  await raiseNotice(db, tenant, 'paused-unpaid', row.number ?? row.id, facts, nowMs);
  const change = { action: 'tenant.pause', tenant: tenant.slug, before: { status: 'active' } };
  await recordChange(db, { ...by, ...change, after: { status: 'paused', ...facts } }, nowMs);
}

/** After the loss of a process between a payment and what follows from it. */
export async function resumeAllSettled(ctx: Context): Promise<void> {
  for (const id of await listPausedUnpaid(ctx.store)) await resumeSettled(ctx, id);
}

/**
 * Ends a pause that was made by unpaid invoices alone, when none of them is left to pay. A person's pause stays, and so
 * does one for an invoice that became due meanwhile.
 */
export async function resumeSettled(ctx: Context, tenantId: string): Promise<void> {
  const tenant = await findTenantById(ctx.store, tenantId);
  if (!tenant || tenant.pausedUnpaidAt === null) return;
  await ctx.store.transaction().execute(async (db) => {
    const current = await lockTenant(db, tenant.slug);
    if (current?.id !== tenantId || current.pausedUnpaidAt === null) return;
    const now = ctx.now();
    const paused = await listPausedFor(db, tenantId, current.pausedUnpaidAt);
    for (const row of paused) if ((await leftToPayCents(db, row)) > 0) return;
    await setTenantStatus(db, tenantId, 'active', now);
    const since = new Date(current.pausedUnpaidAt).toISOString();
    await raiseNotice(db, tenant, 'resumed-paid', since, { since }, now);
    const change = { action: 'tenant.resume', tenant: tenant.slug, before: { status: 'paused', since } };
    await recordChange(db, { ...by, ...change, after: { status: 'active' } }, now);
  });
}

/** What credit notes have taken back whole is not overdue. Void one of them, and the next sweep says so again. */
export async function endOverdue(db: Queries, row: InvoiceRow): Promise<void> {
  if (row.status !== 'overdue' || (await leftToPayCents(db, row)) > 0) return;
  await advanceInvoice(db, row.id, ['overdue'], { status: row.pushedAt === null ? 'finalized' : 'pushed' });
}
