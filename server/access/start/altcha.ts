/**
 * ALTCHA proof of work (altcha.org, version 2), created and checked here: no third party learns about the visitor. It makes
 * an attacker's starts expensive, about half a second of one core each; the limits are what stops them.
 */
import { randomInt } from 'node:crypto';
import { type Challenge, createChallenge, type Payload, verifySolution } from 'altcha-lib';
import { deriveKey } from 'altcha-lib/algorithms/pbkdf2';
import { z } from 'zod';
import type { DerivedKey } from '../../base/derived-keys.ts';
import type { Challenger } from './challenger.ts';

/** PBKDF2 iterations per try, and how many tries the solver needs. */
const work = { cost: 1500, minTries: 500, maxTries: 1200 };
const lifetimeMs = 5 * 60_000;

const payloadSchema = z.object({
  challenge: z.looseObject({
    parameters: z.looseObject({
      algorithm: z.literal('PBKDF2/SHA-256'),
      nonce: z.string().max(100),
      salt: z.string().max(100),
      cost: z.literal(work.cost),
      keyPrefix: z.string().max(200),
      keyLength: z.literal(32),
      expiresAt: z.number(),
      data: z.object({ tenant: z.string(), origin: z.string() }),
    }),
    signature: z.string().max(200),
  }),
  solution: z.object({ counter: z.int().min(0).max(0xffff_ffff), derivedKey: z.string().max(200) }),
});

export function altcha(keys: DerivedKey[]): Challenger {
  const secretsOf = (key: DerivedKey) => ({
    hmacSignatureSecret: key.key.export().toString('base64url'),
    hmacKeySignatureSecret: `${key.key.export().toString('base64url')}.key`,
  });
  return {
    async issue(subject, nowMs): Promise<Challenge> {
      const current = keys[0];
      if (!current) throw new Error('no key to sign with');
      return createChallenge({
        algorithm: 'PBKDF2/SHA-256',
        cost: work.cost,
        counter: randomInt(work.minTries, work.maxTries),
        deriveKey,
        data: { ...subject },
        expiresAt: Math.floor((nowMs + lifetimeMs) / 1000),
        ...secretsOf(current),
      });
    },
    async verify(solution, subject, nowMs) {
      const payload = readPayload(solution);
      if (!payload) return null;
      const { expiresAt, data, nonce, salt } = payload.challenge.parameters;
      if (data.tenant !== subject.tenant || data.origin !== subject.origin) return null;
      if (expiresAt * 1000 <= nowMs) return null;
      for (const key of keys) {
        const result = await verifySolution({ ...(payload as Payload), deriveKey, ...secretsOf(key) });
        if (result.verified) return { id: `${nonce}.${salt}`, expiresAt: expiresAt * 1000 };
      }
      return null;
    },
  };
}

function readPayload(solution: string): z.infer<typeof payloadSchema> | null {
  try {
    return payloadSchema.parse(JSON.parse(Buffer.from(solution, 'base64').toString('utf8')));
  } catch {
    return null;
  }
}
