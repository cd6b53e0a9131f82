/** Usage and calls, for the operator and its clients. */
import { z } from 'zod';
import type { AccessMode, EventSource } from './words.ts';

/** The parts of a call's cost. They sum to the total; `other` carries what Vapi's own rounding leaves over. */
export const costComponents = [
  'transport',
  'stt',
  'llm',
  'tts',
  'vapi',
  'analysis',
  'knowledgeBase',
  'other',
] as const;
export type CostComponent = (typeof costComponents)[number];
export type CostByComponent = Record<CostComponent, number>;

export const usageGroupings = ['day', 'month', 'assistant', 'component'] as const;

const instant = z.iso.datetime({ offset: true }).or(z.iso.date());

/** `GET /v1/tenants/{slug}/usage`; `from` and `to` are days in the tenant's time zone, default the current month. */
export const usageQuerySchema = z.strictObject({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  by: z.enum(usageGroupings).default('day'),
});

export interface UsageRow {
  /** The day, month, assistant id or component, as asked by `by`. */
  key: string;
  /** Absent when grouped by component. */
  calls?: number;
  /** Absent when grouped by component. */
  seconds?: number;
  /** What Vapi charges the operator; absent for a client, who pays the plan's price. */
  costMicros?: number;
}
export interface UsageAnswer {
  tenant: string;
  /** Days in the tenant's time zone, half-open. */
  from: string;
  to: string;
  by: (typeof usageGroupings)[number];
  rows: UsageRow[];
  /** `costMicros` and `callsWithoutCost` (calls whose cost Vapi has not told yet) are for the operator only. */
  total: { calls: number; seconds: number; costMicros?: number; callsWithoutCost?: number };
}

/** `GET /v1/tenants/{slug}/calls` */
export const callsQuerySchema = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  assistantId: z.string().max(100).optional(),
  /** `webCall`, `inboundPhoneCall`, `outboundPhoneCall`, `chat`, … */
  type: z.string().max(40).optional(),
  status: z.string().max(40).optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
export type CallsQuery = z.infer<typeof callsQuerySchema>;

/** One row of the ledger. */
export interface CallView {
  id: string;
  type: string;
  status: string;
  accessMode: AccessMode | null;
  assistantId: string | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** Whole seconds, rounded up; null while unknown. */
  seconds: number | null;
  endedReason: string | null;
  /** Null while Vapi has not told it (unknown is not zero), and always for a client. */
  costMicros: number | null;
  cost: CostByComponent | null;
  /** The session that it came from; null for a call that we did not start. */
  session: string | null;
  /** Where the times, and the cost, were learnt. */
  timesSource: EventSource | null;
  costSource: EventSource | null;
  /** Since when transcript and recording are deleted. */
  contentDeletedAt: string | null;
}
/** Figures that the call was booked with, in `GET …/calls/{id}` for the operator, oldest first. */
export interface CallRevision {
  at: string;
  source: EventSource;
  seconds: number | null;
  costMicros: number | null;
}
export interface CallsAnswer {
  calls: CallView[];
  nextCursor: string | null;
}

/** `GET /v1/tenants/{slug}/calls/{id}/transcript`: fetched from Vapi at that moment, never kept here. */
export interface TranscriptAnswer {
  /** `seconds` from the call's start. */
  lines: { role: 'assistant' | 'user'; text: string; seconds: number | null }[];
  /** Whether `GET …/recording` has something to give. */
  recording: boolean;
}

/** `DELETE /v1/tenants/{slug}/calls/{id}/content`: what was said, of one call or of all calls from that visitor's network. */
export const deleteContentSchema = z.strictObject({ of: z.enum(['call', 'visitor']).default('call') });
