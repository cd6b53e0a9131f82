import { createHash, timingSafeEqual } from 'node:crypto';

/**
 * The one way in which this server compares secrets: takes the same time wherever they differ and whatever their
 * lengths, because equal-length digests are compared.
 */
export function safeEqual(a: string, b: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(a), digest(b));
}
