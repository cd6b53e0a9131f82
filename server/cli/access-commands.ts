/** Commands about tenants and who may do what. */
import { platforms } from '../contract/snippet.ts';
import type {
  PublicKeyAnswer,
  SignInLinkAnswer,
  SnippetView,
  TalkLink,
  UnwireAnswer,
  WireAnswer,
} from '../contract.ts';
import {
  type Command,
  command,
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
  command('tenants [list]', 'all tenants', () =>
    list('/v1/tenants', 'tenants', ['slug', 'name', 'status', 'timeZone']),
  ),
  command('tenants deleted', 'deleted tenants, with the ids that their books are under', () =>
    list('/v1/billing/deleted-tenants', 'tenants', ['id', 'slug', 'name', 'deletedAt']),
  ),
  command('tenants show <tenant>', 'its settings; secrets by their last four characters', ([tenant = '']) =>
    get(tenantPath(tenant)),
  ),
  command('tenants create <file.json>', 'the answer holds the generated secrets, this once', ([file = '']) =>
    post('/v1/tenants', readJson(file)),
  ),
  command(
    'tenants look <file.json>',
    'what the privateKey in it opens at Vapi: assistants, squads, phone numbers',
    ([file = '']) => {
      const { privateKey } = readJson(file) as { privateKey?: unknown };
      return post('/v1/vapi/look', { privateKey });
    },
  ),
  command('tenants setup <tenant>', 'what is left to do for it', ([tenant = '']) =>
    get(tenantPath(tenant, 'setup')),
  ),
  command(
    'tenants talk <tenant>',
    'a link to talk to its agent, on the host of TALK_URL; works for ten minutes',
    ([tenant = '']) => ({
      ...post(tenantPath(tenant, 'talk')),
      tell(answer) {
        const { url, expiresAt } = answer as unknown as TalkLink;
        return { result: url, beside: `It works until ${moment(expiresAt)} UTC.`, exitCode: 0 };
      },
    }),
  ),
  command(
    'tenants delete <tenant>',
    'ends its calls and keys; its ledger and invoices remain',
    ([tenant = '']) => ({ method: 'DELETE', path: tenantPath(tenant) }),
  ),
  command(
    'tenants pause|resume <tenant>',
    'stops its agent, also calls in progress, or starts it again',
    ([verb = '', tenant = '']) => post(tenantPath(tenant, verb)),
  ),
  command('tenants allow <tenant> <origin>', 'allows one more page', ([tenant = '', origin]) =>
    post(tenantPath(tenant, 'allowed-origins'), { origin }),
  ),
  command(
    'tenants wiring <tenant>',
    'whether Vapi reports the calls of its assistants here, and what to do where it does not',
    ([tenant = '']) =>
      list(tenantPath(tenant, 'wiring'), 'assistants', [
        'assistantId',
        'name',
        'state',
        'lastReportAt',
        'problem',
      ]),
  ),
  command(
    'tenants wire <tenant> [--dry-run]',
    'points its assistants at this server; with --dry-run, shows what would change',
    ([tenant = ''], flags) => ({
      ...post(`${tenantPath(tenant, 'wire')}${query({ 'dry-run': flags['dry-run'] ?? false })}`),
      tell: (answer) => tellWiring(answer as unknown as WireAnswer),
    }),
  ),
  command(
    'tenants unwire <tenant>',
    'points its assistants back at the servers that they had before',
    ([tenant = '']) => ({
      ...post(tenantPath(tenant, 'unwire')),
      tell: (answer) => tellUnwiring(answer as unknown as UnwireAnswer),
    }),
  ),
  command(
    'tenants vapi-key <tenant> make|revoke',
    'its public key at Vapi, for the access mode public-key: makes one, replacing the one made before, or revokes it',
    ([tenant = '', verb]) => ({
      ...{ method: verb === 'make' ? 'POST' : 'DELETE', path: tenantPath(tenant, 'vapi-key') },
      tell: (answer) => tellKey(answer as unknown as PublicKeyAnswer),
    }),
  ),
  command(
    'snippet <tenant> [--platform <name>] [--lang <code>] [--assistant <id>] [--origin <address of the site>]',
    `what to paste into the site: ${platforms.join(', ')}`,
    ([tenant = ''], flags) => snippet(tenant, flags),
  ),
  command('keys [list]', 'all API keys', () =>
    list('/v1/keys', 'keys', ['id', 'name', 'tenant', 'key', 'revokedAt']),
  ),
  command(
    'keys create <name> [--tenant <tenant>] [--write]',
    'the answer holds the key, this once',
    ([name], flags) => {
      const scopes = flags.write ? ['read', 'write'] : ['read'];
      return post('/v1/keys', { name, scopes, ...given(flags, 'tenant') });
    },
  ),
  command('keys revoke <key id>', 'the key stops working', ([id = '']) => ({
    method: 'DELETE',
    path: `/v1/keys/${encodeURIComponent(id)}`,
  })),
  command('secrets reseal', 'seals every secret under the current SECRET_KEY, to end its rotation', () =>
    post('/v1/secrets/reseal'),
  ),
  command(
    'sign-in-link [<tenant>] [--email <address>]',
    'a link into the operator’s portal, or that client’s; works once, for 15 minutes',
    ([tenant], { email }) => signInLink(tenant, email),
  ),
];

function tellWiring({ dryRun, assistants, notes }: WireAnswer) {
  const result = assistants.map(({ assistantId, name, changed, server, state }) => {
    const plan = changed ? `would report to ${server.after.url}` : 'reports here';
    return `${name ?? assistantId}: ${dryRun ? plan : state}`;
  });
  return told(result, assistants, notes);
}

function tellUnwiring({ assistants }: UnwireAnswer) {
  const result = assistants.map(
    ({ assistantId, name, url }) => `${name ?? assistantId}: ${url ?? 'no server'}`,
  );
  return told(result.length > 0 ? result : ['nothing reported here'], assistants);
}

function tellKey({ outcome, publicKey, origins, steps, notes }: PublicKeyAnswer) {
  const results = {
    made: `${publicKey}: made for ${origins.join(', ') || 'no page'}`,
    revoked: 'revoked: browsers no longer get it',
    'by-hand': 'Nothing was changed: this private key may not make keys at Vapi.',
  };
  const left = steps.map((step, index) => `${index + 1}. ${step}`);
  const beside = [...notes, ...(left.length > 0 ? ['Left to do at Vapi:', ...left] : [])].join('\n');
  return { result: results[outcome], beside, exitCode: steps.length > 0 ? 3 : 0 };
}

function told(
  result: string[],
  assistants: { assistantId: string; name: string | null; problem: string | null }[],
  notes: string[] = [],
) {
  const problems = assistants.flatMap(({ assistantId, name, problem }) =>
    problem === null ? [] : `${name ?? assistantId}: ${problem}`,
  );
  const beside = [...problems, ...notes].join('\n');
  return { result: result.join('\n'), beside, exitCode: problems.length > 0 ? 3 : 0 };
}

function snippet(tenant: string, flags: Flags): Request {
  return {
    ...get(
      `${tenantPath(tenant, 'snippet')}${query(given(flags, 'platform', 'lang', 'assistant', 'origin'))}`,
    ),
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
