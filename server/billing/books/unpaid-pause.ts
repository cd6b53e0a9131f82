/** Pauses a tenant's calls for an unpaid invoice, and resumes them once it is settled. */
import { recordChange } from '../../access/audit.ts';
import { type aboutInvoice, raiseNotice } from '../../access/notices/notices.ts';
import { iso } from '../../base/iso.ts';
import { dayMs } from '../../base/time-zone.ts';
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

/**
 * Pauses once for each invoice, so that an operator who resumes the tenant is not overruled.
 * @param overdue `dueMs` is when the account's grace days start; what it is about is for the notice and the audit log
 */
export async function pauseUnpaid(
  db: Queries,
  tenant: Tenant,
  row: InvoiceRow,
  { dueMs, about, nowMs }: { dueMs: number; about: ReturnType<typeof aboutInvoice>; nowMs: number },
): Promise<void> {
  const { pauseAfterOverdueDays: days } = await accountOf(db, tenant);
  if (days === null || row.pausedAt !== null || nowMs < dueMs + days * dayMs) return;
  const current = await lockTenant(db, tenant.slug);
  // A deleted tenant's slug may belong to another tenant by now.
  if (current?.id !== tenant.id) return;
  if (!(await markPausedFor(db, row.id, nowMs)) || current.status !== 'active') return;
  await setTenantStatus(db, tenant.id, 'paused', nowMs, nowMs);
  await raiseNotice(db, tenant, { kind: 'paused-unpaid', ...about }, nowMs);
  const change = { action: 'tenant.pause', tenant: tenant.slug, before: { status: 'active' } };
  await recordChange(db, { ...by, ...change, after: { status: 'paused', ...about.data } }, nowMs);
}

/** Catches up when a process was killed between a payment and its consequences. */
export async function resumeAllSettled(ctx: Context): Promise<void> {
  for (const id of await listPausedUnpaid(ctx.store)) await resumeSettled(ctx, id);
}

/**
 * Ends a pause that was caused by unpaid invoices alone, once all of them are settled. A pause set by a person stays,
 * and so does one for an invoice that has become due since.
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
    const since = iso(current.pausedUnpaidAt);
    await raiseNotice(db, tenant, { kind: 'resumed-paid', period: since, data: { since } }, now);
    const change = { action: 'tenant.resume', tenant: tenant.slug, before: { status: 'paused', since } };
    await recordChange(db, { ...by, ...change, after: { status: 'active' } }, now);
  });
}

/** A fully credited invoice is not overdue. When one of its notes is voided, the next sweep marks it again. */
export async function endOverdue(db: Queries, row: InvoiceRow): Promise<void> {
  if (row.status !== 'overdue' || (await leftToPayCents(db, row)) > 0) return;
  await advanceInvoice(db, row.id, ['overdue'], { status: row.pushedAt === null ? 'finalized' : 'pushed' });
}
