/**
 * Requests to addresses that someone else has named. They must lead to the public internet, whatever a name resolves to
 * and wherever a redirect points: otherwise they could make this server send requests to its own network. Only for what
 * the operator itself has entered does `ALLOW_PRIVATE_TARGETS` name exceptions.
 */
import { lookup } from 'node:dns';
import { type IncomingMessage, request as plainRequest } from 'node:http';
import { request as tlsRequest } from 'node:https';
import { isIP, type LookupFunction } from 'node:net';
import { Readable } from 'node:stream';
import {
  bare,
  isIn,
  isPrivateTarget,
  listOf,
  namesPrivateTarget,
  type PrivateTargets,
  privateTargets,
} from './private-targets.ts';

/** The public internet: of IPv6 only 2000::/3 has been allocated. IPv4 as ::ffff:a.b.c.d counts as IPv4. */
const unicast = listOf(['0.0.0.0/0', '2000::/3']);
/**
 * Exceptions (IANA's special-purpose registries), including addresses that carry an IPv4 address to a relay that
 * unpacks it: Teredo (within 2001::/23) and 6to4 (2002::/16). NAT64 (64:ff9b::/96, 64:ff9b:1::/48), IPv4-compatible
 * (::/96) and IPv4-translated (::ffff:0:0:0/96) addresses are outside 2000::/3.
 */
const reserved = listOf([
  ...['0.0.0.0/8', '10.0.0.0/8', '100.64.0.0/10', '127.0.0.0/8', '169.254.0.0/16', '172.16.0.0/12'],
  ...['192.0.0.0/24', '192.0.2.0/24', '192.88.99.0/24', '192.168.0.0/16', '198.18.0.0/15', '198.51.100.0/24'],
  ...['203.0.113.0/24', '224.0.0.0/3', '2001::/23', '2001:db8::/32', '2002::/16', '3fff::/20'],
  // Azure's own, with credentials for the machine that asks.
  '168.63.129.16/32',
]);
const loopback = listOf(['127.0.0.0/8', '::1/128']);

export interface Outside {
  /** For tests against servers on this machine, also over plain http. */
  allowLoopback: boolean;
  /** Exceptions; none for what Vapi or a stranger has named. */
  targets?: PrivateTargets;
}

/** If Vapi is on this machine, as the emulator is, the addresses it names may be too; never in production. */
export function outsideOf({ vapiBaseUrl }: { vapiBaseUrl: string }): Outside {
  const host = new URL(vapiBaseUrl).hostname;
  return { allowLoopback: isLoopback(host) };
}

/** For an address that the operator has entered: hooks, notices, forwarding. Also what `ALLOW_PRIVATE_TARGETS` lists. */
export function outsideOrListed(config: { vapiBaseUrl: string; privateTargets: string[] }): Outside {
  return { ...outsideOf(config), targets: privateTargets(config.privateTargets) };
}

/** @param address IPv4 or IPv6 */
export function isOutside(address: string, { allowLoopback }: Outside): boolean {
  if (isIP(address) === 0) return false;
  if (allowLoopback && isIn(loopback, address)) return true;
  return isIn(unicast, address) && !isIn(reserved, address);
}

/**
 * What a URL shows without any request; a name still has to be resolved.
 * @returns why it may not be requested, as the end of a sentence; null when it may
 */
export function outsideProblem(text: string, outside: Outside): string | null {
  const url = URL.parse(text);
  if (!url || !/^https?:$/.test(url.protocol)) return 'is not an https URL';
  if (url.username || url.password) return 'names a user or a password';
  // In a private network few servers have a certificate.
  if (outside.targets && namesPrivateTarget(url.hostname, outside.targets)) return null;
  const local = isLoopback(url.hostname);
  if (url.protocol === 'http:' && !(local && outside.allowLoopback)) return 'is not an https URL';
  const host = bare(url.hostname);
  const inside = local ? !outside.allowLoopback : isIP(host) !== 0 && !isOutside(host, outside);
  return inside ? 'is not on the public internet' : null;
}

/** @param hostname of a `URL` */
export function isLoopback(hostname: string): boolean {
  const host = bare(hostname);
  return /(^|\.)localhost$/.test(host) || (isIP(host) !== 0 && isIn(loopback, host));
}

export interface Get {
  headers: Record<string, string>;
  /** Ends the request, and the reading of its body too. */
  signal: AbortSignal;
}

/**
 * Gets a resource. A redirect is returned and not followed: the caller decides whether it may lead on. The body has not
 * been read.
 * @throws when the address does not lead outside, or there is no answer
 */
export function getOutside(text: string, outside: Outside, get: Get): Promise<IncomingMessage> {
  return ask(text, outside, { method: 'GET', ...get });
}

export interface Post {
  headers: Record<string, string>;
  body: string | Buffer;
  /** Also ends reading the answer. */
  signal: AbortSignal;
}

/** Statuses for which a `Response` must not have a body. */
const bodiless = [204, 205, 304];

/**
 * Posts to an address outside. A redirect is returned and not followed: it would send the body, and the secrets in its
 * headers, to an address that no one has named. The answer's body has not been read.
 * @throws when the address does not lead outside, or there is no answer
 */
export async function postOutside(text: string, outside: Outside, post: Post): Promise<Response> {
  const answer = await ask(text, outside, { method: 'POST', ...post });
  const { statusCode: status = 0 } = answer;
  const headers = new Headers();
  for (const [name, values] of Object.entries(answer.headersDistinct)) {
    for (const value of values ?? []) headers.append(name, value);
  }
  if (bodiless.includes(status)) answer.resume();
  const body = bodiless.includes(status) ? null : (Readable.toWeb(answer) as unknown as BodyInit);
  return new Response(body, { status, headers });
}

async function ask(
  text: string,
  outside: Outside,
  { method, headers = {}, body, signal }: Partial<Post> & { method: string; signal: AbortSignal },
): Promise<IncomingMessage> {
  const problem = outsideProblem(text, outside);
  if (problem) throw new Error(`the address ${problem}`);
  const url = new URL(text);
  const request = url.protocol === 'https:' ? tlsRequest : plainRequest;
  return new Promise((resolve, reject) => {
    const options = {
      method,
      // A new connection: a kept one may have been made without this check of its address.
      agent: false,
      lookup: lookupOutside(outside),
      signal,
      headers: { 'user-agent': 'vapi-agent', ...headers },
    };
    request(url, options, resolve).on('error', reject).end(body);
  });
}

/** Checks the very address that is connected to: a name could resolve to another one the second time. */
export function lookupOutside(outside: Outside): LookupFunction {
  return (hostname, options, done) =>
    lookup(hostname, options, (error, found, family) => {
      const addresses = Array.isArray(found) ? found.map(({ address }) => address) : [found];
      const { targets } = outside;
      const isAllowed = (address: string) =>
        isOutside(address, outside) || (targets !== undefined && isPrivateTarget(hostname, address, targets));
      const inside = !error && !addresses.every(isAllowed);
      done(inside ? new Error('the address is not on the public internet') : error, found, family);
    });
}
