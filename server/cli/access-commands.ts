/** Commands about tenants and who may do what. */
import type { SignInLinkAnswer, SnippetView } from '../contract.ts';
import { type Command, type Flags, given, list, query, type Request, tenantPath } from './request.ts';

export const accessCommands: Record<string, Command> = {
  secrets: ([verb]) => (verb === 'reseal' ? { method: 'POST', path: '/v1/secrets/reseal' } : null),

  tenants: ([verb, tenant, origin]) => {
    if (verb === undefined) return list('/v1/tenants', 'tenants', ['slug', 'name', 'status', 'timeZone']);
    if (verb === 'deleted') {
      return list('/v1/billing/deleted-tenants', 'tenants', ['id', 'slug', 'name', 'deletedAt']);
    }
    if (!tenant) return null;
    if (verb === 'allow' && origin) {
      return { method: 'POST', path: `${tenantPath(tenant)}/allowed-origins`, body: { origin } };
    }
    return /^(pause|resume)$/.test(verb) ? { method: 'POST', path: `${tenantPath(tenant)}/${verb}` } : null;
  },
  snippet: ([tenant], flags) => (tenant ? snippet(tenant, flags) : null),
  keys: ([verb, name], flags) => {
    if (verb === undefined) {
      return list('/v1/keys', 'keys', ['id', 'name', 'tenant', 'key', 'revokedAt']);
    }
    if (!name) return null;
    if (verb === 'create') {
      const scopes = flags.write ? ['read', 'write'] : ['read'];
      return { method: 'POST', path: '/v1/keys', body: { name, scopes, ...given(flags, 'tenant') } };
    }
    return verb === 'revoke' ? { method: 'DELETE', path: `/v1/keys/${encodeURIComponent(name)}` } : null;
  },
  'sign-in-link': ([tenant], { email }) => signInLink(tenant, email),
};

function snippet(tenant: string, flags: Flags): Request {
  return {
    method: 'GET',
    path: `${tenantPath(tenant)}/snippet${query(flags, 'platform', 'lang', 'origin')}`,
    tell(answer) {
      const { snippet, where, notes, origin } = answer as unknown as SnippetView;
      const refused = origin !== null && !origin.allowed;
      const warning = refused
        ? `\nWarning: ${origin.origin} is not an allowed origin of ${tenant}, so the agent will not start there.
Allow it: vapi-agent tenants allow ${tenant} ${origin.origin}`
        : '';
      return {
        result: snippet,
        beside: [`Where it goes: ${where}`, ...notes].join('\n') + warning,
        exitCode: refused ? 3 : 0,
      };
    },
  };
}

function signInLink(tenant: string | undefined, email: string | undefined): Request {
  const body = { ...(tenant ? { tenant } : {}), ...(email ? { email } : {}) };
  return {
    method: 'POST',
    path: '/v1/sign-in-links',
    body,
    tell(answer) {
      const { url, expiresAt, mailed } = answer as unknown as SignInLinkAnswer;
      const notMailed = email !== undefined && !mailed;
      const mail = notMailed
        ? ' It was not mailed: SMTP_URL is not set, or the mail server did not take it.'
        : '';
      return {
        result: url,
        beside: `It works once, until ${expiresAt}.${mail}`,
        exitCode: notMailed ? 3 : 0,
      };
    },
  };
}
