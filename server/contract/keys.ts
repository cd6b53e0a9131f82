/** API keys and the audit log. */
import { z } from 'zod';
import { cursorSchema, limitSchema, lineSchema, slugSchema, timeSchema } from './words.ts';

export const scopes = ['read', 'write'] as const;
export type Scope = (typeof scopes)[number];

/** `POST /v1/keys` */
export const createKeySchema = z.strictObject({
  name: lineSchema.min(1).max(80),
  tenant: slugSchema.optional().describe('A key with a tenant sees that tenant only.'),
  scopes: z.array(z.enum(scopes)).min(1).max(2).default(['read']),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});

export type CreateKey = z.infer<typeof createKeySchema>;

/** `GET /v1/keys`; the key itself is shown once, in the answer to `POST`. */
export const keyViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  tenant: z.string().nullable(),
  scopes: z.array(z.enum(scopes)),
  key: z.string().describe('`"…last4"`'),
  createdAt: timeSchema,
  expiresAt: timeSchema.nullable(),
  lastUsedAt: timeSchema.nullable(),
  revokedAt: timeSchema.nullable(),
});
export type KeyView = z.infer<typeof keyViewSchema>;

/** `GET /v1/audit`: one change; `before` and `after` never contain a secret. */
export const auditEntrySchema = z.object({
  id: z.string(),
  at: timeSchema,
  actor: z.string().describe('`operator`, or the id of the API key, the person or the sign-in.'),
  action: z.string(),
  tenant: z.string().nullable(),
  before: z.unknown(),
  after: z.unknown(),
  requestId: z.string(),
});
export type AuditEntry = z.infer<typeof auditEntrySchema>;

export const auditQuerySchema = z.strictObject({
  tenant: slugSchema.optional().describe('Only changes of this client.'),
  actor: lineSchema.min(1).max(100).optional().describe('Only by this actor.'),
  action: lineSchema.min(1).max(100).optional().describe('Only this action, such as `user.role`.'),
  cursor: cursorSchema,
  limit: limitSchema(200, 50),
});

export const pageQuerySchema = z.strictObject({
  cursor: cursorSchema,
  limit: limitSchema(200, 50),
});
