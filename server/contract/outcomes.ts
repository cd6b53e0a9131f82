/** What counts as an outcome of a client's calls: a rule that the operator defines. */
import { z } from 'zod';
import { endedClasses, outputValueSchema } from './results.ts';
import { daySchema, lineSchema, timeSchema } from './words.ts';

const outputNameSchema = z
  .string()
  .min(1)
  .max(40)
  .describe('The `name` of one of the outputs that the tenant’s `results` keep.');

const conditionSchema = z
  .discriminatedUnion('kind', [
    z.strictObject({
      kind: z.literal('output'),
      name: outputNameSchema,
      is: outputValueSchema
        .refine(
          (value) => typeof value !== 'string' || (value.length >= 1 && value.length <= 200),
          'use 1 to 200 characters',
        )
        .describe(
          'The value, of the output’s type. Texts are compared without regard to case and outer spaces.',
        ),
    }),
    z.strictObject({
      kind: z.literal('output-at-least'),
      name: outputNameSchema,
      least: z.number().describe('The output is a number, and at least this.'),
    }),
    z.strictObject({
      kind: z.literal('ended'),
      classes: z
        .array(z.enum(endedClasses))
        .min(1)
        .max(endedClasses.length)
        .describe('How it ended: one of these.'),
    }),
    z.strictObject({ kind: z.literal('success'), is: z.boolean().describe('What its evaluation says.') }),
    z.strictObject({
      kind: z.literal('seconds'),
      least: z.int().min(1).max(86_400).describe('How long it lasted at least.'),
    }),
  ])
  .describe('What is not known of a call fulfils no condition.');
export type OutcomeCondition = z.infer<typeof conditionSchema>;

export const outcomeMatches = ['all', 'any'] as const;
export const mostConditions = 8;

/** Which calls count. */
export const outcomeRuleSchema = z.strictObject({
  match: z.enum(outcomeMatches).describe('Whether all conditions must be fulfilled, or any.'),
  conditions: z.array(conditionSchema).min(1).max(mostConditions),
});
export type OutcomeRule = z.infer<typeof outcomeRuleSchema>;

/** `PUT /v1/tenants/{slug}/outcome` */
export const setOutcomeSchema = outcomeRuleSchema.extend({
  name: lineSchema
    .min(1, 'Required')
    .max(60)
    .describe('What is counted, as the client reads it: “Appointments”.'),
});
export type SetOutcome = z.infer<typeof setOutcomeSchema>;

export const outcomeVersionSchema = z.object({
  version: z.int().describe('From 1.'),
  name: z.string().nullable(),
  rule: outcomeRuleSchema.nullable().describe('Null: from then on nothing is counted.'),
  from: timeSchema.describe('Judges the calls that were created from then on, until the next version.'),
});
export type OutcomeVersion = z.infer<typeof outcomeVersionSchema>;

/** `GET …/outcome`, and the answer to each change. */
export const outcomeAnswerSchema = z.object({
  current: outcomeVersionSchema.nullable().describe('Null while there was never one.'),
  versions: z.array(outcomeVersionSchema).describe('The newest 100, newest first.'),
});
export type OutcomeAnswer = z.infer<typeof outcomeAnswerSchema>;

export const mostTried = 500;
/** `POST …/outcome/try` */
export const tryOutcomeSchema = outcomeRuleSchema.extend({
  calls: z.int().min(1).max(mostTried).default(200).describe('How many of the latest calls.'),
});
export type TryOutcome = z.infer<typeof tryOutcomeSchema>;
export const triedOutcomeSchema = z.object({
  calls: z.int().describe('How many there were: ended ones, without text messages.'),
  counts: z.int().describe('How many of them the rule would count.'),
  withoutResults: z
    .int()
    .describe(
      'Calls of which no output or evaluation is kept here, such as those from before it was chosen, or erased.',
    ),
  judged: z.array(
    z.object({
      id: z.string(),
      createdAt: timeSchema,
      counts: z.boolean(),
      fulfilled: z.array(z.boolean()).describe('Each condition, in the order of the rule.'),
    }),
  ),
});
export type TriedOutcome = z.infer<typeof triedOutcomeSchema>;

/** `GET …/outcomes`; days in the tenant's time zone, default the current month. */
export const outcomesQuerySchema = z.strictObject({
  from: daySchema.optional().describe('The first day; default the first of the current month.'),
  to: daySchema.optional().describe('The day after the last; default the first of the next month.'),
});
const sums = {
  outcomes: z.int().describe('Calls that count.'),
  judged: z.int().describe('Calls that a rule has judged, with those that count.'),
  costMicros: z
    .int()
    .describe('What Vapi charges for the judged calls, as far as it has said so; for the operator only.')
    .exactOptional(),
};
export const outcomesAnswerSchema = z.object({
  tenant: z.string(),
  name: z.string().nullable().describe('What is counted now; null for nothing.'),
  from: z.string().describe('Half-open.'),
  to: z.string(),
  rows: z.array(z.object({ day: z.string(), ...sums })),
  total: z
    .object({
      ...sums,
      costPerOutcomeMicros: z
        .int()
        .nullable()
        .describe(
          'The cost of all judged calls over those that count; null while none does. For the operator only.',
        )
        .exactOptional(),
    })
    .describe('Calls, and millionths of a US dollar.'),
});
export type OutcomesAnswer = z.infer<typeof outcomesAnswerSchema>;

/** In `GET …/calls/{id}`: by which version it was judged. */
export const judgedBySchema = z.object({ version: z.int(), name: z.string().nullable() });
