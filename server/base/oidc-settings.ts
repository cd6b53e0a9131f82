/** Settings of OpenID Connect, by which the operator's own staff signs in. */
import { isLoopback } from './outside.ts';

export interface OidcSettings {
  /** https, or a server on this machine. */
  issuer: string;
  clientId: string;
  clientSecret: string;
  /** Addresses, and domains without `@`, in lower case; empty allows every address that is in the team or invited. */
  allowed: string[];
  /** Of someone with an allowed address who is neither in the team nor invited; null keeps such people out. */
  newRole: 'manager' | 'billing' | 'viewer' | null;
}

const newRoles = ['manager', 'billing', 'viewer'] as const;

/** @returns null when none is set; what is wrong is added to `problems` */
export function readOidc(
  given: (name: string) => string | undefined,
  problems: string[],
): OidcSettings | null {
  const names = ['OIDC_ISSUER', 'OIDC_CLIENT_ID', 'OIDC_CLIENT_SECRET'] as const;
  const [issuer, clientId, clientSecret] = names.map(given);
  const role = given('OIDC_NEW_ROLE');
  const allowed = (given('OIDC_ALLOWED') ?? '')
    .split(',')
    .map((entry) => entry.trim().toLowerCase())
    .filter((entry) => entry !== '');
  if (![issuer, clientId, clientSecret, role].some(Boolean) && allowed.length === 0) return null;
  for (const name of names) if (!given(name)) problems.push(`${name} is missing: OIDC_… needs all three`);
  const url = URL.parse(issuer ?? '');
  const isSafe = url && (url.protocol === 'https:' || (url.protocol === 'http:' && isLoopback(url.hostname)));
  if (issuer && (!isSafe || url.search || url.hash || url.username)) {
    problems.push('OIDC_ISSUER must be an https URL without query, fragment or user');
  }
  for (const entry of allowed) {
    if (!/^([^\s@]+@)?[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(entry)) {
      problems.push(`OIDC_ALLOWED: ${entry} must be an e-mail address or a domain such as agency.example`);
    }
  }
  const newRole = newRoles.find((one) => one === role) ?? null;
  if (role && !newRole) problems.push(`OIDC_NEW_ROLE must be one of ${newRoles.join(', ')}`);
  // Anyone can have an address at a public issuer.
  if (role && allowed.length === 0)
    problems.push('OIDC_NEW_ROLE needs OIDC_ALLOWED: whose accounts are staff');
  return {
    issuer: issuer ?? '',
    clientId: clientId ?? '',
    clientSecret: clientSecret ?? '',
    allowed,
    newRole,
  };
}
