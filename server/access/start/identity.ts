/**
 * Signed identities: who a visitor is, in a JWT that the client's site has signed with the tenant's identity key. All that
 * a page says without one, anyone can change.
 */
import jwt from 'jsonwebtoken';
import { z } from 'zod';
import type { Context } from '../../context.ts';
import {
  identityPrefix,
  longestIdentitySeconds,
  type VariableValues,
  type VisitorIdentity,
} from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { callerIdOf } from '../../ledger/caller-id.ts';
import { insertCallers } from '../../store/call-callers.ts';
import type { Queries } from '../../store/database.ts';
import { findCallIdentity, findIdentityKeys, insertCallIdentity } from '../../store/identities.ts';
import type { Tenant } from '../../store/tenants.ts';
import { callerHashes } from '../identity/caller-hashes.ts';
import { callIdentityContext, identityKeyContext } from '../secrets/tenant-secrets.ts';

/** Between the site's clock and ours. */
const leewaySeconds = 30;
const mostFurtherClaims = 16;
/** Of the token itself; none becomes a variable. */
const registered = ['iss', 'aud', 'exp', 'iat', 'nbf', 'jti'];

/** One line that a person reads: a name must not continue the prompt that it is put into. */
const line = (most: number) =>
  z
    .string()
    .max(most)
    .regex(/^[^\p{Cc}\p{Zl}\p{Zp}]*$/u, 'must not contain line breaks or control characters');
const claimsSchema = z.looseObject({
  sub: line(128).min(1),
  name: line(120).optional(),
  email: line(254)
    .refine((text) => /@/.test(text) && callerIdOf(text) !== null, 'must be an e-mail address')
    .optional(),
});
const furtherSchema = z.union([line(500), z.number(), z.boolean()]);
const claimName = /^[A-Za-z_][A-Za-z0-9_]{0,49}$/;

/** A verified identity. */
export interface Identity {
  visitor: VisitorIdentity;
  /** With their prefix. */
  variables: VariableValues;
}

/**
 * @param token null: the page names no one
 * @throws ApiError `identity_refused`, with what the site's developer must change
 */
export async function verifyIdentity(
  ctx: Context,
  tenant: Tenant,
  token: string | undefined,
): Promise<Identity | null> {
  if (token === undefined) return null;
  const keys = await findIdentityKeys(ctx.store, tenant.id);
  if (!keys) throw refused('this client has no identity key');
  const nowMs = ctx.now();
  const isRotating = keys.previousSealed !== null && nowMs < (keys.previousUntil ?? 0);
  const accepted = [keys.currentSealed, ...(isRotating ? [keys.previousSealed ?? ''] : [])].map((sealed) =>
    ctx.box.open(sealed, identityKeyContext(tenant.id)),
  );
  return identityOf(payloadOf(accepted, token, tenant.slug, Math.floor(nowMs / 1000)));
}

/** @returns what is signed with one of the keys, for this client, and valid now. @throws ApiError `identity_refused` */
export function payloadOf(keys: string[], token: string, audience: string, now: number): jwt.JwtPayload {
  const verified = keys.flatMap((key) => {
    try {
      const payload = jwt.verify(token, key, {
        algorithms: ['HS256'],
        ignoreExpiration: true,
        ignoreNotBefore: true,
      });
      return typeof payload === 'object' ? [payload] : [];
    } catch {
      return [];
    }
  })[0];
  if (!verified) throw refused('it is not signed with this client’s identity key, by HS256');
  const { aud, exp, nbf } = verified;
  if (![aud].flat().includes(audience)) throw refused(`its "aud" is not "${audience}"`);
  if (typeof exp !== 'number') throw refused('it has no "exp"');
  if (exp + leewaySeconds <= now) throw refused('it has expired: sign a new one for each page view');
  if (exp > now + longestIdentitySeconds + leewaySeconds) throw refused('its "exp" is more than a day away');
  if (nbf !== undefined && !(typeof nbf === 'number' && nbf <= now + leewaySeconds))
    throw refused('it is not valid yet ("nbf")');
  return verified;
}

/** @throws ApiError `identity_refused` */
export function identityOf(payload: jwt.JwtPayload): Identity {
  const claims = claimsSchema.safeParse(payload);
  if (!claims.success) throw refused(problemIn(claims.error));
  const { sub, name, email, ...rest } = claims.data;
  const further = Object.entries(rest).filter(([claim]) => !registered.includes(claim));
  if (further.length > mostFurtherClaims)
    throw refused(`it has more than ${mostFurtherClaims} claims beside sub, name and email`);
  const values: VariableValues = { sub };
  if (name !== undefined) values.name = name;
  if (email !== undefined) values.email = email;
  for (const [claim, value] of further) {
    const parsed = furtherSchema.safeParse(value);
    if (!claimName.test(claim) || !parsed.success)
      throw refused(`its claim "${claim.slice(0, 50)}" must be a short text, a number, true or false`);
    values[claim] = parsed.data;
  }
  return {
    visitor: { sub, name: name ?? null, email: email ?? null },
    variables: Object.fromEntries(
      Object.entries(values).map(([claim, value]) => [`${identityPrefix}${claim}`, value]),
    ),
  };
}

function problemIn(error: z.ZodError): string {
  const [issue] = error.issues;
  return `its claim "${issue?.path.join('.')}": ${issue?.message}`;
}

function refused(why: string): ApiError {
  return new ApiError('identity_refused', { detail: `The identity was refused: ${why}.` });
}

/** The browser creates such a call itself, with whatever variables it likes. @throws ApiError `identity_refused` */
export function refuseUnproven(identity: Identity | null, isProxied: boolean): void {
  if (identity && !isProxied) throw refused('calls with one need the access mode "proxy"');
}

/** Kept with the call until what was said in it is deleted; by its e-mail address, the call is found. */
export async function keepIdentity(
  ctx: Context,
  db: Queries,
  tenantId: string,
  callId: string,
  visitor: VisitorIdentity | null,
): Promise<void> {
  if (!visitor) return;
  const contentSealed = ctx.box.seal(JSON.stringify(visitor), callIdentityContext(tenantId, callId));
  await insertCallIdentity(db, { tenantId, callId, contentSealed, createdAt: ctx.now() });
  const id = visitor.email === null ? null : callerIdOf(visitor.email);
  if (id === null) return;
  await insertCallers(db, tenantId, callId, callerHashes(ctx.keys.caller.slice(0, 1), tenantId, id));
}

/** @returns null when none is kept, or it cannot be opened */
export async function readIdentity(
  ctx: Context,
  tenantId: string,
  callId: string,
): Promise<VisitorIdentity | null> {
  const row = await findCallIdentity(ctx.store, tenantId, callId);
  if (!row) return null;
  try {
    const text = ctx.box.open(row.contentSealed, callIdentityContext(tenantId, callId));
    return JSON.parse(text) as VisitorIdentity;
  } catch (error) {
    ctx.log.warn({ err: error, call: callId }, 'the identity of a call cannot be opened');
    return null;
  }
}
