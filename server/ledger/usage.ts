/** How reports about a call become its ledger row, and what the row adds to the day's usage. Pure. */
import { dayIn } from '../base/time-zone.ts';
import { type CostComponent, callKinds, costComponents } from '../contract.ts';
import type { CallRow } from '../store/calls.ts';
import type { CostColumns, UsageDailyTable } from '../store/schema.ts';
import type { CallCost, CallEvent } from './call-event.ts';

/** What one call adds to `usage_daily`, or takes away. */
export type UsageAmounts = Omit<UsageDailyTable, 'tenantId' | 'day' | 'assistantId'>;
export interface UsageEntry {
  day: string;
  assistantId: string;
  amounts: UsageAmounts;
}

/** A call moves only forward through these; any other status ranks as in progress. */
const statusRank: Record<string, number> = {
  scheduled: 0,
  queued: 0,
  ringing: 1,
  'in-progress': 2,
  forwarding: 3,
  ended: 4,
};
const rankOf = (status: string) => statusRank[status] ?? 2;

/** Whether the call rings or is in progress. */
export function isUnderWay({ status }: Pick<CallRow, 'status'>): boolean {
  return rankOf(status) >= rankOf('ringing') && rankOf(status) < rankOf('ended');
}

/** Whether no one has answered it yet. */
export function isRinging(row: Pick<CallRow, 'status'>): boolean {
  return isUnderWay(row) && rankOf(row.status) < rankOf('in-progress');
}

/**
 * The most that a call without a reported cost can have cost, at the worst-case rate: nothing if it was never
 * connected, or never reported as begun.
 * @returns micros; null when unknown, so that its whole reservation must stay
 */
export function worthOf(row: CallRow, worstCaseMicrosPerMinute: number): number | null {
  // A message has no length.
  if (row.type === callKinds.chat) return null;
  if (row.status !== 'ended') return rankOf(row.status) < rankOf('in-progress') ? 0 : null;
  return row.seconds === null ? null : Math.ceil((row.seconds * worstCaseMicrosPerMinute) / 60);
}

/** The row of a call that is reported for the first time, before anything is known about it. */
export function newCallRow(tenantId: string, event: CallEvent): CallRow {
  const costs = Object.fromEntries(costComponents.map((component) => [columnOf(component), null]));
  return {
    tenantId,
    id: event.callId,
    sessionId: null,
    type: event.type ?? callKinds.unknown,
    status: 'queued',
    accessMode: null,
    assistantId: event.assistantId,
    createdAt: event.createdAt ?? event.startedAt ?? event.asOf,
    startedAt: null,
    endedAt: null,
    seconds: null,
    endedReason: null,
    unwanted: null,
    costMicros: null,
    reportAsOf: null,
    costAsOf: null,
    timesSource: null,
    costSource: null,
    pollAt: null,
    pollAttempts: 0,
    reportedAt: null,
    goneAt: null,
    contentDeletedAt: null,
    dismissedAt: null,
    controlUrlSealed: null,
    usageDay: null,
    revision: 0,
    updatedAt: event.asOf,
    ...(costs as CostColumns<null>),
  };
}

/**
 * The row after the event. The same events give the same row in any order and number: states only move forward, a newer
 * report's figures beat an older one's, and a status update only fills what no report has set.
 */
export function applyEvent(row: CallRow, event: CallEvent, timeZone: string, nowMs: number): CallRow {
  const next: CallRow = { ...row, updatedAt: nowMs };
  // It decides the price: once known, only Vapi's API changes it.
  if (event.type && (row.type === callKinds.unknown || event.source !== 'webhook')) next.type = event.type;
  // Vapi's own time of creation; ours, from before its answer, was an estimate.
  if (event.createdAt !== null) next.createdAt = event.createdAt;
  next.assistantId ??= event.assistantId;
  if (event.status && rankOf(event.status) > rankOf(row.status)) next.status = event.status;
  if (event.kind === 'report' && (row.reportAsOf === null || event.asOf >= row.reportAsOf)) {
    next.startedAt = event.startedAt ?? row.startedAt;
    next.endedAt = event.endedAt ?? row.endedAt;
    next.endedReason = event.endedReason ?? row.endedReason;
    next.reportAsOf = event.asOf;
    next.timesSource = event.source;
  }
  next.endedReason ??= event.endedReason;
  if (event.cost && (row.costAsOf === null || event.asOf >= row.costAsOf)) {
    Object.assign(next, costColumnsOf(event.cost));
    next.costAsOf = event.asOf;
    next.costSource = event.source;
  }
  if (next.status === 'ended') {
    next.seconds = secondsOf(next);
    const began = next.startedAt ?? next.createdAt;
    // Kept as long as the start is the same: a new time zone moves no booked call.
    if (row.usageDay === null || began !== (row.startedAt ?? row.createdAt)) {
      next.usageDay = dayIn(timeZone, began);
    }
  }
  return next;
}

