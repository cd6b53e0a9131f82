/** Who a visitor is, as the client's site has signed it, and the key that it signs with. */
import { z } from 'zod';
import { timeSchema } from './words.ts';

/** Names of variables that only a verified identity sets: neither `variables` of the page nor the before-call hook can. */
export const identityPrefix = 'identity_';

/** Longest time in seconds from now to `exp`. */
export const longestIdentitySeconds = 86_400;

/** In a start: the signed identity. */
export const identityTokenSchema = z
  .string()
  .min(1)
  .max(4096)
  .describe(
    'Who the visitor is: a JWT (HS256) signed by the client’s site with the key of `POST /v1/tenants/{slug}/identity-key`. `aud` is the tenant’s slug, `exp` at most a day away, `sub` required; `name`, `email` and up to 16 more plain values are optional. They become the variables `identity_sub`, `identity_name`, … One that is forged, old or of another client is refused with `identity_refused`, never ignored. A call with one needs the access mode `proxy`.',
  );

/** What is kept of it with a call. */
export const visitorIdentitySchema = z.object({
  sub: z.string().describe('The site’s own id of the visitor.'),
  name: z.string().nullable(),
  email: z.string().nullable(),
});
export type VisitorIdentity = z.infer<typeof visitorIdentitySchema>;

/** `POST /v1/tenants/{slug}/identity-key` */
export const makeIdentityKeySchema = z.strictObject({
  overlapSeconds: z
    .int()
    .min(0)
    .max(604_800)
    .default(86_400)
    .describe('How long the key before is still accepted; 0 ends it, and any before it, at once.'),
});

/** `GET /v1/tenants/{slug}/identity-key` */
export const identityKeyViewSchema = z.object({
  key: z.string().nullable().describe('`"…last4"`; null when there is none.'),
  createdAt: timeSchema.nullable(),
  previousUntil: timeSchema
    .nullable()
    .describe('The key before is also accepted until then; null when it is not.'),
});
export type IdentityKeyView = z.infer<typeof identityKeyViewSchema>;

/** The answer to `POST`. */
export const madeIdentityKeySchema = identityKeyViewSchema.extend({
  key: z.string().describe('The key, whole: it is shown in this answer only.'),
});
export type MadeIdentityKey = z.infer<typeof madeIdentityKeySchema>;
