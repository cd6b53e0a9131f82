/**
 * Which webhooks must be confirmed by Vapi before, or after, they count: anyone who can read a tenant's webhook token
 * can forge one, and the tenant pays for what it says. Pure.
 */
import type { CallRow } from '../store/calls.ts';
import { usageChanges, usageOf } from './usage.ts';

/** Vapi's reports follow the end within seconds; its retries, and reports during our downtime, within minutes. */
const reportWithinMs = 3_600_000;

/**
 * @param before the current row
 * @param after the row as the webhook would make it
 * @returns `take`: book it; `take-and-ask`: also ask Vapi, since nothing booked can be lost; `ask`: keep what is booked
 *   until Vapi has answered
 */
export function doubtOf(before: CallRow, after: CallRow, nowMs: number): 'take' | 'take-and-ask' | 'ask' {
  if (usageChanges(usageOf(before), usageOf(after)).length === 0) return 'take';
  const endedAt = before.endedAt ?? after.endedAt ?? after.createdAt;
  const isLate = nowMs - endedAt > reportWithinMs;
  if (before.costMicros === null) return isLate && after.costMicros !== null ? 'take-and-ask' : 'take';
  const isLess = (after.costMicros ?? 0) < before.costMicros || (after.seconds ?? 0) < (before.seconds ?? 0);
  return isLate || isLess ? 'ask' : 'take';
}
