/** Passkeys: the second way to sign in, without an e-mail. */
import { z } from 'zod';
import { lineSchema, timeSchema } from './words.ts';

const bytesSchema = z
  .string()
  .regex(/^[\w-]{1,16000}$/)
  .describe('base64url');

/** What the browser is asked for, as WebAuthn defines it; passed on as it is. */
export const passkeyOptionsSchema = z
  .looseObject({ challenge: z.string() })
  .describe('WebAuthn’s options in JSON, for the browser.');

const credentialSchema = z.object({
  id: z.string().regex(/^[\w-]{1,1400}$/),
  rawId: z.string().regex(/^[\w-]{1,1400}$/),
  type: z.literal('public-key'),
  clientExtensionResults: z.object({}).default({}),
  authenticatorAttachment: z.enum(['platform', 'cross-platform']).nullish(),
});

/** `POST /v1/me/passkeys` */
export const addPasskeySchema = z.strictObject({
  name: lineSchema.max(60),
  response: credentialSchema.extend({
    response: z.object({
      clientDataJSON: bytesSchema,
      attestationObject: bytesSchema,
      transports: z
        .array(z.string().regex(/^[a-z-]{1,20}$/))
        .max(10)
        .default([]),
    }),
  }),
});
export type AddPasskey = z.infer<typeof addPasskeySchema>;

/** `PATCH /v1/me/passkeys/{id}` */
export const renamePasskeySchema = z.strictObject({ name: lineSchema.max(60) });

/** `POST /v1/passkey-sign-in` */
export const passkeySignInSchema = z.strictObject({
  response: credentialSchema.extend({
    response: z.object({
      clientDataJSON: bytesSchema,
      authenticatorData: bytesSchema,
      signature: bytesSchema,
      userHandle: z
        .string()
        .regex(/^[\w-]{0,100}$/)
        .nullish(),
    }),
  }),
});
export type PasskeySignIn = z.infer<typeof passkeySignInSchema>;
export const passkeySignedInSchema = z.object({
  mayChoose: z.boolean().describe('Whether the person belongs to several clients, and may choose.'),
});
export type PasskeySignedIn = z.infer<typeof passkeySignedInSchema>;

/** `GET /v1/me/passkeys` */
export const passkeyViewSchema = z.object({
  id: z.string().describe('`psk_…`'),
  name: z.string(),
  createdAt: timeSchema,
  lastUsedAt: timeSchema.nullable(),
});
export type PasskeyView = z.infer<typeof passkeyViewSchema>;
export const passkeysAnswerSchema = z.object({
  passkeys: z.array(passkeyViewSchema),
  mayAdd: z
    .boolean()
    .describe('Whether one can be added now: by a person who has signed in within the last hour.'),
});
export type PasskeysAnswer = z.infer<typeof passkeysAnswerSchema>;
