import type { BillingAccount, Branding, Seller } from '../contract.ts';
import type { Queries } from './database.ts';

export interface StoredAccount {
  account: BillingAccount;
  stripeCustomerId: string | null;
}

export async function findBillingAccount(db: Queries, tenantId: string): Promise<StoredAccount | null> {
  const row = await db
    .selectFrom('billingAccounts')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .executeTakeFirst();
  if (!row) return null;
  return { account: JSON.parse(row.settings) as BillingAccount, stripeCustomerId: row.stripeCustomerId };
}

export async function saveBillingAccount(
  db: Queries,
  tenantId: string,
  account: BillingAccount,
  nowMs: number,
): Promise<void> {
  const settings = JSON.stringify(account);
  await db
    .insertInto('billingAccounts')
    .values({ tenantId, settings, stripeCustomerId: account.stripeCustomerId ?? null, updatedAt: nowMs })
    .onConflict((conflict) =>
      conflict.column('tenantId').doUpdateSet({
        settings,
        updatedAt: nowMs,
        ...(account.stripeCustomerId ? { stripeCustomerId: account.stripeCustomerId } : {}),
      }),
    )
    .execute();
}

/** Links the customer created at Stripe; an existing link stays. */
export async function linkStripeCustomer(db: Queries, tenantId: string, customerId: string): Promise<void> {
  await db
    .updateTable('billingAccounts')
    .set({ stripeCustomerId: customerId })
    .where('tenantId', '=', tenantId)
    .where('stripeCustomerId', 'is', null)
    .execute();
}

const operator = 'operator';

export async function findSeller(db: Queries): Promise<Seller | null> {
  const row = await db.selectFrom('sellers').select('settings').where('id', '=', operator).executeTakeFirst();
  return row ? (JSON.parse(row.settings) as Seller) : null;
}

export async function saveSeller(db: Queries, seller: Seller, nowMs: number): Promise<void> {
  const settings = JSON.stringify(seller);
  await db
    .insertInto('sellers')
    .values({ id: operator, settings, updatedAt: nowMs })
    .onConflict((conflict) => conflict.column('id').doUpdateSet({ settings, updatedAt: nowMs }))
    .execute();
}

/** How the operator looks to its clients. */
export async function brandingOf(db: Queries): Promise<Branding> {
  const seller = await findSeller(db);
  return {
    name: seller?.name ?? null,
    logoUrl: seller?.logoUrl ?? null,
    accentColor: seller?.accentColor ?? null,
  };
}
