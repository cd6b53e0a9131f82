/** Prepaid credit booked by the operator: payments received elsewhere, and corrections of wrong bookings. */
import { type Actor, recordChange } from '../../access/audit.ts';
import { amountInWords } from '../../base/money.ts';
import type { Context } from '../../context.ts';
import type { BookCredit } from '../../contract.ts';
import { conflict } from '../../errors.ts';
import { type Credit, creditBalance, findReferenced, insertCredit } from '../../store/credits.ts';
import type { Queries } from '../../store/database.ts';
import { listPlanVersions } from '../../store/plans.ts';
import { lockBilling } from '../../store/tenant-locks.ts';
import type { Tenant } from '../../store/tenants.ts';
import { currencyOf } from '../plan/plan.ts';

/**
 * A negative amount reverses a top-up, up to what no invoice has used. A repeated reference changes nothing: a caller
 * that missed the answer can ask again.
 * @returns the balance, in the smallest units of the currency
 * @throws ApiError `conflict` without a plan (which sets the currency), for more than is unused, and for a reference
 *   that was booked with a different amount or note
 */
export async function bookCredit(
  ctx: Context,
  tenant: Tenant,
  { amountCents, note, reference }: BookCredit,
  by: Actor,
): Promise<{ currency: string; balanceCents: number }> {
  const at = ctx.now();
  return ctx.store.transaction().execute(async (db) => {
    await lockBilling(db, tenant.id);
    const currency = currencyOf(await listPlanVersions(db, tenant.id));
    if (!currency) throw conflict('The tenant has no plan, and so no currency.');
    const kind = amountCents < 0 ? 'correction' : 'top-up';
    const entry = { tenantId: tenant.id, at, kind, currency, amountCents, invoiceId: null, note } as const;
    // The wrongly booked payment has the same reference; its correction is a separate entry.
    const name = reference && kind === 'correction' ? `correction ${reference}` : reference;
    const isNew = await insertCredit(db, entry, name);
    if (!isNew && name) await checkSame(db, entry, name);
    const balanceCents = await creditBalance(db, tenant.id, currency);
    if (isNew && balanceCents < 0) {
      const unused = amountInWords(balanceCents - amountCents, currency);
      throw conflict(`Only ${unused} of the credit is unused.`);
    }
    if (isNew) {
      const after = { amountCents, currency, note };
      const action = kind === 'correction' ? 'credit.correct' : 'credit.top-up';
      await recordChange(db, { ...by, action, tenant: tenant.slug, before: null, after }, at);
    }
    return { currency, balanceCents };
  });
}

/** Otherwise a second payment with the same reference would be dropped silently. */
async function checkSame(
  db: Queries,
  { tenantId, amountCents, note }: Pick<Credit, 'tenantId' | 'amountCents' | 'note'>,
  reference: string,
): Promise<void> {
  const before = await findReferenced(db, tenantId, reference);
  if (!before || (before.amountCents === amountCents && before.note === note)) return;
  const booked = amountInWords(before.amountCents, before.currency);
  const detail = `${booked} is already booked with this reference${before.note ? ` and the note “${before.note}”` : ''}.`;
  throw conflict(detail);
}
