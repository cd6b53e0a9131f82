/** When Vapi is asked about a call that it has not fully reported. Pure. */
import type { CallRow } from '../store/calls.ts';

const seconds = 1000;
const minutes = 60 * seconds;
const hours = 60 * minutes;

/** Pauses between requests; after the last one only the sweep looks at the call again. */
const pauses = [30 * seconds, 2 * minutes, 10 * minutes, hours, 6 * hours, 24 * hours];
/** A report usually follows the end within 15 s (vapi-facts 3.1). */
const firstAfterEnd = 20 * seconds;
/** For calls whose end is not known: Vapi's default maximum is 10 minutes. */
const firstWhileLive = 15 * minutes;
/** For one that must not continue: to see whether it has ended, and if not, to try again. */
const firstWhileUnwanted = 10 * seconds;

/**
 * @param isUnwanted whether the call is in progress and must be ended, or may have to be
 * @returns epoch milliseconds, or null when nothing is missing or the call is given up
 */
export function nextPollAfter(
  before: CallRow,
  after: CallRow,
  nowMs: number,
  isUnwanted: boolean,
): number | null {
  if (after.status === 'ended') {
    // A booked call is asked about only while a webhook about it is in doubt.
    if (after.costMicros !== null) return before.costMicros === null ? null : after.pollAt;
    return before.status === 'ended' ? after.pollAt : nowMs + firstAfterEnd;
  }
  if (isUnwanted && after.pollAttempts === 0)
    return Math.min(after.pollAt ?? nowMs + firstWhileUnwanted, nowMs + firstWhileUnwanted);
  return after.pollAt ?? (after.pollAttempts === 0 ? nowMs + firstWhileLive : null);
}

/** @param attempts how often it was asked before this time */
export function retryPollAt(attempts: number, nowMs: number): number | null {
  const pause = pauses[attempts];
  return pause === undefined ? null : nowMs + pause;
}
