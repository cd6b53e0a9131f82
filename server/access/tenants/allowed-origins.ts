/**
 * Which pages may use a tenant's agent. Pure. An entry is `scheme://host[:port]`, parsed by the URL standard when it is
 * saved and matched exactly afterwards; a leading `*.` matches any subdomain and never the apex.
 */
import { isSharedHost } from './shared-hosts.ts';

export type ParsedOrigin = { ok: true; origin: string } | { ok: false; reason: string };

const loopback = /^(localhost|[a-z0-9-]+\.localhost|127\.0\.0\.1|\[::1\])$/;
/** Longer than any host name with scheme and port; anything longer is an attack on the parser, not a page. */
const maxLength = 300;

/**
 * The form in which an entry is stored and compared: lower case, IDN as punycode, no default port.
 * @param allowHttp whether plain http is permitted beyond localhost
 */
export function parseAllowedOrigin(entry: string, allowHttp = false): ParsedOrigin {
  const text = entry.trim();
  if (text === '') return refuse('it is empty');
  if (text.length > maxLength) return refuse('it is too long');
  if (text === '*' || text === 'null') return refuse(`"${text}" would admit every page`);
  const wildcard = /^(https?:\/\/)\*\./i.test(text);
  const url = URL.parse(wildcard ? text.replace('*.', '') : text);
  if (!url) return refuse('it is not of the form https://host');
  if (url.protocol !== 'https:' && url.protocol !== 'http:')
    return refuse('only https (and http on localhost) pages can be allowed');
  if (url.username || url.password) return refuse('it must not name a user');
  if (url.pathname !== '/' || url.search || url.hash || /[?#]$/.test(text)) {
    return refuse('an origin has no path: give only scheme and host');
  }
  const host = url.hostname;
  if (host === '' || host.endsWith('.') || host.includes('*')) {
    return refuse('the host is not valid; the only wildcard is one leading "*."');
  }
  if (url.protocol === 'http:' && !allowHttp && !loopback.test(host)) {
    return refuse('http is allowed only for localhost: use https');
  }
  if (!wildcard) return { ok: true, origin: url.origin };
  if (/^[\d.]+$/.test(host) || host.startsWith('[')) return refuse('an IP address has no subdomains');
  if (isSharedHost(host)) {
    return refuse(`anyone can register a name below ${host}`);
  }
  return { ok: true, origin: url.origin.replace('://', '://*.') };
}

/**
 * The entries that someone means: a bare domain, as people write it, is its https site with and without `www`; anything
 * else is itself. Not below a host where anyone can register a name, since `www` there may be someone else's.
 */
export function entriesMeantBy(entry: string): string[] {
  const text = entry.trim().replace(/\/$/, '');
  if (text.length > maxLength || !/^[^\s/:@?#*]+\.[^\s/:@?#*.]*[^\s/:@?#*.\d]$/.test(text)) return [entry];
  const host = URL.parse(`https://${text}`)?.hostname;
  if (!host) return [entry];
  const apex = host.replace(/^www\./, '');
  const hosts = !apex.includes('.') || isSharedHost(apex) ? [host] : [apex, `www.${apex}`];
  return hosts.map((one) => `https://${one}`);
}

/**
 * Whether the page with this `Origin` header may use the agent. Denies by default: an absent, opaque or malformed
 * origin, and everything when the list is empty.
 * @param allowed entries as `parseAllowedOrigin` made them
 */
export function isOriginAllowed(allowed: readonly string[], header: string | undefined): header is string {
  if (!header || header.length > maxLength) return false;
  // A browser sends the serialized origin; anything that does not survive the round trip was written by hand.
  // No page's host contains a star, but a wildcard entry does.
  if (URL.parse(header)?.origin !== header || header.includes('*')) return false;
  if (allowed.includes(header)) return true;
  const [scheme, rest] = header.split('://') as [string, string];
  return allowed.some((entry) => {
    if (!entry.startsWith(`${scheme}://*.`)) return false;
    const suffix = entry.slice(scheme.length + '://*'.length);
    const label = rest.slice(0, -suffix.length);
    if (!rest.endsWith(suffix) || label === '' || label.endsWith('.') || rest.endsWith('.')) return false;
    // A list may be older than what we know about its hosts.
    return !isSharedHost(suffix.slice(1).replace(/:\d+$/, ''));
  });
}

function refuse(reason: string): ParsedOrigin {
  return { ok: false, reason };
}
