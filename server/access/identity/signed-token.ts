/** Our own JWTs: one algorithm, a named key, a purpose, an expiry. Everything else is rejected. */
import jwt from 'jsonwebtoken';
import type { z } from 'zod';
import type { DerivedKey } from '../../base/derived-keys.ts';

export type Verified<Claims> = { ok: true; claims: Claims } | { ok: false; reason: 'expired' | 'invalid' };

/** Tokens of one purpose: no other purpose accepts them. */
export function tokenKind<Schema extends z.ZodType<object>>(audience: string, schema: Schema) {
  return {
    issue(keys: DerivedKey[], claims: z.infer<Schema>, expiresAtMs: number, nowMs: number): string {
      const current = keys[0];
      if (!current) throw new Error('no key to sign with');
      const payload = {
        ...claims,
        aud: audience,
        iat: Math.floor(nowMs / 1000),
        exp: Math.floor(expiresAtMs / 1000),
      };
      return jwt.sign(payload, current.key, { algorithm: 'HS256', keyid: current.id });
    },

    verify(keys: DerivedKey[], token: string, nowMs: number): Verified<z.infer<Schema>> {
      try {
        // Throws when the payload is not JSON, although nothing has been verified yet.
        const keyId = jwt.decode(token, { complete: true })?.header.kid;
        const found = keys.find((key) => key.id === keyId);
        if (!found) return { ok: false, reason: 'invalid' };
        const payload = jwt.verify(token, found.key, {
          algorithms: ['HS256'],
          audience,
          clockTimestamp: Math.floor(nowMs / 1000),
        });
        const claims = schema.safeParse(payload);
        return claims.success ? { ok: true, claims: claims.data } : { ok: false, reason: 'invalid' };
      } catch (error) {
        return { ok: false, reason: error instanceof jwt.TokenExpiredError ? 'expired' : 'invalid' };
      }
    },
  };
}
