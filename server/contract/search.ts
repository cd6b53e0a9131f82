/** What the operator's palette finds. */
import { z } from 'zod';
import { lineSchema } from './words.ts';

/** `GET /v1/billing/search` */
export const searchQuerySchema = z.strictObject({
  q: lineSchema
    .pipe(z.string().min(1).max(100))
    .describe('Part of a client’s name or slug, the beginning of an invoice’s number, or a call’s whole id.'),
});

export const foundSchema = z.object({
  kind: z.enum(['client', 'invoice', 'call']),
  tenant: z.string().describe('Its slug; its id once it is deleted.'),
  id: z.string().describe('Of the invoice or the call; of a client the same as `tenant`.'),
  title: z.string(),
  detail: z.string(),
});
export type Found = z.infer<typeof foundSchema>;
export const searchAnswerSchema = z.object({ found: z.array(foundSchema).describe('A few of each kind.') });
export type SearchAnswer = z.infer<typeof searchAnswerSchema>;
