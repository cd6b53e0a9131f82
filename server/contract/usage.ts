/** Usage and calls, for the operator and its clients. */
import { z } from 'zod';
import { endedClasses, endedClassSchema, resultFigures } from './results.ts';
import { ratings } from './visitor.ts';
import {
  accessModes,
  cursorSchema,
  daySchema,
  eventSources,
  instantSchema,
  limitSchema,
  timeSchema,
} from './words.ts';

/** The components of a call's cost. They sum to the total; `other` contains what Vapi's own rounding leaves over. */
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
/** Millionths of a US dollar each. */
export const costByComponentSchema = z.record(z.enum(costComponents), z.int());
export type CostByComponent = z.infer<typeof costByComponentSchema>;

export const usageGroupings = ['day', 'month', 'assistant', 'component'] as const;

/** `GET /v1/tenants/{slug}/usage`; `from` and `to` are days in the tenant's time zone, default the current month. */
export const usageQuerySchema = z.strictObject({
  from: daySchema.optional().describe('The first day; default the first of the current month.'),
  to: daySchema.optional().describe('The day after the last; default the first of the next month.'),
  by: z.enum(usageGroupings).default('day'),
});

export const usageRowSchema = z.object({
  key: z.string().describe('The day, month, assistant id or component, as asked by `by`.'),
  calls: z.int().describe('Absent when grouped by component.').exactOptional(),
  seconds: z.int().describe('Absent when grouped by component.').exactOptional(),
  costMicros: z
    .int()
    .describe("What Vapi charges the operator; absent for a client, who pays the plan's price.")
    .exactOptional(),
});
export type UsageRow = z.infer<typeof usageRowSchema>;
export const usageAnswerSchema = z.object({
  tenant: z.string(),
  from: z.string().describe("Days in the tenant's time zone, half-open."),
  to: z.string(),
  by: z.enum(usageGroupings),
  rows: z.array(usageRowSchema),
  total: z
    .object({
      calls: z.int(),
      seconds: z.int(),
      costMicros: z.int().exactOptional(),
      callsWithoutCost: z.int().exactOptional(),
    })
    .describe(
      '`costMicros` and `callsWithoutCost` (calls whose cost Vapi has not reported yet) are for the operator only.',
    ),
});
export type UsageAnswer = z.infer<typeof usageAnswerSchema>;

const pricesShape = {
  prices: z
    .literal('yes')
    .optional()
    .describe(
      'Adds `priceMicros`; a month that is not billed yet is rated for it, so ask for it only to show it.',
    ),
};
/** `GET /v1/tenants/{slug}/calls/{id}` */
export const callQuerySchema = z.strictObject(pricesShape);

const secondsSchema = z
  .string()
  .regex(/^\d{1,6}$/, 'use plain digits')
  .transform(Number)
  .pipe(z.int());

/** Of each list of calls. */
export const resultFilters = {
  endedClass: z.enum(endedClasses).optional().describe('How it ended, as in the answer.'),
  success: z.enum(['yes', 'no']).optional().describe('Whether its evaluation passed.'),
  outcome: z
    .enum(['yes', 'no'])
    .optional()
    .describe('Whether it counts as the outcome; not judged is neither.'),
  language: z
    .string()
    .regex(/^[A-Za-z0-9-]{2,30}$/, 'use a code such as de or en-US')
    .optional()
    .describe('Of the assistant’s ear, as in the answer: `de`, `en-US`.'),
  rating: z.enum(ratings).optional().describe('What the visitor said of it.'),
  minSeconds: secondsSchema.optional().describe('Leaves out shorter calls, and those of unknown length.'),
};
export type ResultFiltersQuery = z.infer<z.ZodObject<typeof resultFilters>>;

/** `GET /v1/tenants/{slug}/calls` */
export const callsQuerySchema = z.strictObject({
  from: instantSchema.optional().describe('By the calls’ creation; default the first.'),
  to: instantSchema.optional().describe('Before this; default up to now.'),
  assistantId: z.string().max(100).optional().describe('Of an assistant, or of a squad of the tenant.'),
  type: z
    .string()
    .max(40)
    .optional()
    .describe('`webCall`, `inboundPhoneCall`, `outboundPhoneCall`, `chat`, …'),
  status: z.string().max(40).optional(),
  ...resultFilters,
  ...pricesShape,
  cursor: cursorSchema,
  limit: limitSchema(200, 50),
});
export type CallsQuery = z.infer<typeof callsQuerySchema>;

