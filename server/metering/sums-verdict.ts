/** What Vapi's sums say about the ledger in a sweep, which comes again within minutes. Pure. */
import type { AssistantSum } from '../store/call-sums.ts';
import type { Tenant } from '../store/tenants.ts';
import type { CallSum } from '../vapi/analytics.ts';
import { whoseCall } from './assignment.ts';
import { tolerance } from './sums-agree.ts';

/**
 * `open`: every call is known, and their costs cannot be compared yet, because Vapi is still asked about some of them one
 * by one. `differs`: Vapi has calls or costs that the ledger has not, or has not shown a call that was reported.
 */
export type Verdict = 'agrees' | 'open' | 'differs';

/**
 * More lenient than `agreementOn`: a call in progress must not make a sweep read the lists of its whole day each time.
 * @param tenants all of the org
 * @param fromMs the period's start
 * @param ledger only of these tenants
 * @returns also how many ended calls have an assistant of no tenant; null when sums cannot show it
 */
export function verdictOn(
  tenants: Tenant[],
  fromMs: number,
  vapi: CallSum[],
  ledger: AssistantSum[],
): { verdict: Verdict; unassigned: number | null } {
  // A squad's calls are summed up under its members, or under none: they can be compared only all together.
  const haveSquads = tenants.some(({ squads }) => Object.keys(squads).length > 0);
  if (haveSquads) return { verdict: compare(vapi, ledger), unassigned: null };
  const verdicts = new Set<Verdict>();
  let unassigned = 0;
  let foreign = 0;
  for (const assistantId of new Set([...vapi, ...ledger].map((sum) => sum.assistantId))) {
    const isOf = (sum: { assistantId: string | null }) => sum.assistantId === assistantId;
    const theirs = vapi.filter(isOf);
    const ours = ledger.filter(isOf);
    if (ours.length === 0 && whoseCall({ assistantId, createdAt: fromMs }, tenants) === null) {
      unassigned += total(theirs.filter(({ isEnded }) => isEnded)).calls;
      foreign += total(theirs).calls;
    } else verdicts.add(compare(theirs, ours));
  }
  // Sums name no organization: if none of these calls is ours, only a list shows whether the key belongs to another one.
  if (foreign > 0 && ledger.length === 0) verdicts.add('differs');
  const verdict = (['differs', 'open'] as const).find((one) => verdicts.has(one)) ?? 'agrees';
  return { verdict, unassigned };
}

function compare(theirs: CallSum[], ours: AssistantSum[]): Verdict {
  const vapi = total(theirs);
  const ledger = total(ours);
  if (vapi.calls !== ledger.calls || ours.some(({ unconfirmed }) => unconfirmed > 0)) return 'differs';
  if (ours.some(({ open }) => open > 0)) return 'open';
  return Math.abs(vapi.costMicros - ledger.costMicros) > tolerance(ledger.calls) ? 'differs' : 'agrees';
}

function total(sums: { calls: number; costMicros: number }[]): { calls: number; costMicros: number } {
  const sum = { calls: 0, costMicros: 0 };
  for (const { calls, costMicros } of sums) {
    sum.calls += calls;
    sum.costMicros += costMicros;
  }
  return sum;
}
