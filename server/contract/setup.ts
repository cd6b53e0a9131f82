/** What still has to be done until a new client's agent works on its website and is billed. */
import { z } from 'zod';
import { timeSchema } from './words.ts';

/** `GET /v1/tenants/{slug}/setup` */
export const setupAnswerSchema = z.object({
  connected: z
    .boolean()
    .describe('Vapi reports calls to this server: a report has arrived, after the wiring if there was one.'),
  snippetSeen: z
    .object({ origin: z.string(), at: timeSchema })
    .nullable()
    .describe('The first allowed page, not counting this server’s own, on which a visitor showed interest.'),
  plan: z.boolean().describe('It has a plan, in force or upcoming.'),
  invited: timeSchema.nullable().describe('When the first sign-in link was created for it.'),
  firstCall: timeSchema.nullable().describe('When its first call or conversation was created.'),
  isDone: z.boolean().describe('All of the above.'),
});
export type SetupAnswer = z.infer<typeof setupAnswerSchema>;

/** `POST /v1/tenants/{slug}/talk` */
export const talkLinkSchema = z.object({
  url: z.string(),
  expiresAt: timeSchema.describe('Until then calls can be started there; one in progress continues.'),
});
export type TalkLink = z.infer<typeof talkLinkSchema>;
