/** A tenant's public key at Vapi, made and revoked by this server. */
import { z } from 'zod';
import { accessModes } from './words.ts';

/** `POST` and `DELETE /v1/tenants/{slug}/vapi-key` */
export const publicKeyAnswerSchema = z.object({
  outcome: z
    .enum(['made', 'revoked', 'by-hand'])
    .describe(
      '`made`: saved, and in use at once. `revoked`: no longer given to browsers. `by-hand`: Vapi does not let this private key make keys, and nothing was changed; `steps` says how to do it there.',
    ),
  publicKey: z.string().nullable().describe('The key as it is now, as `"…last4"`.'),
  publicKeyId: z.string().nullable().describe('Its id at Vapi; null when this server did not make it.'),
  accessMode: z
    .enum(accessModes)
    .describe('A tenant in the mode `public-key` whose key is revoked continues in `proxy`.'),
  origins: z.array(z.string()).describe('The pages that the key is restricted to, or must be.'),
  assistantIds: z.array(z.string()).describe('The same for assistants. Transient ones are never allowed.'),
  steps: z
    .array(z.string())
    .describe('What is left to do in Vapi’s dashboard, click by click; empty when nothing is.'),
  notes: z
    .array(z.string())
    .describe('What else to know: pages that cannot use the key, work that is not done yet.'),
});
export type PublicKeyAnswer = z.infer<typeof publicKeyAnswerSchema>;