/** The row of a call that belongs to another tenant after all: no cost, no length, and no longer polled. */
export function voided(row: CallRow, nowMs: number): CallRow {
  const next = { ...row, goneAt: nowMs, pollAt: null, updatedAt: nowMs };
  return row.usageDay === null ? next : { ...next, seconds: 0, ...costColumnsOf(noCharge) };
}

/** What the row has in `usage_daily`; null while the call has not ended. */
export function usageOf(row: CallRow): UsageEntry | null {
  if (row.usageDay === null) return null;
  const amounts = {
    calls: 1,
    seconds: row.seconds ?? 0,
    costMicros: row.costMicros ?? 0,
    callsWithoutCost: row.costMicros === null ? 1 : 0,
  } as UsageAmounts;
  for (const component of costComponents) {
    const column = columnOf(component);
    amounts[column] = row[column] ?? 0;
  }
  return { day: row.usageDay, assistantId: row.assistantId ?? '', amounts };
}

/** The changes that bring `usage_daily` from one state of a call to the next; empty if nothing changed. */
export function usageChanges(before: UsageEntry | null, after: UsageEntry | null): UsageEntry[] {
  const sameKey = before && after && before.day === after.day && before.assistantId === after.assistantId;
  const changes = sameKey
    ? [{ ...after, amounts: combine(after.amounts, before.amounts, -1) }]
    : [
        ...(before ? [{ ...before, amounts: combine(null, before.amounts, -1) }] : []),
        ...(after ? [after] : []),
      ];
  return (
    changes
      .filter((change) => Object.values(change.amounts).some((amount) => amount !== 0))
      // Every transaction takes the day rows in the same order, so that no two deadlock.
      .sort((a, b) => (a.day === b.day ? compare(a.assistantId, b.assistantId) : compare(a.day, b.day)))
  );
}

const compare = (a: string, b: string) => (a < b ? -1 : a > b ? 1 : 0);

export function columnOf(component: CostComponent): `${CostComponent}Micros` {
  return `${component}Micros`;
}

const noCharge: CallCost = {
  totalMicros: 0,
  components: Object.fromEntries(costComponents.map((component) => [component, 0])) as CallCost['components'],
};

function combine(base: UsageAmounts | null, other: UsageAmounts, sign: 1 | -1): UsageAmounts {
  const keys = Object.keys(other) as (keyof UsageAmounts)[];
  // `+ 0` turns the -0 of "nothing subtracted" into 0.
  return Object.fromEntries(
    keys.map((key) => [key, (base?.[key] ?? 0) + sign * other[key] + 0]),
  ) as unknown as UsageAmounts;
}

function costColumnsOf(cost: CallCost): CostColumns<number> & { costMicros: number } {
  const columns = Object.fromEntries(
    costComponents.map((component) => [columnOf(component), cost.components[component]]),
  ) as CostColumns<number>;
  return { costMicros: cost.totalMicros, ...columns };
}

/** Twice Vapi's longest call: beyond it a time is wrong, and the length unknown. */
const maxSeconds = 86_400;

/** Rounded up to whole seconds. A call that ended without having started lasted 0. */
function secondsOf(row: CallRow): number | null {
  if (row.startedAt === null) return row.endedAt === null ? null : 0;
  if (row.endedAt === null) return null;
  const seconds = Math.max(0, Math.ceil((row.endedAt - row.startedAt) / 1000));
  return seconds > maxSeconds ? null : seconds;
}
