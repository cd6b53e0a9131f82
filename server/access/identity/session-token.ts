/**
 * The session: our permission for one call attempt. It is a signed token, so issuing one writes nothing; the reservation
 * that it becomes consumes it.
 */
import { randomBytes } from 'node:crypto';
import { z } from 'zod';
import type { DerivedKey } from '../../base/derived-keys.ts';
import { tokenKind } from './signed-token.ts';

/** Long enough to read the panel before the click, short enough that a leaked one is worth little. */
export const sessionSeconds = 120;

export const sessionClaims = z.object({
  jti: z.string().startsWith('ses_'),
  tenant: z.string(),
  /** A slug can get a new owner; the id cannot. */
  tenantId: z.string(),
  origin: z.string(),
  network: z.string(),
  /** Of its IPv6 /48, if it has one. */
  site: z.string().nullable().default(null),
  generation: z.int(),
  /** That the page has named; null = the tenant's main one. The start checks it again. */
  assistant: z.string().nullable().default(null),
});
export type SessionClaims = z.infer<typeof sessionClaims>;

const sessionToken = tokenKind('session', sessionClaims);
export const { verify: verifySession } = sessionToken;

/** @returns the token, the session's id and when it stops being valid, in epoch milliseconds */
export function issueSession(
  keys: DerivedKey[],
  claims: Omit<SessionClaims, 'jti'>,
  nowMs: number,
): { session: string; id: string; expiresAt: number } {
  const id = newSessionId();
  const expiresAt = (Math.floor(nowMs / 1000) + sessionSeconds) * 1000;
  return {
    session: sessionToken.issue(keys, { jti: id, ...claims }, expiresAt, nowMs),
    id,
    expiresAt,
  };
}

/** The reservation that the session becomes has it as its key, which makes the session usable once. */
export function newSessionId(): string {
  return `ses_${randomBytes(18).toString('base64url')}`;
}

/**
 * Permission to rate the one call that a key was handed out for. The browser creates that call, and its id is reported
 * to us only later: it is found by its session.
 */
export const feedbackToken = tokenKind('feedback', z.object({ tenant: z.string(), session: z.string() }));

/** Permission to end one call, for as long as that call can last. */
export const callToken = tokenKind('end-call', z.object({ tenant: z.string(), call: z.string() }));
