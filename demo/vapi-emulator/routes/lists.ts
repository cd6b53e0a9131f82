/** Filters, order and pages of the list endpoints (vapi-facts 4.3). */
import type { Call, World } from '../world.ts';

interface Timed {
  createdAt: number;
  updatedAt: number;
}

const comparisons = {
  Gt: (a: number, b: number) => a > b,
  Lt: (a: number, b: number) => a < b,
  Ge: (a: number, b: number) => a >= b,
  Le: (a: number, b: number) => a <= b,
};

/** Whether an entry passes all of the query's eight time filters. */
export function passesTimes(thing: Timed, query: Record<string, unknown>): boolean {
  for (const field of ['createdAt', 'updatedAt'] as const) {
    for (const [suffix, holds] of Object.entries(comparisons)) {
      const bound = query[field + suffix];
      if (bound !== undefined && !holds(thing[field], Date.parse(String(bound)))) return false;
    }
  }
  return true;
}

/** Newest first; equal times are ordered by id, so that pages never overlap. */
export const newestFirst = (a: Call, b: Call): number =>
  b.createdAt - a.createdAt || (a.id < b.id ? 1 : a.id > b.id ? -1 : 0);

export interface CallFilter {
  id?: string | undefined;
  assistantId?: string | undefined;
  phoneNumberId?: string | undefined;
}

/** The org's calls that match a query, newest first. */
export function findCalls(world: World, orgId: string, query: CallFilter & Record<string, unknown>): Call[] {
  return [...world.calls.values()]
    .filter(
      (call) =>
        call.orgId === orgId &&
        !call.dataDeleted &&
        (query.id === undefined || call.id === query.id) &&
        (query.assistantId === undefined || call.assistantId === query.assistantId) &&
        (query.phoneNumberId === undefined || call.snapshot.phoneNumberId === query.phoneNumberId) &&
        passesTimes(call, query),
    )
    .sort(newestFirst);
}

/** Seconds; 0 while there is no end. */
export const durationOf = (call: Call): number =>
  call.startedAt === undefined || call.endedAt === undefined ? 0 : (call.endedAt - call.startedAt) / 1000;

/** US dollars as the API shows them; 0 while unknown. */
export const shownCost = (call: Call): number => (call.costShown ? (call.cost?.cost ?? 0) : 0);
