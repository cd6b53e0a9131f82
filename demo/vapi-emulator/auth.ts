/** Who is asking: keys, JWTs and the limits of public ones (vapi-facts 1). */
import jwt from 'jsonwebtoken';
import { internalError, invalidKey, jwtWithoutToken, Refusal } from './errors.ts';
import type { EmulatorOrg, TokenRestrictions } from './types.ts';
import type { World } from './world.ts';

export interface Caller {
  org: EmulatorOrg;
  tag: 'private' | 'public';
  restrictions: TokenRestrictions | undefined;
}

const looksLikeJwt = (token: string): boolean => token.split('.').length === 3 && token.startsWith('ey');

/** The payload when some private key of the named org signed it and it has not expired. */
function verifyJwt(world: World, token: string): { org: EmulatorOrg; payload: jwt.JwtPayload } {
  const claimed = jwt.decode(token);
  const org =
    claimed !== null && typeof claimed === 'object' ? world.orgs.get(String(claimed.orgId)) : undefined;
  for (const key of world.tokens.values()) {
    if (key.orgId !== org?.orgId || key.tag !== 'private') continue;
    try {
      const payload = jwt.verify(token, key.value, {
        algorithms: ['HS256'],
        clockTimestamp: Math.floor(world.now() / 1000),
      });
      if (typeof payload === 'object') return { org, payload };
    } catch {
      // Another private key of the org may have signed it.
    }
  }
  throw invalidKey();
}

/** Reads the `Authorization` header. Throws 401 for an unknown key and for an expired or badly signed JWT. */
export function identify(world: World, authorization: string | undefined): Caller {
  const token = /^Bearer\s+(\S+)$/i.exec(authorization ?? '')?.[1];
  if (token === undefined) throw invalidKey();
  if (looksLikeJwt(token)) {
    const { org, payload } = verifyJwt(world, token);
    const inner = payload.token as { tag?: unknown; restrictions?: TokenRestrictions } | undefined;
    if (inner === null || typeof inner !== 'object') throw jwtWithoutToken();
    if (inner.tag !== 'public' && inner.tag !== 'private') throw invalidKey();
    return { org, tag: inner.tag, restrictions: inner.restrictions };
  }
  const key = [...world.tokens.values()].find(({ value }) => value === token);
  const org = key === undefined ? undefined : world.orgs.get(key.orgId);
  if (key === undefined || org === undefined) throw invalidKey();
  return { org, tag: key.tag, restrictions: key.restrictions };
}

/** Everything but `POST /call/web` requires a private key or a JWT of the tag `private`. */
export function requirePrivate(world: World, authorization: string | undefined): EmulatorOrg {
  const caller = identify(world, authorization);
  if (caller.tag !== 'private') throw invalidKey();
  return caller.org;
}

export interface WebCallWish {
  origin: string | undefined;
  assistantId: string | undefined;
  squadId: string | undefined;
  transient: boolean;
}

/**
 * `POST /call/web` requires a public key or a JWT of the tag `public`, and enforces its restrictions.
 * They do not cover `assistantOverrides`, as in the real service.
 */
export function requireWebCaller(
  world: World,
  authorization: string | undefined,
  wish: WebCallWish,
): EmulatorOrg {
  const { org, tag, restrictions } = identify(world, authorization);
  if (tag === 'private') {
    if (world.switches.acceptPrivateKeyOnWebCall) return org;
    throw invalidKey();
  }
  if (restrictions === undefined || restrictions.enabled === false) return org;
  const { allowedOrigins, allowedAssistantIds } = restrictions;
  if (allowedOrigins?.includes(null)) throw internalError();
  // The exact answer to a foreign origin is not known (vapi-facts 12.4).
  if (allowedOrigins !== undefined && !allowedOrigins.includes(wish.origin ?? ''))
    throw new Refusal(403, `Key doesn't allow origin '${wish.origin ?? ''}'`);
  const allowTransient = restrictions.allowTransientAssistant ?? allowedAssistantIds === undefined;
  if (wish.transient && !allowTransient) throw new Refusal(403, "Key doesn't allow transient assistant");
  if (
    wish.assistantId !== undefined &&
    allowedAssistantIds !== undefined &&
    !allowedAssistantIds.includes(wish.assistantId)
  )
    throw new Refusal(403, `Key doesn't allow assistantId '${wish.assistantId}'`);
  // A guess: no source says whether such a key opens a squad.
  if (wish.squadId !== undefined && allowedAssistantIds !== undefined)
    throw new Refusal(403, `Key doesn't allow squadId '${wish.squadId}'`);
  return org;
}
