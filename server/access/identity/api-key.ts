/** API keys: `vak_` and 32 random bytes, of which only a hash and the last four characters are stored. */
import { createHash, randomBytes } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import { safeEqual } from '../../base/safe-equal.ts';
import type { Context } from '../../context.ts';
import {
  type CreateKey,
  type KeyView,
  type Permission,
  permissionsOfScopes,
  roles,
  type Scope,
} from '../../contract.ts';
import { ApiError, invalidField } from '../../errors.ts';
import {
  type ApiKeyRow,
  findApiKeyByHash,
  insertApiKey,
  revokeApiKey,
  touchApiKey,
} from '../../store/api-keys.ts';
import { deleteInvitationsBy } from '../../store/invitations.ts';
import { findTenant, type Tenant } from '../../store/tenants.ts';
import { type Actor, recordChange } from '../audit.ts';

export interface Caller {
  /** `operator` for the key from the environment, otherwise the id of the API key, the user or the sign-in. */
  actor: string;
  /** The only tenant that a client's key sees; null for the operator. */
  tenantId: string | null;
  /** What it may do, of its side. */
  permissions: readonly Permission[];
  /** The API key behind it, also through a sign-in; null for the operator key from the environment. */
  keyId: string | null;
  /** The sign-in behind it; null for a key. */
  signInId: string | null;
  /** The person behind it; null for a key, and for a sign-in without a person. */
  userId: string | null;
  /** Whether its sign-in cannot change to another of the person's places. */
  isFixed: boolean;
  /** Set while an operator looks at a client's portal as the client sees it; then `tenantId` is that client's. */
  viewing: { role: string; until: number } | null;
}

const keyOnly = { signInId: null, userId: null, isFixed: true, viewing: null } as const;

/**
 * The tenant that a request is about; null when it names none, and is about the operator.
 * @throws ApiError `invalid_request`
 */
export async function namedTenant(ctx: Context, slug: string | undefined): Promise<Tenant | null> {
  if (!slug) return null;
  const tenant = await findTenant(ctx.store, slug);
  if (!tenant) throw invalidField('tenant', 'there is no such tenant');
  return tenant;
}

/** @returns the key itself, the only time it is shown */
export async function createApiKey(
  ctx: Context,
  { name, tenant: slug, scopes, expiresAt: end }: CreateKey,
  by: Actor,
): Promise<KeyView & { key: string }> {
  const tenant = await namedTenant(ctx, slug);
  if (tenant && scopes.includes('write')) throw invalidField('scopes', 'a client’s key can only read');
  const now = ctx.now();
  const expiresAt = end ? Date.parse(end) : null;
  if (expiresAt !== null && expiresAt <= now) throw invalidField('expiresAt', 'must be in the future');
  const key = `vak_${randomBytes(32).toString('base64url')}`;
  const row = {
    id: `key_${randomBytes(9).toString('base64url')}`,
    tenantId: tenant?.id ?? null,
    name,
    hash: hashApiKey(key),
    last4: key.slice(-4),
    scopes: JSON.stringify(scopes),
    createdAt: now,
    expiresAt,
    lastUsedAt: null,
    revokedAt: null,
  };
  const after = viewApiKey({ ...row, tenant: tenant?.slug ?? null });
  await ctx.store.transaction().execute(async (db) => {
    await insertApiKey(db, row);
    await recordChange(db, { ...by, action: 'key.create', tenant: after.tenant, before: null, after }, now);
  });
  return { ...after, key };
}

/** @throws ApiError `not_found`, also when it was revoked before */
export async function revokeKey(ctx: Context, id: string, by: Actor): Promise<void> {
  const now = ctx.now();
  await ctx.store.transaction().execute(async (db) => {
    if (!(await revokeApiKey(db, id, now))) throw new ApiError('not_found');
    await deleteInvitationsBy(db, id, null);
    const change = { action: 'key.revoke', tenant: null, before: { id }, after: null };
    await recordChange(db, { ...by, ...change }, now);
  });
}

export function viewApiKey(row: ApiKeyRow): KeyView {
  return {
    id: row.id,
    name: row.name,
    tenant: row.tenant,
    scopes: JSON.parse(row.scopes) as Scope[],
    key: `…${row.last4}`,
    createdAt: iso(row.createdAt),
    expiresAt: iso(row.expiresAt),
    lastUsedAt: iso(row.lastUsedAt),
    revokedAt: iso(row.revokedAt),
  };
}

/** Precision of a key's "last used". */
const touchEveryMs = 60_000;

/** @returns null for an unknown, revoked or expired key */
export async function callerOf(
  ctx: Context & { operatorApiKey: string },
  key: string,
): Promise<Caller | null> {
  if (safeEqual(key, ctx.operatorApiKey))
    return { actor: 'operator', tenantId: null, permissions: roles.operator.owner, keyId: null, ...keyOnly };
  const hash = hashApiKey(key);
  const row = await findApiKeyByHash(ctx.store, hash);
  const now = ctx.now();
  if (!row || !safeEqual(row.hash, hash)) return null;
  if (row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= now)) return null;
  if (row.lastUsedAt === null || now - row.lastUsedAt > touchEveryMs)
    await touchApiKey(ctx.store, row.id, now);
  const scopes = JSON.parse(row.scopes) as Scope[];
  const permissions = permissionsOfScopes(row.tenantId !== null, scopes);
  return { actor: row.id, tenantId: row.tenantId, permissions, keyId: row.id, ...keyOnly };
}

function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
