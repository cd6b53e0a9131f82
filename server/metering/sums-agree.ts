/** Whether the ledger and Vapi's sums of a period agree, so that no list has to be read. Pure. */
import type { CallTotals } from '../contract.ts';
import type { AssistantSum } from '../store/call-sums.ts';
import type { Tenant } from '../store/tenants.ts';
import type { CallSum } from '../vapi/analytics.ts';
import { whoseCall } from './assignment.ts';

export interface Agreement {
  /** Ended calls in Vapi's books, by the tenant's id; not of those that have none. */
  books: Map<string, CallTotals>;
  /** Ended calls with an assistant of no tenant. */
  unassigned: CallTotals;
}

/**
 * Vapi adds up unrounded dollars, the ledger micros rounded once per call: the sums differ by at most half a micro per call,
 * and one more for the rounding of Vapi's sum. The number of calls must be the same, so no call is hidden; a correction that
 * is smaller, or offset by others of the same assistant, is found by the list of changed calls.
 */
export const tolerance = (calls: number) => calls / 2 + 1;

/**
 * @param tenants all of the org
 * @param fromMs the period's start
 * @param ledger only of these tenants
 * @returns null when a list must be read: something differs, or a call is in progress, in doubt, without a cost, not
 *   confirmed, or may be a squad's
 */
export function agreementOn(
  tenants: Tenant[],
  fromMs: number,
  vapi: CallSum[],
  ledger: AssistantSum[],
): Agreement | null {
  if (ledger.some(({ unsettled }) => unsettled > 0)) return null;
  const unassigned: CallTotals = { calls: 0, costMicros: 0 };
  // Vapi adds up by assistant, and a squad's calls under one of its members or under none: only a list shows whose they are.
  const haveSquads = tenants.some(({ squads }) => Object.keys(squads).length > 0);
  let agreed = 0;
  let foreign = 0;
  for (const assistantId of new Set([...vapi, ...ledger].map((sum) => sum.assistantId))) {
    const isOf = (sum: { assistantId: string | null }) => sum.assistantId === assistantId;
    const atVapi = vapi.filter(isOf);
    const theirs = add(atVapi);
    const ours = add(ledger.filter(isOf));
    if (ours.calls === 0 && whoseCall({ assistantId, createdAt: fromMs }, tenants) === null) {
      if (haveSquads && theirs.calls > 0) return null;
      const { calls, costMicros } = add(atVapi.filter(({ isEnded }) => isEnded));
      unassigned.calls += calls;
      unassigned.costMicros += costMicros;
      foreign += theirs.calls;
      continue;
    }
    if (theirs.calls !== ours.calls || atVapi.some(({ isEnded, calls }) => !isEnded && calls > 0))
      return null;
    if (Math.abs(theirs.costMicros - ours.costMicros) > tolerance(ours.calls)) return null;
    agreed += ours.calls;
  }
  // Sums name no organization: if none of these calls is ours, only a list shows whether the key belongs to another one.
  if (foreign > 0 && agreed === 0) return null;
  const books = new Map<string, CallTotals>();
  for (const { tenantId } of ledger)
    books.set(tenantId, add(ledger.filter((sum) => sum.tenantId === tenantId)));
  return { books, unassigned };
}

function add(sums: CallTotals[]): CallTotals {
  return sums.reduce(
    (total, { calls, costMicros }) => ({
      calls: total.calls + calls,
      costMicros: total.costMicros + costMicros,
    }),
    { calls: 0, costMicros: 0 },
  );
}
