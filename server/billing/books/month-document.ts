/** A rated month as the tenant's document, with its account, seller and prepaid credit. Writes nothing. */
import type { BillingAccount, InvoiceDocument, Plan } from '../../contract.ts';
import { findBillingAccount, findSeller } from '../../store/billing-accounts.ts';
import { creditBalance } from '../../store/credits.ts';
import type { Queries } from '../../store/database.ts';
import type { Tenant } from '../../store/tenants.ts';
import type { RatedMonth } from '../month/rated-month.ts';
import { makeDocument } from './invoice-document.ts';

/** The tenant's account, or the defaults until one is set. */
export async function accountOf(db: Queries, tenant: Tenant): Promise<BillingAccount> {
  const stored = await findBillingAccount(db, tenant.id);
  return (
    stored?.account ?? {
      buyer: { name: tenant.name, address: [] },
      tax: null,
      dueDays: 14,
      collection: 'manual',
      pauseAfterOverdueDays: null,
    }
  );
}

/** @param callHashes absent for a draft */
export async function documentFor(
  db: Queries,
  tenant: Tenant,
  id: string,
  month: string,
  rated: RatedMonth,
  callHashes?: Map<string, string>,
): Promise<InvoiceDocument> {
  const plans = new Map<string, Plan>();
  for (const { id: planId, plan } of rated.versions) if (plan) plans.set(planId, plan);
  return makeDocument({
    id,
    tenant: tenant.slug,
    month,
    currency: rated.currency,
    lines: rated.lines,
    plans,
    account: await accountOf(db, tenant),
    seller: await findSeller(db),
    balanceCents: await creditBalance(db, tenant.id, rated.currency),
    ...(callHashes ? { callHashes } : {}),
  });
}
