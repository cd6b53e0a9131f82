/** What a private key opens at Vapi, so that a client is set up by choosing names instead of pasting ids. */
import { z } from 'zod';
import { createTenantSchema } from './tenants.ts';

/** `POST /v1/vapi/look` */
export const vapiLookSchema = z.strictObject({
  privateKey: createTenantSchema.shape.privateKey.describe(
    'The private key of the organization. It is used for this request only and not stored.',
  ),
});

const named = { id: z.string(), name: z.string().nullable() };

export const vapiLookAnswerSchema = z.object({
  orgId: z
    .string()
    .nullable()
    .describe('Null when the organization has no assistant, squad or phone number to read it from.'),
  assistants: z.array(z.object(named)).describe('By name.'),
  squads: z
    .array(
      z.object({
        ...named,
        assistantIds: z.array(z.string()).describe('Its saved members, in order; the first answers.'),
      }),
    )
    .describe('By name.'),
  phoneNumbers: z
    .array(
      z.object({
        ...named,
        number: z.string().nullable().describe('E.164; null for a number that has only a SIP URI.'),
        assistantId: z.string().nullable(),
        squadId: z.string().nullable(),
      }),
    )
    .describe('By name.'),
  tenants: z.array(z.string()).describe('Slugs of the tenants that already have this organization.'),
});
export type VapiLookAnswer = z.infer<typeof vapiLookAnswerSchema>;
