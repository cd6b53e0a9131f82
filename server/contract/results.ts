/** What a call achieved: which results of it are kept, and how they are shown. */
import { z } from 'zod';
import { lineSchema } from './words.ts';

/** How a call ended, in the words that a client understands. */
export const endedClasses = [
  'talked',
  'hung-up',
  'missed',
  'failed',
  'refused',
  'transferred',
  'voicemail',
] as const;
export type EndedClass = (typeof endedClasses)[number];
export const endedClassSchema = z
  .enum(endedClasses)
  .describe(
    '`talked`: the conversation came to its end; `hung-up`: the caller went away before; `missed`: it was not answered; `failed`: something broke; `refused`: it was not permitted, or was stopped; `transferred`; `voicemail`.',
  );

export const outputTypes = ['boolean', 'number', 'text'] as const;
export type OutputType = (typeof outputTypes)[number];

/** A value that is kept of a structured output. */
export const outputValueSchema = z.union([z.boolean(), z.number(), z.string()]);
export type OutputValue = z.infer<typeof outputValueSchema>;

const chosenOutputSchema = z.strictObject({
  name: z
    .string()
    .regex(/^[A-Za-z][A-Za-z0-9_]{0,39}$/, 'use letters, digits and _, at most 40')
    .describe('By which rules and files know it.'),
  path: z
    .string()
    .regex(/^[^.\0]{1,80}(\.[^.\0]{1,80}){0,5}$/, 'use at most six names with dots between them')
    .describe(
      'Where it is: the name of a structured output, or of a field of the structured data, and the fields within, such as `appointment.confirmed`.',
    ),
  type: z.enum(outputTypes).describe('A value of another type counts as absent.'),
  label: lineSchema.min(1, 'Required').max(80),
  shown: z.boolean().describe('Whether the client sees it, as far as its switch `results` is on.'),
});
export type ChosenOutput = z.infer<typeof chosenOutputSchema>;

/** A tenant's setting: what is kept here of each call's results. */
export const keptResultsSchema = z.strictObject({
  summary: z
    .boolean()
    .describe(
      'Whether the summary, and an evaluation that is neither yes nor no, are kept, sealed, until the content is deleted. Turning it off deletes nothing.',
    ),
  outputs: z
    .array(chosenOutputSchema)
    .max(20)
    .refine((all) => new Set(all.map(({ name }) => name)).size === all.length, 'each name only once')
    .describe('Structured outputs to keep; no other is.'),
});
export type KeptResults = z.infer<typeof keptResultsSchema>;

/** Fields of each call in lists; left out of a client's answers while its switch `results` is off. */
export const resultFigures = {
  success: z
    .boolean()
    .nullable()
    .describe('Whether the evaluation passed; null when there is none, or it is neither yes nor no.')
    .exactOptional(),
  latency: z
    .object({ medianMs: z.int(), p95Ms: z.int() })
    .nullable()
    .describe('How long the assistant took to answer, over the turns of the call.')
    .exactOptional(),
  language: z.string().nullable().describe('Of the assistant’s ear, if one is set.').exactOptional(),
  outcome: z
    .boolean()
    .nullable()
    .describe(
      'Whether it counts as the outcome that the operator has defined (`PUT …/outcome`); null when it was not judged.',
    )
    .exactOptional(),
};

/** In `GET …/calls/{id}`, for callers with the permission `content.read`. */
export const callResultsSchema = z.object({
  summary: z.string().nullable(),
  evaluation: z.string().nullable().describe('In the words of the evaluation.'),
  outputs: z.array(
    z.object({
      name: z.string(),
      label: z.string(),
      type: z.enum(outputTypes),
      value: outputValueSchema.nullable(),
    }),
  ),
});
export type CallResults = z.infer<typeof callResultsSchema>;
