/**
 * The session: our permission for one call attempt. A signed token, so issuing one writes nothing; it is consumed by
 * the reservation that it becomes.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { DerivedKey } from '../../base/derived-keys.ts';
import { signToken, type Verified, verifyToken } from './signed-token.ts';

/** Long enough to read the panel before the click, short enough that a leaked one is worth little. */
export const sessionSeconds = 120;

const sessionClaims = z.object({
  jti: z.string().startsWith('ses_'),
  tenant: z.string(),
  /** A slug can get a new owner; the id cannot. */
  tenantId: z.string(),
  origin: z.string(),
  network: z.string(),
  /** Of its IPv6 /48, if it has one. */
  site: z.string().nullable().default(null),
  generation: z.int(),
});
export type SessionClaims = z.infer<typeof sessionClaims>;

/** @returns the token and when it stops being valid, in epoch milliseconds */
export function issueSession(
  keys: DerivedKey[],
  claims: Omit<SessionClaims, 'jti'>,
  nowMs: number,
): { session: string; expiresAt: number } {
  const jti = newSessionId();
  const expiresAt = (Math.floor(nowMs / 1000) + sessionSeconds) * 1000;
  return { session: signToken(keys, 'session', { jti, ...claims }, expiresAt, nowMs), expiresAt };
}

/** The reservation that it becomes has it as its key, which is what makes it usable once. */
export function newSessionId(): string {
  return `ses_${randomBytes(18).toString('base64url')}`;
}

export function verifySession(keys: DerivedKey[], token: string, nowMs: number): Verified<SessionClaims> {
  return verifyToken(keys, 'session', token, sessionClaims, nowMs);
}

/** Of the browser's own call, whose id we are told only later: it is found by the session that it came from. */
const feedbackClaims = z.object({ tenant: z.string(), session: z.string() });

/** Permission to rate the one call that a key was handed out for. */
export function issueFeedbackToken(
  keys: DerivedKey[],
  claims: z.infer<typeof feedbackClaims>,
  expiresAtMs: number,
  nowMs: number,
): string {
  return signToken(keys, 'feedback', claims, expiresAtMs, nowMs);
}

export function verifyFeedbackToken(
  keys: DerivedKey[],
  token: string,
  nowMs: number,
): Verified<z.infer<typeof feedbackClaims>> {
  return verifyToken(keys, 'feedback', token, feedbackClaims, nowMs);
}

const endClaims = z.object({ tenant: z.string(), call: z.string() });

/** Permission to end one call, for as long as that call can last. */
export function issueEndToken(
  keys: DerivedKey[],
  claims: z.infer<typeof endClaims>,
  expiresAtMs: number,
  nowMs: number,
): string {
  return signToken(keys, 'end-call', claims, expiresAtMs, nowMs);
}

export function verifyEndToken(
  keys: DerivedKey[],
  token: string,
  nowMs: number,
): Verified<z.infer<typeof endClaims>> {
  return verifyToken(keys, 'end-call', token, endClaims, nowMs);
}
