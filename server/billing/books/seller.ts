/** Who issues the invoices, and the prefixes of their numbers. */

import { type Actor, recordChange } from '../../access/audit.ts';
import type { Seller } from '../../contract.ts';
import { type ApiError, conflict } from '../../errors.ts';
import { findSeller, saveSeller } from '../../store/billing-accounts.ts';
import type { Store } from '../../store/database.ts';
import { lockSeries } from '../../store/invoice-numbers.ts';
import { hasPrefix } from '../../store/invoices.ts';

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

function taken(what: string, prefix: string): ApiError {
  return conflict(`${what} have used the prefix ${prefix}: choose another.`);
}
