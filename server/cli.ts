/**
 * `npm run cli -- <command>`, and `vapi-agent <command>` of the npm package: what an operator does from a shell, over the
 * same HTTP API as everybody else, so that it works against any running server. Reads VAPI_AGENT_URL (default this
 * machine and PORT) and OPERATOR_API_KEY.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { parseArgs } from 'node:util';
import { platforms, type SignInLinkAnswer, type SnippetView } from './contract.ts';

if (existsSync('.env')) loadEnvFile('.env');

const usage = `Usage: vapi-agent <command> [--json]       (in a clone: npm run cli -- <command>)

  start                                runs the server, configured by the environment
  tenants                              all tenants
  tenants pause|resume <tenant>
  tenants allow <tenant> <origin>      lets one more page in
  snippet <tenant> [--platform <name>] [--origin <address of the site>]
                                       what goes into the site: ${platforms.join(', ')}
  keys                                 all API keys
  keys create <name> [--tenant <tenant>] [--write]
  keys revoke <key id>
  sign-in-link [tenant] [--email <address>]
                                       opens the operator's portal, or that client's: once, within 15 minutes
  usage <tenant> [--from <day>] [--to <day>] [--by day|month|assistant|component]
  reconcile --from <time> --to <time> [--tenant <tenant>]
  invoices <tenant>
  invoices draft <tenant> <month>
  invoices show|finalize|push|void|paid <tenant> <invoice id>
  preview <tenant>                     this month so far, and at this pace
  close [--month <month>] [--tenant <tenant>] [--dry-run] [--grace-hours <n>]
  runs                                 what closing months has done
  margin <month>

Amounts are in the smallest units of their currency (cents), micros are millionths.`;

interface Request {
  method: string;
  path: string;
  body?: object;
  /** The list in the answer that is shown as a table; without it the whole answer is shown as JSON. */
  list?: string;
  columns?: string[];
  /** What is said of the answer instead: the result on its own, what a person should know beside it, the exit code. */
  tell?: (answer: Row) => { result: string; beside: string; exitCode: number };
}

const options = {
  json: { type: 'boolean' },
  write: { type: 'boolean' },
  'dry-run': { type: 'boolean' },
  tenant: { type: 'string' },
  email: { type: 'string' },
  month: { type: 'string' },
  from: { type: 'string' },
  to: { type: 'string' },
  by: { type: 'string' },
  platform: { type: 'string' },
  origin: { type: 'string' },
  'grace-hours': { type: 'string' },
} as const;
type Flags = ReturnType<typeof parseArgs<{ options: typeof options; allowPositionals: true }>>['values'];

const tenantPath = (slug: string) => `/v1/tenants/${encodeURIComponent(slug)}`;

/** @returns null when there is no such command */
function requestFor([command, ...rest]: string[], flags: Flags): Request | null {
  const [first = '', second = '', third = ''] = rest;
  switch (command) {
    case 'tenants':
      if (rest.length === 0) return list('/v1/tenants', 'tenants', ['slug', 'name', 'status', 'timeZone']);
      if (first === 'allow' && second && third) {
        return { method: 'POST', path: `${tenantPath(second)}/allowed-origins`, body: { origin: third } };
      }
      if (!/^(pause|resume)$/.test(first) || !second) return null;
      return { method: 'POST', path: `${tenantPath(second)}/${first}` };
    case 'snippet':
      return first ? snippetRequest(first, flags) : null;
    case 'keys':
      if (rest.length === 0) return list('/v1/keys', 'keys', ['id', 'name', 'tenant', 'key', 'revokedAt']);
      if (first === 'create' && second) {
        const scopes = flags.write ? ['read', 'write'] : ['read'];
        const tenant = flags.tenant ? { tenant: flags.tenant } : {};
        return { method: 'POST', path: '/v1/keys', body: { name: second, scopes, ...tenant } };
      }
      if (first === 'revoke' && second)
        return { method: 'DELETE', path: `/v1/keys/${encodeURIComponent(second)}` };
      return null;
    case 'sign-in-link':
      return signInLinkRequest(first, flags.email);
    case 'usage': {
      if (!first) return null;
      const query = new URLSearchParams();
      for (const name of ['from', 'to', 'by'] as const) if (flags[name]) query.set(name, flags[name]);
      return list(`${tenantPath(first)}/usage?${query}`, 'rows', ['key', 'calls', 'seconds', 'costMicros']);
    }
    case 'reconcile': {
      const { from, to, tenant } = flags;
      if (!from || !to) return null;
      return { method: 'POST', path: '/v1/reconcile', body: { from, to, ...(tenant ? { tenant } : {}) } };
    }
    case 'invoices':
      return invoiceRequest(first, second, third);
    case 'preview':
      return first ? { method: 'GET', path: `${tenantPath(first)}/preview` } : null;
    case 'close':
      return {
        method: 'POST',
        path: '/v1/billing/close',
        body: {
          dryRun: flags['dry-run'] ?? false,
          ...(flags.month ? { month: flags.month } : {}),
          ...(flags.tenant ? { tenant: flags.tenant } : {}),
          ...(flags['grace-hours'] ? { graceHours: Number(flags['grace-hours']) } : {}),
        },
        list: 'entries',
        columns: ['tenant', 'month', 'outcome', 'number', 'totalCents', 'currency', 'openCalls', 'problem'],
      };
    case 'runs':
      return list('/v1/billing/runs', 'runs', ['startedAt', 'finishedAt', 'month', 'dryRun', 'needsPerson']);
    case 'margin': {
      const columns = ['tenant', 'billed', 'currency', 'calls', 'costCents', 'revenueCents', 'marginCents'];
      return first ? list(`/v1/billing/margin?month=${encodeURIComponent(first)}`, 'rows', columns) : null;
    }
    default:
      return null;
  }
}

