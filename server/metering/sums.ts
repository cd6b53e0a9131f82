/** Compares the sums of days, which takes one small request, before any list is read. */
import type { Org } from '../access/tenants/orgs.ts';
import { dayMs } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import { sumByAssistant } from '../store/call-sums.ts';
import type { CallsApi } from '../vapi/calls-api.ts';
import { type Agreement, agreementOn } from './sums-agree.ts';

/** Half-open, epoch milliseconds. */
export interface Period {
  from: number;
  to: number;
}

export interface ComparedSums {
  /** Of the days on which the ledger and Vapi's sums agree. */
  agreements: Agreement[];
  /** The rest of the period: adjacent days together. */
  toList: Period[];
}

/** The whole period must be listed when Vapi gives no sums. */
export async function compareSums(
  ctx: Context,
  api: CallsApi,
  { tenants }: Org,
  period: Period,
): Promise<ComparedSums> {
  const days = daysOf(period);
  const sums = await api.sum(days);
  if (sums === null) return { agreements: [], toList: [period] };
  const ids = tenants.map(({ id }) => id);
  const agreements: Agreement[] = [];
  const toList: Period[] = [];
  for (const [index, day] of days.entries()) {
    const ledger = await sumByAssistant(ctx.store, ids, day.from, day.to);
    const agreement = agreementOn(tenants, day.from, sums[index] ?? [], ledger);
    const last = toList.at(-1);
    if (agreement) agreements.push(agreement);
    else if (last?.to === day.from) last.to = day.to;
    else toList.push({ ...day });
  }
  return { agreements, toList };
}

/** UTC days; the first and last only as far as they are in the period. */
function daysOf({ from, to }: Period): Period[] {
  const days: Period[] = [];
  for (let start = from; start < to; ) {
    const end = Math.min(to, (Math.floor(start / dayMs) + 1) * dayMs);
    days.push({ from: start, to: end });
    start = end;
  }
  return days;
}
