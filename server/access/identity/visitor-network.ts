/** How visitors are counted: by IPv4 address or IPv6 /56 (and its /48), as a keyed hash; no address is ever stored. */
import { createHmac } from 'node:crypto';
import { isIPv4, isIPv6 } from 'node:net';
import type { DerivedKey } from '../../base/derived-keys.ts';
import { safeEqual } from '../../base/safe-equal.ts';

/**
 * How many times a network's limits an IPv6 /48 gets. A site or a rented server often has a whole /48, which is 256
 * networks; but some providers put that many households in one.
 */
export const networksPerSite = 4;

/**
 * A household or server gets a whole IPv6 /56 or more, so it can change single IPv6 addresses at no cost.
 * @param said as the socket or a trusted proxy reports it, perhaps with a port; anything unreadable shares one bucket
 */
export function networkOf(said: string | undefined): string {
  const { ipv4, ipv6 } = read(said);
  return ipv4 ?? (ipv6 ? `${ipv6.slice(0, 14)}/56` : 'unknown');
}

/** The IPv6 /48 around the network; null for everything else. */
export function siteOf(said: string | undefined): string | null {
  const { ipv6 } = read(said);
  return ipv6 ? `${ipv6.slice(0, 12)}/48` : null;
}

/** How servers that send to us are counted: by IPv4 address or the whole IPv6 /48, which a rented server often has. */
export function senderNetworkOf(said: string | undefined): string {
  return siteOf(said) ?? networkOf(said);
}

/** An IPv4 address, or the first eight bytes of an IPv6 address in hexadecimal. */
function read(said: string | undefined): { ipv4?: string; ipv6?: string } {
  if (!said) return {};
  const address = /^\[(.+)\](?::\d{1,5})?$/.exec(said)?.[1] ?? /^([\d.]+):\d{1,5}$/.exec(said)?.[1] ?? said;
  const mapped = /^::ffff:(\d+\.\d+\.\d+\.\d+)$/i.exec(address)?.[1];
  if (mapped) return { ipv4: mapped };
  if (isIPv4(address)) return { ipv4: address };
  const withoutZone = address.split('%')[0] ?? '';
  if (!isIPv6(withoutZone)) return {};
  const canonical = new URL(`http://[${withoutZone}]`).hostname.slice(1, -1);
  const [head = '', tail = ''] = canonical.split('::');
  const front = head === '' ? [] : head.split(':');
  const back = tail === '' ? [] : tail.split(':');
  const groups = canonical.includes('::')
    ? [...front, ...Array<string>(8 - front.length - back.length).fill('0'), ...back]
    : front;
  const ipv6 = groups
    .slice(0, 4)
    .map((group) => group.padStart(4, '0'))
    .join('');
  return { ipv6 };
}

export function hashNetwork(keys: DerivedKey[], network: string): string {
  const current = keys[0];
  if (!current) throw new Error('no key to hash with');
  return hashWith(current, network);
}

/** Also accepts a hash made before the secret key was changed. */
export function isNetwork(keys: DerivedKey[], network: string, hash: string): boolean {
  return keys.some((key) => safeEqual(hashWith(key, network), hash));
}

function hashWith({ key }: DerivedKey, network: string): string {
  return createHmac('sha256', key).update(network).digest('base64url').slice(0, 22);
}
