/** API keys and the audit log. */
import { z } from 'zod';
import { slugSchema } from './words.ts';

export const scopes = ['read', 'write'] as const;
export type Scope = (typeof scopes)[number];

/** `POST /v1/keys` */
export const createKeySchema = z.strictObject({
  name: z.string().trim().min(1).max(80),
  /** A key with a tenant sees that tenant only. */
  tenant: slugSchema.optional(),
  scopes: z.array(z.enum(scopes)).min(1).max(2).default(['read']),
  expiresAt: z.iso.datetime({ offset: true }).optional(),
});

/** `GET /v1/keys`; the key itself is shown once, in the answer to `POST`. */
export interface KeyView {
  id: string;
  name: string;
  tenant: string | null;
  scopes: Scope[];
  /** `"…last4"` */
  key: string;
  createdAt: string;
  expiresAt: string | null;
  lastUsedAt: string | null;
  revokedAt: string | null;
}

/** `GET /v1/audit`: one change; `before` and `after` never hold a secret. */
export interface AuditEntry {
  id: string;
  at: string;
  /** `operator`, or the id of the API key. */
  actor: string;
  action: string;
  tenant: string | null;
  before: unknown;
  after: unknown;
  requestId: string;
}

export const pageQuerySchema = z.strictObject({
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});
