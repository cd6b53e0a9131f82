import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * The only comparison of secrets in this server: it compares equal-length digests, so the time it takes does not depend
 * on where the secrets differ or on their lengths.
 */
export function safeEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