/** Why a call in progress must not continue. */
export const unwantedReasons = ['paused', 'outdated', 'no-grant', 'no-room', 'used-up'] as const;
export type UnwantedReason = (typeof unwantedReasons)[number];

/** One row of the ledger. */
export const callViewSchema = z.object({
  id: z.string(),
  type: z.string(),
  status: z.string(),
  accessMode: z.enum(accessModes).nullable(),
  assistantId: z
    .string()
    .nullable()
    .describe('Of a squad’s call the squad’s id, if the squad is among the tenant’s assistants.'),
  createdAt: timeSchema,
  startedAt: timeSchema.nullable(),
  endedAt: timeSchema.nullable(),
  seconds: z.int().nullable().describe('Whole seconds, rounded up; null while unknown.'),
  endedReason: z.string().nullable(),
  endedClass: endedClassSchema.nullable(),
  unwanted: z
    .enum(unwantedReasons)
    .nullable()
    .describe(
      'Why this server ends it: `paused`, the tenant was; `outdated`, a pause came after its grant, or it began after its grant was given back; `no-grant`, a web call without one; `no-room`, a phone call for which the budget, the calls at once or the hours left no room; `used-up`, a phone call that has used up what was held for it. Null for calls that may continue.',
    ),
  costMicros: z
    .int()
    .nullable()
    .describe('Null while Vapi has not reported it (unknown is not zero), and always for a client.'),
  cost: costByComponentSchema.nullable(),
  priceMicros: z
    .int()
    .nullable()
    .exactOptional()
    .describe(
      'What the tenant pays, in millionths of its plan’s currency, as billed or as it would be billed now; null while unknown. Only when requested.',
    ),
  session: z
    .string()
    .nullable()
    .describe('The session that it came from; null for a call that this server did not start.'),
  timesSource: z
    .enum(eventSources)
    .nullable()
    .describe('Where the times were learned; `costSource`, the cost.'),
  costSource: z.enum(eventSources).nullable(),
  dismissedAt: timeSchema
    .nullable()
    .describe('When the operator dismissed it as one that Vapi never had; it counts for nothing.'),
  contentDeletedAt: timeSchema.nullable().describe('When transcript and recording were deleted.'),
  ...resultFigures,
});
export type CallView = z.infer<typeof callViewSchema>;
/** Figures that the call was booked with, in `GET …/calls/{id}` for the operator, oldest first. */
export const callRevisionSchema = z.object({
  at: timeSchema,
  source: z.enum(eventSources),
  seconds: z.int().nullable(),
  costMicros: z.int().nullable(),
});
export type CallRevision = z.infer<typeof callRevisionSchema>;
export const callsAnswerSchema = z.object({
  calls: z.array(callViewSchema),
  nextCursor: z.string().nullable(),
});
export type CallsAnswer = z.infer<typeof callsAnswerSchema>;

export const recordingStates = ['ready', 'not-ready', 'none'] as const;
export type RecordingState = (typeof recordingStates)[number];

/** `GET /v1/tenants/{slug}/calls/{id}/transcript`: fetched from Vapi at that moment, never kept here. */
export const transcriptAnswerSchema = z.object({
  lines: z
    .array(
      z.object({
        role: z.enum(['assistant', 'user']),
        text: z.string(),
        seconds: z.number().nullable(),
      }),
    )
    .describe("`seconds` from the call's start."),
  recording: z
    .boolean()
    .describe('Whether `GET …/recording` has a recording now. Absent if the caller may not hear it.')
    .exactOptional(),
  recordingState: z
    .enum(recordingStates)
    .describe(
      'Why it has or has not: `ready`; `not-ready` while the call is in progress and until Vapi has stored it, at most 15 minutes after the end; `none` when nothing was recorded or kept.',
    )
    .exactOptional(),
});
export type TranscriptAnswer = z.infer<typeof transcriptAnswerSchema>;

/**
 * `DELETE /v1/tenants/{slug}/calls/{id}/content`: what was said, and the comment of the feedback, of one call or of all
 * calls from that visitor's network. Cost, times and the rating remain.
 */
export const deleteContentSchema = z.strictObject({ of: z.enum(['call', 'visitor']).default('call') });

export const recordingChannels = ['mono', 'stereo'] as const;
export type RecordingChannels = (typeof recordingChannels)[number];

/** `GET /v1/tenants/{slug}/calls/{id}/recording` */
export const recordingQuerySchema = z.strictObject({
  channels: z
    .enum(recordingChannels)
    .default('mono')
    .describe('`mono`: both sides in one channel; `stereo`: one channel each.'),
  download: z.literal('yes').optional().describe('To be saved as a file instead of played.'),
});
