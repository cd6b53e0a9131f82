/** What Vapi's call object shows of its recording. Pure. */
import { z } from 'zod';
import type { RecordingChannels } from '../contract.ts';
import { optionalTime, toMs, type VapiCall } from './call-record.ts';

export interface RecordingNotes {
  callId: string;
  /** Addresses that need no key. Anyone who has one can listen: none is stored, logged or passed on. */
  signed: Record<RecordingChannels, string | null>;
  /** Epoch milliseconds until which they are valid; null when Vapi does not say. */
  signedUntil: number | null;
  /** Whether nothing can have been recorded: no one came, or the assistant is set not to. */
  isUnrecorded: boolean;
  /** Epoch milliseconds; null while the call is in progress. */
  endedAt: number | null;
}

const link = z
  .url({ protocol: /^https?$/ })
  .nullish()
  .catch(null);
const planned = z
  .looseObject({
    artifactPlan: z
      .looseObject({ recordingEnabled: z.boolean().nullish().catch(null) })
      .nullish()
      .catch(null),
  })
  .nullish()
  .catch(null);
// The stable names (`recordingUrl` and its like) are not read: they point into a private bucket and cannot be fetched.
const callSchema = z.looseObject({
  artifact: z
    .looseObject({ presignedMonoUrl: link, presignedStereoUrl: link, presignedUrlsExpiresAt: optionalTime })
    .nullish()
    .catch(null),
  assistant: planned,
  assistantOverrides: planned,
  updatedAt: optionalTime,
});

export function readRecordingNotes(call: VapiCall): RecordingNotes {
  const { artifact, assistant, assistantOverrides, updatedAt } = callSchema.parse(call);
  const enabled =
    assistantOverrides?.artifactPlan?.recordingEnabled ?? assistant?.artifactPlan?.recordingEnabled ?? true;
  const ended = call.status === 'ended';
  return {
    callId: call.id,
    signed: { mono: artifact?.presignedMonoUrl ?? null, stereo: artifact?.presignedStereoUrl ?? null },
    signedUntil: toMs(artifact?.presignedUrlsExpiresAt),
    isUnrecorded: !enabled || (ended && !call.startedAt),
    endedAt: ended ? toMs(call.endedAt ?? updatedAt ?? call.createdAt) : null,
  };
}

/** How long after a call's end Vapi may still be storing its recording. */
const uploadWithinMs = 15 * 60_000;

/**
 * What it means that Vapi has no recording of a call at the moment.
 * @param nowMs epoch milliseconds
 */
export function whyMissing({ isUnrecorded, endedAt }: RecordingNotes, nowMs: number): 'not-ready' | 'none' {
  if (isUnrecorded) return 'none';
  return endedAt === null || nowMs - endedAt < uploadWithinMs ? 'not-ready' : 'none';
}

/** With an address that is about to expire, a player's next request would fail. */
const signedLeadMs = 60_000;

/** @returns the address that needs no key, if it is valid for another minute; else null */
export function freshAddress(
  { signed, signedUntil }: RecordingNotes,
  channels: RecordingChannels,
  nowMs: number,
): string | null {
  return signedUntil !== null && signedUntil - nowMs > signedLeadMs ? signed[channels] : null;
}
