/** API keys: `vak_` and 32 random bytes, of which only a hash and the last four characters are kept. */

import { createHash, randomBytes } from 'node:crypto';
import { safeEqual } from '../../base/safe-equal.ts';
import type { Context } from '../../context.ts';
import type { Scope } from '../../contract.ts';
import { findApiKeyByHash, touchApiKey } from '../../store/api-keys.ts';

export interface Caller {
  /** `operator` for the key of the environment, else the id of the API key or the sign-in. */
  actor: string;
  /** The only tenant that a client's key sees; null for the operator. */
  tenantId: string | null;
  scopes: Scope[];
  /** The API key that permits it, also through a sign-in; null for the operator key of the environment. */
  keyId: string | null;
}

export function newApiKey(): { id: string; key: string; hash: string; last4: string } {
  const key = `vak_${randomBytes(32).toString('base64url')}`;
  return {
    id: `key_${randomBytes(9).toString('base64url')}`,
    key,
    hash: hashApiKey(key),
    last4: key.slice(-4),
  };
}

/** A key's "last used" is exact to this. */
const touchEveryMs = 60_000;

/** @returns null for a key that is unknown, revoked or expired */
export async function callerOf(
  ctx: Context & { operatorApiKey: string },
  key: string,
): Promise<Caller | null> {
  if (safeEqual(key, ctx.operatorApiKey))
    return { actor: 'operator', tenantId: null, scopes: ['read', 'write'], keyId: null };
  const hash = hashApiKey(key);
  const row = await findApiKeyByHash(ctx.store, hash);
  const now = ctx.now();
  if (!row || !safeEqual(row.hash, hash)) return null;
  if (row.revokedAt !== null || (row.expiresAt !== null && row.expiresAt <= now)) return null;
  if (row.lastUsedAt === null || now - row.lastUsedAt > touchEveryMs)
    await touchApiKey(ctx.store, row.id, now);
  const scopes = JSON.parse(row.scopes) as Scope[];
  return { actor: row.id, tenantId: row.tenantId, scopes, keyId: row.id };
}

function hashApiKey(key: string): string {
  return createHash('sha256').update(key).digest('hex');
}
