/** What the doctor checks, and what it found. */
import { z } from 'zod';
import { microsSchema } from './words.ts';

/** `POST /v1/tenants/{slug}/doctor` */
export const doctorRequestSchema = z.strictObject({
  testCall: z
    .boolean()
    .default(false)
    .describe(
      'Makes a real call at Vapi, within the tenant’s limits and budget, and ends it. Without it nothing is created, and nothing costs money.',
    ),
  record: z
    .boolean()
    .default(false)
    .describe('Adds a `capture`: what Vapi answered and reported, without keys, texts and phone numbers.'),
});
export type DoctorRequest = z.infer<typeof doctorRequestSchema>;

/** `POST /v1/doctor` */
export const serverDoctorRequestSchema = z.strictObject({});

export const doctorOutcomes = ['pass', 'warn', 'fail', 'skipped'] as const;
export type DoctorOutcome = (typeof doctorOutcomes)[number];

export const doctorRowSchema = z.object({
  id: z.string().describe('Stable, for scripts.'),
  title: z.string(),
  outcome: z.enum(doctorOutcomes).describe('`skipped`: not checked; `detail` says why.'),
  detail: z.string().describe('What was found, in one or two sentences.'),
  fix: z.string().describe('What to do about it.').exactOptional(),
});
export type DoctorRow = z.infer<typeof doctorRowSchema>;

/** What Vapi did, for developers of this server: it can be replayed. */
export const doctorCaptureSchema = z.object({
  format: z.literal(1),
  exchanges: z
    .array(
      z.object({
        method: z.string(),
        path: z.string(),
        request: z.unknown(),
        status: z.int(),
        headers: z.record(z.string(), z.string()),
        answer: z.unknown(),
      }),
    )
    .describe('In the order of the answers. Ids have stand-ins, texts are `redacted`.'),
  webhooks: z.array(z.unknown()).describe('Of the test call, in order of arrival.'),
});
export type DoctorCapture = z.infer<typeof doctorCaptureSchema>;

/** The answer to both. */
export const doctorAnswerSchema = z.object({
  rows: z.array(doctorRowSchema),
  failed: z.int().describe('How many rows have the outcome `fail`.'),
  testCall: z
    .object({
      seconds: z.int().describe('Length after which it is ended.'),
      mostMicros: microsSchema.describe(
        'The most that it may cost, at the tenant’s worst-case rate: two calls, because Vapi may start one that it should refuse.',
      ),
    })
    .describe('What a test call would be, or was. Absent in the answer about the server.')
    .exactOptional(),
  capture: doctorCaptureSchema.exactOptional(),
});
export type DoctorAnswer = z.infer<typeof doctorAnswerSchema>;
