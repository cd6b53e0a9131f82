/** The ledger's calls, page by page, in the form that rating needs. */
import { setImmediate as otherWork } from 'node:timers/promises';
import { type CostByComponent, costComponents } from '../../contract.ts';
import { channelOf } from '../../ledger/channel.ts';
import { columnOf } from '../../ledger/usage.ts';
import type { Queries } from '../../store/database.ts';
import { type LedgerCall, type LedgerPage, readLedger } from '../../store/invoice-calls.ts';
import { monthPeriod } from '../plan/period.ts';
import type { BillableCall } from '../plan/price.ts';

/** Rows in memory at once. */
const pageSize = 2000;

/** @param read reads one page */
export async function* pagesOfCalls(
  read: (page: LedgerPage) => Promise<LedgerCall[]>,
): AsyncGenerator<BillableCall[]> {
  let after: LedgerPage['after'] = null;
  for (;;) {
    const rows: LedgerCall[] = await read({ after, limit: pageSize });
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
  const which = { ...monthPeriod(month), withBilled };
  return pagesOfCalls((page) => readLedger(db, tenantId, which, page));
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
