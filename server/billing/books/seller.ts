/** The two parties of the invoices: the seller, with the prefixes of its numbers, and a tenant's billing account. */
import { type Actor, recordChange } from '../../access/audit.ts';
import type { Context } from '../../context.ts';
import type { BillingAccount, Seller } from '../../contract.ts';
import { type ApiError, conflict } from '../../errors.ts';
import { findSeller, saveBillingAccount, saveSeller } from '../../store/billing-accounts.ts';
import type { Store } from '../../store/database.ts';
import { lockSeries } from '../../store/invoice-numbers.ts';
import { hasPrefix } from '../../store/invoices.ts';
import type { Tenant } from '../../store/tenants.ts';
import { accountOf } from './month-document.ts';

/**
 * Both series count from 1, so a shared prefix would produce the same number twice.
 * @throws ApiError `conflict` for a prefix that the other series has ever used
 */
export async function setSeller(store: Store, seller: Seller, by: Actor, nowMs: number): Promise<void> {
  await store.transaction().execute(async (db) => {
    await lockSeries(db);
    const { invoicePrefix, creditNotePrefix } = seller;
    if (await hasPrefix(db, 'credit-note', invoicePrefix)) throw taken('Credit notes', invoicePrefix);
    if (await hasPrefix(db, 'invoice', creditNotePrefix)) throw taken('Invoices', creditNotePrefix);
    const before = await findSeller(db);
    await saveSeller(db, seller, nowMs);
    const change = { action: 'seller.update', tenant: null, before, after: seller };
    await recordChange(db, { ...by, ...change }, nowMs);
  });
}

export async function setAccount(
  ctx: Context,
  tenant: Tenant,
  account: BillingAccount,
  by: Actor,
): Promise<void> {
  const now = ctx.now();
  await ctx.store.transaction().execute(async (db) => {
    const before = await accountOf(db, tenant);
    await saveBillingAccount(db, tenant.id, account, now);
    const change = { action: 'billing.update', tenant: tenant.slug, before, after: account };
    await recordChange(db, { ...by, ...change }, now);
  });
}

function taken(what: string, prefix: string): ApiError {
  return conflict(`${what} have used the prefix ${prefix}: choose another.`);
}
