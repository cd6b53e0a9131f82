/**
 * Requests to addresses that somebody else has named. They must lead to the public internet, whatever a name resolves to
 * and wherever a redirect points: else whoever names one could have this server ask its own network.
 */
import { lookup } from 'node:dns';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import type { Config } from '../config.ts';

/** Not on the public internet (IANA's special-purpose registries). IPv4 inside IPv6 counts as IPv4. */
const reserved = listOf([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/3', '::/128', '::1/128', '64:ff9b::/96', '64:ff9b:1::/48', '100::/64'],
  ...[
    '2001::/23',
    '2001:db8::/32',
    '2002::/16',
    '3fff::/20',
    '5f00::/16',
    'fc00::/7',
    'fe80::/9',
    'ff00::/8',
  ],
]);
const loopback = listOf(['127.0.0.0/8', '::1/128']);

function listOf(subnets: string[]): BlockList {
  const list = new BlockList();
  for (const subnet of subnets) {
    const [address = '', bits] = subnet.split('/');
    list.addSubnet(address, Number(bits), address.includes(':') ? 'ipv6' : 'ipv4');
  }
  return list;
}

const isIn = (list: BlockList, address: string) => list.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4');

export interface Outside {
  /** For trying things out against servers on this machine, over plain http too. */
  allowLoopback: boolean;
}

/** Where Vapi itself is on this machine, as the emulator is, so may be what it names; in earnest nothing may. */
export function outsideOf(config: Config): Outside {
  const host = new URL(config.vapiBaseUrl).hostname;
  return { allowLoopback: isLoopback(host) };
}

/** @param address IPv4 or IPv6 */
export function isOutside(address: string, { allowLoopback }: Outside): boolean {
  if (isIP(address) === 0) return false;
  return (allowLoopback && isIn(loopback, address)) || !isIn(reserved, address);
}

/**
 * What can be told of a URL without asking anybody; a name still has to be resolved.
 * @returns why it leads nowhere that may be asked, as the end of a sentence; null when it may
 */
export function outsideProblem(text: string, outside: Outside): string | null {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return 'is no https URL';
  if (url.username || url.password) return 'names a user or a password';
  const local = isLoopback(url.hostname);
  if (url.protocol === 'http:' && !(local && outside.allowLoopback)) return 'is no https URL';
  const host = bare(url.hostname);
  const inside = local ? !outside.allowLoopback : isIP(host) !== 0 && !isOutside(host, outside);
  return inside ? 'is not on the public internet' : null;
}

function isLoopback(hostname: string): boolean {
  const host = bare(hostname);
  return /(^|\.)localhost\.?$/.test(host) || (isIP(host) !== 0 && isIn(loopback, host));
}

/** An IPv6 address without the brackets that it has in a URL. */
const bare = (hostname: string) => hostname.replace(/^\[(.*)\]$/, '$1');

const mostRedirects = 3;

/**
 * Gets a resource, following redirects as far as each leads outside. The body has not been read.
 * @param signal ends the request, and the reading of its body too
 * @throws when it leads elsewhere, or there is no answer
 */
export async function getOutside(
  text: string,
  outside: Outside,
  signal: AbortSignal,
): Promise<IncomingMessage> {
  let url = text;
  for (let redirects = 0; redirects <= mostRedirects; redirects += 1) {
    const problem = outsideProblem(url, outside);
    if (problem) throw new Error(`the address ${problem}`);
    const answer = await get(new URL(url), outside, signal);
    const { statusCode = 0, headers } = answer;
    if (statusCode < 300 || statusCode > 399 || headers.location === undefined) return answer;
    answer.destroy();
    url = new URL(headers.location, url).href;
  }
  throw new Error('the address redirects too often');
}

function get(url: URL, outside: Outside, signal: AbortSignal): Promise<IncomingMessage> {
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    // A connection of its own: a kept one may have been made without this look at its address.
    const options = {
      agent: false,
      lookup: lookupOutside(outside),
      signal,
      headers: { 'user-agent': 'vapi-agent' },
    };
    request(url, options, resolve).on('error', reject).end();
  });
}

/** What is looked at is what is connected to, so that a name cannot resolve to one address now and another then. */
export function lookupOutside(outside: Outside): LookupFunction {
  return (hostname, options, done) =>
    lookup(hostname, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
      const inside = !error && !addresses.every((address) => isOutside(address, outside));
      done(inside ? new Error('the address is not on the public internet') : error, found, family);
    });
}
