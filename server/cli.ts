/**
 * `npm run cli -- <command>`, and `vapi-agent <command>` of the npm package: what an operator does from a shell, over the
 * same HTTP API as everybody else, so that it works against any running server. Reads VAPI_AGENT_URL (default this
 * machine and PORT) and OPERATOR_API_KEY.
 */
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadEnvFile } from 'node:process';
import { parseArgs } from 'node:util';
import { demandNode } from './base/node-version.ts';
import { accessCommands } from './cli/access-commands.ts';
import { ask, baseUrl, show } from './cli/answer.ts';
import { billingCommands } from './cli/billing-commands.ts';
import { type Flags, options } from './cli/request.ts';
import { platforms } from './contract/snippet.ts';

if (existsSync('.env')) loadEnvFile('.env');

const usage = `Usage: vapi-agent <command> [--json]       (in a clone: npm run cli -- <command>)
       vapi-agent --help | --version

It asks the server at VAPI_AGENT_URL (default this machine) with the key OPERATOR_API_KEY.

  start                                runs the server, configured by the environment
  openapi                              the HTTP API as OpenAPI 3.1; needs no server
  tenants                              all tenants
  tenants deleted                      those that are deleted, with the ids that their books are under
  tenants pause|resume <tenant>
  tenants allow <tenant> <origin>      lets one more page in
  snippet <tenant> [--platform <name>] [--lang <code>] [--origin <address of the site>]
                                       what goes into the site: ${platforms.join(', ')}
  keys                                 all API keys
  keys create <name> [--tenant <tenant>] [--write]
  keys revoke <key id>
  secrets reseal                       seals every secret under the current SECRET_KEY, to end its rotation
  sign-in-link [tenant] [--email <address>]
                                       opens the operator's portal, or that client's: once, within 15 minutes
  usage <tenant> [--from <day>] [--to <day>] [--by day|month|assistant|component]
  reconcile --from <time> --to <time> [--tenant <tenant>]
  calls dismiss <tenant> <call id>     one that Vapi never had counts for nothing
  seller [<file.json>]                 who issues the invoices
  billing <tenant> [<file.json>]       whom they are made out to, and how they are collected
  presets                              plans to start from
  plan <tenant>
  plan <tenant> set <preset or file.json> [--from <day>] [--backdate]
                                       --backdate: also months before its first call, or long past
  plan <tenant> end [--from <day>]
  simulate <tenant> <month> <preset or file.json>
  credits <tenant>                     prepaid credit
  credits <tenant> add <cents> [--note <text>] [--reference <of the payment>]
  credits <tenant> take-back <cents> --note <reason>
  invoices [--month <month>] [--status draft|finalized|pushed|paid|overdue|void]
    [--state <the same>|credited]
                                       of all tenants
  invoices <tenant>
  invoices draft <tenant> <month>
  invoices show|finalize|push|paid <tenant> <invoice id or number>
  invoices void <tenant> <invoice id or number> [reason]
  invoices credit <tenant> <invoice id or number> <reason> [--reference <of your own>]
  preview <tenant>                     this month so far, and at this pace
  close [--month <month>] [--tenant <tenant>] [--dry-run] [--grace-hours <n>]
  runs                                 what closing months has done
  notices                              what there was to tell: budgets, refused pages, unpaid invoices
  margin <month>

Amounts are in the smallest units of their currency (cents), micros are millionths.`;

const commands = { ...accessCommands, ...billingCommands };

function operatorKey(): string {
  const local = join('data', 'operator-key');
  const key = process.env.OPERATOR_API_KEY || (existsSync(local) ? readFileSync(local, 'utf8').trim() : '');
  if (!key) throw new Error('OPERATOR_API_KEY is not set, and there is no data/operator-key here.');
  return key;
}

/** The package's, and the project's in a clone. */
function ownVersion(): string {
  const file = join(import.meta.dirname, '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

async function runCommand([command = '', ...words]: string[], flags: Flags): Promise<void> {
  if (flags.help || command === 'help') {
    process.stdout.write(`${usage}\n`);
    return;
  }
  if (flags.version) {
    process.stdout.write(`${ownVersion()}\n`);
    return;
  }
  if (command === 'start') {
    demandNode();
    await import('./main.ts');
    return;
  }
  if (command === 'openapi') {
    const { openApiDocument } = await import('./openapi/document.ts');
    const document = openApiDocument(process.env.PUBLIC_URL ?? 'http://localhost:8787');
    process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
    return;
  }
  const request = Object.hasOwn(commands, command) ? commands[command]?.(words, flags) : null;
  if (!request) {
    process.stderr.write(`${usage}\n`);
    process.exitCode = 2;
    return;
  }
  const server = baseUrl(process.env.VAPI_AGENT_URL || `http://localhost:${process.env.PORT || 8787}`);
  process.exitCode = show(request, await ask(server, operatorKey(), request), flags.json ?? false);
}

try {
  const { values: flags, positionals } = parseArgs({ options, allowPositionals: true });
  await runCommand(positionals, flags);
} catch (error) {
  process.stderr.write(`${(error as Error).message}\n`);
  process.exitCode = 1;
}
