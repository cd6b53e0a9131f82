/** The ledger's calls, page by page, in the form that rating needs. */
import { setImmediate as otherWork } from 'node:timers/promises';
import { type CostByComponent, costComponents } from '../../contract.ts';
import { channelOf } from '../../ledger/channel.ts';
import { columnOf } from '../../ledger/usage.ts';
import type { Queries } from '../../store/database.ts';
import { type LedgerCall, type LedgerPosition, readLedger } from '../../store/invoice-calls.ts';
import { monthPeriod } from '../plan/period.ts';
import type { BillableCall } from '../plan/price.ts';

/** Rows in memory at once. */
const pageSize = 2000;

/** @param read reads one page after a position */
export async function* pagesOfCalls(
  read: (after: LedgerPosition | null, limit: number) => Promise<LedgerCall[]>,
): AsyncGenerator<BillableCall[]> {
  let after: LedgerPosition | null = null;
  for (;;) {
    const rows: LedgerCall[] = await read(after, pageSize);
    if (rows.length === 0) return;
    const calls = rows.map(toBillable);
    yield calls;
    // SQLite answers synchronously, so without this a long month would block every request.
    await otherWork();
    const last = calls.at(-1);
    if (!last || rows.length < pageSize) return;
    after = last;
  }
}

/** As `readLedger`, of one month. */
export function pagesOfMonth(
  db: Queries,
  tenantId: string,
  month: string,
  withBilled: boolean,
): AsyncGenerator<BillableCall[]> {
  const days = monthPeriod(month);
  return pagesOfCalls((after, limit) => readLedger(db, tenantId, days, after, limit, withBilled));
}

function toBillable(row: LedgerCall): BillableCall {
  const cost = {} as CostByComponent;
  for (const component of costComponents) cost[component] = row[columnOf(component)] ?? 0;
  return {
    id: row.id,
    day: row.usageDay ?? '',
    createdAt: row.createdAt,
    channel: channelOf(row.type),
    seconds: row.seconds,
    costMicros: row.costMicros,
    cost: row.costMicros === null ? null : cost,
  };
}
