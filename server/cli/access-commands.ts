/** Commands about tenants and who may do what. */
import { platforms } from '../contract/snippet.ts';
import type { SignInLinkAnswer, SnippetView } from '../contract.ts';
import {
  type Command,
  type Flags,
  get,
  given,
  list,
  post,
  query,
  type Request,
  readJson,
  tenantPath,
} from './request.ts';
import { moment } from './text.ts';

export const accessCommands: Command[] = [
  {
    usage: 'tenants [list]',
    about: 'all tenants',
    ask: () => list('/v1/tenants', 'tenants', ['slug', 'name', 'status', 'timeZone']),
  },
  {
    usage: 'tenants deleted',
    about: 'deleted tenants, with the ids that their books are under',
    ask: () => list('/v1/billing/deleted-tenants', 'tenants', ['id', 'slug', 'name', 'deletedAt']),
  },
  {
    usage: 'tenants show <tenant>',
    about: 'its settings; secrets by their last four characters',
    ask: ([tenant = '']) => get(tenantPath(tenant)),
  },
  {
    usage: 'tenants create <file.json>',
    about: 'the answer holds the generated secrets, this once',
    ask: ([file = '']) => post('/v1/tenants', readJson(file)),
  },
  {
    usage: 'tenants look <file.json>',
    about: 'what the privateKey in it opens at Vapi: assistants, squads, phone numbers',
    ask: ([file = '']) => {
      const { privateKey } = readJson(file) as { privateKey?: unknown };
      return post('/v1/vapi/look', { privateKey });
    },
  },
  {
    usage: 'tenants setup <tenant>',
    about: 'what is left to do for it',
    ask: ([tenant = '']) => get(tenantPath(tenant, 'setup')),
  },
  {
    usage: 'tenants delete <tenant>',
    about: 'ends its calls and keys; its ledger and invoices remain',
    ask: ([tenant = '']) => ({ method: 'DELETE', path: tenantPath(tenant) }),
  },
  {
    usage: 'tenants pause|resume <tenant>',
    about: 'stops its agent, also calls in progress, or starts it again',
    ask: ([verb = '', tenant = '']) => post(tenantPath(tenant, verb)),
  },
  {
    usage: 'tenants allow <tenant> <origin>',
    about: 'allows one more page',
    ask: ([tenant = '', origin]) => post(tenantPath(tenant, 'allowed-origins'), { origin }),
  },
  {
    usage: 'snippet <tenant> [--platform <name>] [--lang <code>] [--origin <address of the site>]',
    about: `what to paste into the site: ${platforms.join(', ')}`,
    ask: ([tenant = ''], flags) => snippet(tenant, flags),
  },
  {
    usage: 'keys [list]',
    about: 'all API keys',
    ask: () => list('/v1/keys', 'keys', ['id', 'name', 'tenant', 'key', 'revokedAt']),
  },
  {
    usage: 'keys create <name> [--tenant <tenant>] [--write]',
    about: 'the answer holds the key, this once',
    ask: ([name], flags) => {
      const scopes = flags.write ? ['read', 'write'] : ['read'];
      return post('/v1/keys', { name, scopes, ...given(flags, 'tenant') });
    },
  },
  {
    usage: 'keys revoke <key id>',
    about: 'the key stops working',
    ask: ([id = '']) => ({ method: 'DELETE', path: `/v1/keys/${encodeURIComponent(id)}` }),
  },
  {
    usage: 'secrets reseal',
    about: 'seals every secret under the current SECRET_KEY, to end its rotation',
    ask: () => post('/v1/secrets/reseal'),
  },
  {
    usage: 'sign-in-link [<tenant>] [--email <address>]',
    about: 'a link into the operator’s portal, or that client’s; works once, for 15 minutes',
    ask: ([tenant], { email }) => signInLink(tenant, email),
  },
];

function snippet(tenant: string, flags: Flags): Request {
  return {
    ...get(`${tenantPath(tenant, 'snippet')}${query(given(flags, 'platform', 'lang', 'origin'))}`),
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
  return {
    ...post('/v1/sign-in-links', { ...(tenant && { tenant }), ...(email && { email }) }),
    tell(answer) {
      const { url, expiresAt, mailed } = answer as unknown as SignInLinkAnswer;
      const notMailed = email !== undefined && !mailed;
      const mail = notMailed
        ? ' It was not mailed: SMTP_URL is not set, or the mail server did not accept it.'
        : '';
      return {
        result: url,
        beside: `It works once, until ${moment(expiresAt)} UTC.${mail}`,
        exitCode: notMailed ? 3 : 0,
      };
    },
  };
}
