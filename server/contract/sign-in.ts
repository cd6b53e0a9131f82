/** Signing in to the portal, and who is signed in. */
import { z } from 'zod';
import { clientAccessSchema } from './client-access.ts';
import { clientRoles, permissions } from './permissions.ts';
import { slugSchema, timeSchema } from './words.ts';

/** `POST /v1/sign-in-links`: a link to the operator's portal, or with a tenant to that client's. */
export const createSignInLinkSchema = z.strictObject({
  tenant: slugSchema.optional(),
  email: z.email().max(254).optional().describe('Also mails it there, if `SMTP_URL` is set.'),
});

/** The link is shown here only; it works once. */
export const signInLinkAnswerSchema = z.object({
  url: z.string(),
  expiresAt: timeSchema,
  mailed: z.boolean().describe('Whether the mail server accepted it.'),
});
export type SignInLinkAnswer = z.infer<typeof signInLinkAnswerSchema>;

/** `POST /v1/sign-out` */
export const signOutSchema = z.strictObject({
  everywhere: z
    .boolean()
    .default(false)
    .describe(
      'Ends more than this sign-in: all of the person; without a person all of the operator, or of the client, those of people only with the permission to remove them.',
    ),
  tenant: slugSchema
    .optional()
    .describe('Ends all sign-ins of that client, those of people as above; for the operator.'),
});

/** How the operator looks to its clients: the seller's settings. */
export const brandingSchema = z.object({
  name: z.string().nullable(),
  logoUrl: z.string().nullable(),
  accentColor: z.string().nullable().describe('`#rrggbb`'),
});
export type Branding = z.infer<typeof brandingSchema>;

/** `GET /v1/me` */
export const meAnswerSchema = z.object({
  role: z.enum(['operator', 'client']),
  tenant: z
    .object({
      slug: z.string(),
      name: z.string(),
      timeZone: z.string(),
      status: z.enum(['active', 'paused']),
    })
    .nullable()
    .describe('The client’s own; null for the operator.'),
  mayWrite: z.boolean().describe('Whether changes to clients are permitted.'),
  permissions: z.array(z.enum(permissions)).describe('What the caller may do, of its side.'),
  access: clientAccessSchema.describe('What is shown of a client: for the operator everything.'),
  stripe: z.boolean().describe('Whether invoices can go to Stripe; for the operator only.').exactOptional(),
  talk: z
    .boolean()
    .describe('Whether the operator can talk to agents from the portal (`TALK_URL`); for the operator only.')
    .exactOptional(),
  user: z
    .object({ email: z.string(), name: z.string() })
    .exactOptional()
    .describe('The person, if it is one.'),
  places: z
    .array(z.object({ tenant: z.string().nullable(), name: z.string().nullable() }))
    .describe('Where the person may change to, by a client’s handle; null for the operator’s portal.')
    .exactOptional(),
  viewing: z
    .object({ role: z.enum(clientRoles), until: timeSchema })
    .describe('Set while an operator looks at the client’s portal as that role.')
    .exactOptional(),
  branding: brandingSchema,
  now: timeSchema.describe('By the server’s clock.'),
});
export type MeAnswer = z.infer<typeof meAnswerSchema>;
