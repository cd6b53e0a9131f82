/** Makes an org's sweeps frequent as soon as something happens there. */
import type { Store } from '../store/database.ts';
import { wakeSweep } from '../store/sweeps.ts';
import { sweepEveryMs } from './sweep-schedule.ts';

/** An org that is awake stays so for much longer: not each report of a call has to write. */
const onceInMs = 5 * 60_000;
const mostRemembered = 20_000;

/** @returns makes the org busy; returns at once, since no caller may wait for it */
export function createWaking(
  store: Store,
  now: () => number,
  background: (work: Promise<unknown>) => void,
): (orgId: string) => void {
  const wokenAt = new Map<string, number>();
  return (orgId) => {
    const at = now();
    if (at - (wokenAt.get(orgId) ?? Number.NEGATIVE_INFINITY) < onceInMs) return;
    if (wokenAt.size >= mostRemembered) wokenAt.clear();
    wokenAt.set(orgId, at);
    background(wakeSweep(store, orgId, at + sweepEveryMs.busy));
  };
}
