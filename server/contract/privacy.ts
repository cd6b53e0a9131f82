/** A caller's data across all calls of a client, and who has read or heard which call. */
import { z } from 'zod';
import { visitorIdentitySchema } from './identity.ts';
import { leadStates, leadViewSchema } from './leads.ts';
import { callResultsSchema } from './results.ts';
import { cursorSchema, limitSchema, timeSchema } from './words.ts';

export const callReadKinds = ['transcript', 'recording', 'export', 'results', 'identity'] as const;
export type CallReadKind = (typeof callReadKinds)[number];

/** `GET /v1/tenants/{slug}/call-reads` */
export const callReadsQuerySchema = z.strictObject({
  call: z.string().max(100).optional().describe('Only of this call.'),
  cursor: cursorSchema,
  limit: limitSchema(200, 50),
});

export const callReadsAnswerSchema = z.object({
  reads: z.array(
    z.object({
      at: timeSchema.describe('The first time in that hour.'),
      call: z.string(),
      kind: z.enum(callReadKinds),
      actor: z.string().describe('`operator`, or the id of the API key, the person or the sign-in.'),
    }),
  ),
  nextCursor: z.string().nullable(),
  keptDays: z.int().nullable().describe('Days after which an entry is deleted (`KEEP_DAYS`); null = never.'),
});
export type CallReadsAnswer = z.infer<typeof callReadsAnswerSchema>;

const callerSchema = z
  .string()
  .min(3)
  .max(254)
  .describe('A phone number with its country code, or an e-mail address.');

/** `POST /v1/tenants/{slug}/callers/find` */
export const findCallerSchema = z.strictObject({
  caller: callerSchema,
  cursor: cursorSchema,
  limit: limitSchema(200, 50),
});

const foundCallSchema = z.object({
  id: z.string(),
  type: z.string(),
  createdAt: timeSchema,
  seconds: z.int().nullable().describe('Whole seconds, rounded up; null while unknown.'),
});
export const foundCallerSchema = z.object({
  calls: z.array(foundCallSchema).describe('Newest first; not those whose content is deleted.'),
  leads: z
    .array(z.object({ id: z.string(), at: timeSchema, state: z.enum(leadStates) }))
    .describe(
      'What the person left as a message, by the number or address as it was written; on the first page.',
    )
    .exactOptional(),
  nextCursor: z.string().nullable(),
  contentRetentionDays: z
    .int()
    .nullable()
    .describe("Days after which what was said is deleted anyway; null = Vapi's own retention."),
});
export type FoundCaller = z.infer<typeof foundCallerSchema>;

/** `POST /v1/tenants/{slug}/callers/erase` */
export const eraseCallerSchema = z.strictObject({
  caller: callerSchema,
  cursor: cursorSchema,
  limit: limitSchema(100, 100),
});

/** `POST /v1/tenants/{slug}/callers/export` */
export const callerRequestSchema = z.strictObject({ caller: callerSchema });

const values = z.record(z.string(), z.unknown()).nullable();
export const callerExportSchema = z.object({
  tenant: z.string(),
  caller: z.string(),
  exportedAt: timeSchema,
  leads: z.array(leadViewSchema).describe('For a client only while its `leads` are on.'),
  calls: z.array(
    foundCallSchema.extend({
      customer: values.describe('Number, name and e-mail address, as Vapi has them.'),
      variables: values.describe('Values that the page passed to the call.'),
      summary: z.string().nullable(),
      structuredData: z.unknown().describe('What the assistant’s analysis has extracted.'),
      results: callResultsSchema
        .nullable()
        .describe('What is kept here of its results, as far as the caller of this sees them.'),
      lines: z.array(
        z.object({ role: z.enum(['assistant', 'user']), text: z.string(), seconds: z.number().nullable() }),
      ),
      identity: visitorIdentitySchema.nullable().describe('Who it was, as the client’s site has signed it.'),
      feedback: z.object({ rating: z.string(), comment: z.string().nullable(), at: timeSchema }).nullable(),
      consent: z.object({ version: z.string(), at: timeSchema }).nullable(),
      problem: z.string().describe('Only when what was said could not be read.').exactOptional(),
    }),
  ),
});

export const erasedCallerSchema = z.object({
  deleted: z.array(z.string()).describe('Ids of the calls whose content is gone.'),
  deletedLeads: z.array(z.string()).describe('Ids of the leads that are gone.'),
  notYet: z
    .array(z.string())
    .describe(
      'Ids of the calls that are not deleted yet, because their cost is not booked or Vapi did not do it; ask again later.',
    ),
  nextCursor: z.string().nullable().describe('The `cursor` for further calls; null when there are none.'),
});
export type ErasedCaller = z.infer<typeof erasedCallerSchema>;
