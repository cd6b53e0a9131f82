/** What the doctor looks at, and what it found. */
import { z } from 'zod';
import { microsSchema } from './words.ts';

/** `POST /v1/tenants/{slug}/doctor` */
export const doctorRequestSchema = z.strictObject({
  testCall: z
    .boolean()
    .default(false)
    .describe(
      'Makes a real call at Vapi, within the tenant’s limits and budget, and ends it. Without it nothing is created and nothing costs.',
    ),
});
export type DoctorRequest = z.infer<typeof doctorRequestSchema>;

/** `POST /v1/doctor` */
export const serverDoctorRequestSchema = z.strictObject({});

export const doctorOutcomes = ['pass', 'warn', 'fail', 'skipped'] as const;
export type DoctorOutcome = (typeof doctorOutcomes)[number];

export const doctorRowSchema = z.object({
  id: z.string().describe('Stable: what a script may look for.'),
  title: z.string(),
  outcome: z.enum(doctorOutcomes).describe('`skipped`: not looked at; `detail` says why.'),
  detail: z.string().describe('What was found, in one or two sentences.'),
  fix: z.string().describe('What to do about it.').exactOptional(),
});
export type DoctorRow = z.infer<typeof doctorRowSchema>;

/** The answer to both. */
export const doctorAnswerSchema = z.object({
  rows: z.array(doctorRowSchema),
  failed: z.int().describe('How many rows have the outcome `fail`.'),
  testCall: z
    .object({
      seconds: z.int().describe('After which it is ended.'),
      mostMicros: microsSchema.describe(
        'The most that it may cost, at the tenant’s worst-case rate: two calls, because Vapi may start one that it ought to refuse.',
      ),
    })
    .describe('What a test call would be, or was. Not in the answer about the server.')
    .exactOptional(),
});
export type DoctorAnswer = z.infer<typeof doctorAnswerSchema>;
