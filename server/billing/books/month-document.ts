/** A rated month as the tenant's document, with its account, seller, prepaid credit and wallet. Writes nothing. */
import type { BillingAccount, InvoiceDocument } from '../../contract.ts';
import { findBillingAccount, findSeller } from '../../store/billing-accounts.ts';
import { creditBalance } from '../../store/credits.ts';
import type { Queries } from '../../store/database.ts';
import type { Tenant } from '../../store/tenants.ts';
import type { RatedMonth } from '../month/rated-month.ts';
import { type DocumentInput, makeDocument } from './invoice-document.ts';
import { payableCents } from './wallet-payment.ts';

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

/** @param frozen without an id for a document that is only shown; without hashes for a draft */
export async function documentFor(
  db: Queries,
  tenant: Tenant,
  { month, currency, lines, versions }: RatedMonth,
  frozen: Pick<DocumentInput, 'callHashes'> & { id?: string } = {},
): Promise<InvoiceDocument> {
  return makeDocument({
    id: '',
    ...frozen,
    ...{ tenant: tenant.slug, timeZone: tenant.timeZone, month, currency, lines },
    plans: new Map(versions.flatMap(({ id, plan }) => (plan ? [[id, plan]] : []))),
    account: await accountOf(db, tenant),
    seller: await findSeller(db),
    balanceCents:
      (await creditBalance(db, tenant.id, currency)) +
      (await payableCents(db, tenant.id, { month, currency })),
    isPaidIntoWallet: tenant.walletOn === 1,
  });
}