function invoiceRequest(first: string, second: string, third: string): Request | null {
  if (first && !second) {
    const columns = ['id', 'number', 'month', 'status', 'currency', 'totalCents', 'dueCents', 'dueAt'];
    return list(`${tenantPath(first)}/invoices`, 'invoices', columns);
  }
  if (!second || !third) return null;
  const path = `${tenantPath(second)}/invoices`;
  if (first === 'draft') return { method: 'POST', path, body: { period: third } };
  const invoice = `${path}/${encodeURIComponent(third)}`;
  if (first === 'show') return { method: 'GET', path: invoice };
  return /^(finalize|push|void|paid)$/.test(first) ? { method: 'POST', path: `${invoice}/${first}` } : null;
}

function snippetRequest(tenant: string, flags: Flags): Request {
  const query = new URLSearchParams();
  for (const name of ['platform', 'origin'] as const) if (flags[name]) query.set(name, flags[name]);
  return {
    method: 'GET',
    path: `${tenantPath(tenant)}/snippet?${query}`,
    tell(answer) {
      const { snippet, where, origin } = answer as unknown as SnippetView;
      const refused = origin !== null && !origin.allowed;
      const warning = refused
        ? `\nWarning: ${origin.origin} is not an allowed origin of ${tenant}, so the agent will not start there.
Allow it: vapi-agent tenants allow ${tenant} ${origin.origin}`
        : '';
      return { result: snippet, beside: `Where it goes: ${where}${warning}`, exitCode: refused ? 3 : 0 };
    },
  };
}

function signInLinkRequest(tenant: string, email: string | undefined): Request {
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

function list(path: string, name: string, columns: string[]): Request {
  return { method: 'GET', path, list: name, columns };
}

type Row = Record<string, unknown>;

/** All pages of a list, or the one answer. */
async function ask(server: string, key: string, request: Request): Promise<Row> {
  const { method, path, body } = request;
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'application/json' };
  let whole: Row | null = null;
  let cursor: string | null = null;
  do {
    const url = new URL(path, server);
    if (cursor !== null) url.searchParams.set('cursor', cursor);
    const response = await fetch(url, { method, headers, ...(body ? { body: JSON.stringify(body) } : {}) });
    const text = await response.text();
    const answer = (text ? JSON.parse(text) : {}) as Row;
    if (!response.ok) {
      const errors = (answer.errors ?? []) as { path: string; message: string }[];
      const details = errors.map((error) => `\n  ${error.path}: ${error.message}`).join('');
      throw new Error(`${answer.detail ?? answer.title ?? response.status} (${answer.code})${details}`);
    }
    if (whole && request.list) {
      answer[request.list] = [...(whole[request.list] as Row[]), ...(answer[request.list] as Row[])];
    }
    whole = answer;
    cursor = request.list && typeof answer.nextCursor === 'string' ? answer.nextCursor : null;
  } while (cursor !== null);
  return whole;
}

function table(rows: Row[], wanted: string[]): string {
  const columns = wanted.filter((name) => rows.some((row) => row[name] !== undefined && row[name] !== null));
  if (rows.length === 0) return 'nothing';
  const cells = [columns, ...rows.map((row) => columns.map((name) => String(row[name] ?? '')))];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  return cells
    .map((line) =>
      line
        .map((cell, index) => cell.padEnd(widths[index] ?? 0))
        .join('  ')
        .trimEnd(),
    )
    .join('\n');
}

function operatorKey(): string {
  const local = join('data', 'operator-key');
  const key = process.env.OPERATOR_API_KEY ?? (existsSync(local) ? readFileSync(local, 'utf8').trim() : '');
  if (!key) throw new Error('OPERATOR_API_KEY is not set, and there is no data/operator-key here.');
  return key;
}

function show(request: Request, answer: Row, asJson: boolean): void {
  if (request.tell && !asJson) {
    const { result, beside, exitCode } = request.tell(answer);
    process.stdout.write(`${result}\n`);
    process.stderr.write(`${beside}\n`);
    process.exitCode = exitCode;
    return;
  }
  const rows = request.list && !asJson ? (answer[request.list] as Row[]) : null;
  const text = rows ? table(rows, request.columns ?? []) : JSON.stringify(answer, null, 2);
  process.stdout.write(`${text}\n`);
  // A shell that closes months by a timer must learn that somebody has to look.
  if (typeof answer.needsPerson === 'number' && answer.needsPerson > 0) process.exitCode = 3;
}

async function runCommand(positionals: string[], flags: Flags): Promise<void> {
  if (positionals[0] === 'start') {
    await import('./main.ts');
    return;
  }
  const request = requestFor(positionals, flags);
  if (!request) {
    process.stderr.write(`${usage}\n`);
    process.exitCode = 2;
    return;
  }
  const server = process.env.VAPI_AGENT_URL ?? `http://localhost:${process.env.PORT ?? 8787}`;
  show(request, await ask(server, operatorKey(), request), flags.json ?? false);
}

try {
  const { values: flags, positionals } = parseArgs({ options, allowPositionals: true });
  await runCommand(positionals, flags);
} catch (error) {
  const { cause, message } = error as Error & { cause?: { code?: string } };
  process.stderr.write(`${cause?.code ? `The server cannot be reached (${cause.code}).` : message}\n`);
  process.exitCode = 1;
}
