/** Finds where an org's recent calls differ from the ledger: hour by hour, by their sums. */
import { createHash } from 'node:crypto';
import type { Org } from '../access/tenants/orgs.ts';
import type { Context } from '../context.ts';
import { type AssistantSum, sumByAssistant } from '../store/call-sums.ts';
import { saveProgress } from '../store/sweeps.ts';
import type { CallSum } from '../vapi/analytics.ts';
import type { CallsApi } from '../vapi/calls-api.ts';
import { reconcileOrg } from './reconcile.ts';
import type { Period } from './sums.ts';
import { verdictOn } from './sums-verdict.ts';

export const hourMs = 3_600_000;
/** Sums may be late: an hour is listed only this long after its end. What is newer is in the list of changed calls. */
const settledAfterMs = hourMs / 4;

/** @returns the end of the last hour that a comparison at that time has included */
export const comparedTo = (atMs: number): number => Math.floor((atMs - settledAfterMs) / hourMs) * hourMs;

/**
 * Lists the calls of hours that differ, by creation. One that still differs after that, for instance by a call that another
 * client has claimed, is not listed again until it differs in another way.
 * @param seen the hours that differed before, and how
 * @returns false when Vapi has given no sums
 */
export async function compareHours(
  ctx: Context,
  api: CallsApi,
  org: Org,
  period: Period,
  seen: Record<string, string>,
): Promise<boolean> {
  const ids = org.tenants.map(({ id }) => id);
  const ledgerOf = ({ from, to }: Period) => sumByAssistant(ctx.store, ids, from, to);
  const hours = hoursOf(period);
  const sums = await api.sum(hours);
  if (sums === null) return false;
  const differing: { hour: Period; vapi: CallSum[]; before: string }[] = [];
  for (const [index, hour] of hours.entries()) {
    if (hour.to > period.to - settledAfterMs) continue;
    const vapi = sums[index] ?? [];
    const ledger = await ledgerOf(hour);
    if (verdictOn(org.tenants, hour.from, vapi, ledger).verdict === 'differs')
      differing.push({ hour, vapi, before: digest(vapi, ledger) });
  }
  const toList = differing.filter(({ hour, before }) => seen[hour.from] !== before).map(({ hour }) => hour);
  const after: Record<string, string> = {};
  for (const { hour, before } of differing) if (seen[hour.from] === before) after[hour.from] = before;
  const save = (hoursAt: { hoursAt?: number }) =>
    saveProgress(ctx.store, org.orgId, { hoursSeen: JSON.stringify(after), ...hoursAt });
  for (const part of joined(toList)) {
    await reconcileOrg(ctx, api, org, part, { callByCall: true });
    for (const { hour, vapi } of differing)
      if (hour.from >= part.from && hour.to <= part.to) after[hour.from] = digest(vapi, await ledgerOf(hour));
    // A turn that ends here continues with the next part.
    await save({});
  }
  await save({ hoursAt: period.to });
  return true;
}

/** Whole hours of the clock; the first and last only as far as they are in the period. */
function hoursOf({ from, to }: Period): Period[] {
  const hours: Period[] = [];
  for (let start = from; start < to; ) {
    const end = Math.min(to, (Math.floor(start / hourMs) + 1) * hourMs);
    hours.push({ from: start, to: end });
    start = end;
  }
  return hours;
}

/** Up to six adjacent hours become one list. */
function joined(hours: Period[]): Period[] {
  const parts: Period[] = [];
  for (const hour of hours) {
    const last = parts.at(-1);
    if (last?.to === hour.from && hour.to - last.from <= 6 * hourMs) last.to = hour.to;
    else parts.push({ ...hour });
  }
  return parts;
}

function digest(vapi: CallSum[], ledger: AssistantSum[]): string {
  const sorted = (sums: object[]) => sums.map((sum) => JSON.stringify(Object.entries(sum).sort())).sort();
  const text = JSON.stringify([sorted(vapi), sorted(ledger)]);
  return createHash('sha256').update(text).digest('base64url').slice(0, 16);
}
