/**
 * Vapi's own JWTs, signed with the org's private key (docs.vapi.ai/customization/jwt-authentication): restrictions
 * belong inside `token`; at the top level Vapi ignores them silently.
 */
import jwt from 'jsonwebtoken';

/** Vapi needs the key only for the one request that creates the call. */
export const scopedKeySeconds = 60;

/**
 * Seconds added at both ends to the validity of a key that never leaves this server, in case a clock is wrong. A browser's
 * key has no such leeway: it is bounded by Vapi's clock, as far as that is known (`vapi-clock`).
 */
const ownLeewaySeconds = 300;

export interface ScopedKeyOptions {
  orgId: string;
  privateKey: string;
  /** Null = any of the org, as a squad needs it: such a key must not leave this server. */
  assistantId: string | null;
  /** The page; omitted for our own use, since a server's request carries no Origin. */
  origin?: string;
}

/**
 * @param nowMs Vapi's clock, in epoch milliseconds
 * @returns a `public`-tag key for web calls of one assistant or, without one, of the org, and its expiry in epoch milliseconds
 */
export function signScopedKey(options: ScopedKeyOptions, nowMs: number): { key: string; expiresAt: number } {
  const leeway = options.origin ? 0 : ownLeewaySeconds;
  const now = Math.floor(nowMs / 1000);
  const iat = now - leeway;
  const exp = now + scopedKeySeconds + leeway;
  const restrictions = {
    enabled: true,
    ...(options.origin ? { allowedOrigins: [options.origin] } : {}),
    ...(options.assistantId === null ? {} : { allowedAssistantIds: [options.assistantId] }),
    allowTransientAssistant: false,
  };
  const payload = { orgId: options.orgId, token: { tag: 'public', restrictions }, iat, exp };
  return { key: jwt.sign(payload, options.privateKey, { algorithm: 'HS256' }), expiresAt: exp * 1000 };
}
