/** What we count a visitor by: its IPv4 address or IPv6 /56, as a keyed hash, so that no address is ever stored. */
import { createHmac } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import type { DerivedKey } from './derived-keys.ts';
import { safeEqual } from './safe-equal.ts';

/**
 * One household or server gets a whole IPv6 /56 or more, so single IPv6 addresses are free to change.
 * @param said as the socket or a trusted proxy says it, some proxies with a port; anything unreadable shares one bucket
 */
export function networkOf(said: string | undefined): string {
  if (!said) return 'unknown';
  const address = /^\[(.+)\](?::\d{1,5})?$/.exec(said)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(said)?.[1] ?? said;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return mapped;
  if (isIPv4(address)) return address;
  const withoutZone = address.split('%')[0] ?? '';
  if (!isIPv6(withoutZone)) return 'unknown';
  const canonical = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1);
  const [head = '', tail = ''] = canonical.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const groups = canonical.includes('::')
    ? [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back]
    : front;
  const bytes = groups
    .slice(0, 4)
    .map((group) => group.padStart(4, '0'))
    .join('');
  return `${bytes.slice(0, 14)}/56`;
}

export function hashNetwork(keys: DerivedKey[], network: string): string {
  const current = keys[0];
  if (!current) throw new Error('no key to hash with');
  return hashWith(current, network);
}

/** Also when the hash was made before the secret key was changed. */
export function isNetwork(keys: DerivedKey[], network: string, hash: string): boolean {
  return keys.some((key) => safeEqual(hashWith(key, network), hash));
}

function hashWith({ key }: DerivedKey, network: string): string {
  return createHmac('sha256', key).update(network).digest('base64url').slice(0, 22);
}
