/** What individual calls cost their tenant: as they were billed, else as they would be billed now. */
import { AmountTooLarge } from '../../base/money.ts';
import type { Queries } from '../../store/database.ts';
import { listBilledCalls } from '../../store/invoice-calls.ts';
import { listBilledMonths } from '../../store/invoices.ts';
import { monthOfDay } from '../plan/period.ts';
import { rateMonth } from './rated-month.ts';

/** A call, and the day on which the ledger books it; null while it is not booked. */
export interface LedgerEntry {
  id: string;
  usageDay: string | null;
}

/**
 * A price can depend on earlier calls (included minutes, tiers), so an unbilled month is rated as a whole.
 * @param month the tenant's current month: it will bill what earlier months still owe
 * @returns millionths of the plan's currency by call; a call that cannot be rated yet is missing
 */
export async function pricesOfCalls(
  db: Queries,
  tenantId: string,
  entries: LedgerEntry[],
  month: string,
): Promise<Map<string, number>> {
  const prices = new Map<string, number>();
  const add = (id: string, micros: number) => prices.set(id, (prices.get(id) ?? 0) + micros);
  const billed = await listBilledCalls(
    db,
    tenantId,
    entries.map(({ id }) => id),
  );
  for (const { callId, priceMicros } of billed) add(callId, priceMicros);
  const wanted = new Set(entries.map(({ id }) => id).filter((id) => !prices.has(id)));
  if (wanted.size === 0) return prices;
  const closed = new Set((await listBilledMonths(db, tenantId)).map((entry) => entry.month));
  const months = new Set<string>();
  for (const { id, usageDay } of entries) {
    if (!wanted.has(id) || usageDay === null) continue;
    const own = monthOfDay(usageDay);
    months.add(closed.has(own) ? month : own);
  }
  for (const one of months) {
    try {
      await rateMonth(db, tenantId, one, async (calls) => {
        for (const { callId, priceMicros } of calls) if (wanted.has(callId)) add(callId, priceMicros);
      });
    } catch (error) {
      // The preview reports the problem; a list of calls must still be shown.
      if (!(error instanceof AmountTooLarge)) throw error;
    }
  }
  return prices;
}
