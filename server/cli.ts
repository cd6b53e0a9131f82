/**
 * `npm run cli -- <command>`, and `vapi-agent <command>` of the npm package: what an operator does from a shell, over the
 * same HTTP API as everyone else, so that it works against any running server. Reads VAPI_AGENT_URL (default this
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
import { findCommand, helpFor, list } from './cli/command-line.ts';
import { doctorCommand } from './cli/doctor.ts';
import { followClose } from './cli/follow.ts';
import { didYouMean, nearest } from './cli/nearest.ts';
import { type Flags, Misuse, options, type Request } from './cli/request.ts';

if (existsSync('.env')) loadEnvFile('.env');

/** Commands that need no server. */
const localCommands = [
  { usage: 'start', about: 'runs the server, configured by the environment', run: startServer },
  { usage: 'openapi', about: 'the HTTP API as OpenAPI 3.1', run: printOpenApi },
];
const commands = [...localCommands, doctorCommand, ...accessCommands, ...billingCommands];

const help = () => `Usage: vapi-agent <command> [--json]       (in a clone: npm run cli -- <command>)
       vapi-agent help [<command>] | --version

It asks the server at VAPI_AGENT_URL (default this machine) with the key OPERATOR_API_KEY.

${list(commands)}

A month is typed as 2026-11, a day as 2026-11-29, a time as 2026-11-29T14:00:00Z, an amount as 12.50, in the currency of
the tenant's plan or of the invoice. Amounts and times are shown as 12.50 USD and 29 Nov 2026 14:00 (UTC), with --json as
the HTTP API has them: …Cents in smallest units, …Micros in millionths.

Exit codes: 0 done, 1 refused, unreachable or a failed row of the doctor, 2 not understood, 3 done but someone has to look.
`;

function operatorKey(): string {
  const local = join('data', 'operator-key');
  const key = process.env.OPERATOR_API_KEY || (existsSync(local) ? readFileSync(local, 'utf8').trim() : '');
  if (!key) throw new Error('OPERATOR_API_KEY is not set, and there is no data/operator-key in this folder.');
  return key;
}

/** The package's, and the project's in a clone. */
function ownVersion(): string {
  const file = join(import.meta.dirname, '..', 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

async function startServer(): Promise<void> {
  demandNode();
  await import('./main.ts');
}

async function printOpenApi(): Promise<void> {
  const { openApiDocument } = await import('./openapi/document.ts');
  const document = openApiDocument(process.env.PUBLIC_URL ?? 'http://localhost:8787');
  process.stdout.write(`${JSON.stringify(document, null, 2)}\n`);
}

async function runCommand(words: string[], { help: wantsHelp, ...flags }: Flags): Promise<void> {
  const about = words[0] === 'help' ? words.slice(1) : words;
  if (wantsHelp || words[0] === 'help') {
    process.stdout.write(about.length > 0 ? `${helpFor(commands, about)}\n` : help());
    return;
  }
  if (flags.version) {
    process.stdout.write(`${ownVersion()}\n`);
    return;
  }
  if (words.length === 0) throw new Misuse(help().trimEnd());
  const { command, values } = findCommand(commands, words, flags);
  if ('run' in command) return command.run();
  const server = baseUrl(process.env.VAPI_AGENT_URL || `http://localhost:${process.env.PORT || 8787}`);
  const send = (request: Request) => ask(server, operatorKey(), request);
  if ('talk' in command) {
    process.exitCode = await command.talk(values, flags, send);
    return;
  }
  const request = await command.ask(values, flags, send);
  const answer = await send(request);
  const say = (line: string) => process.stderr.write(`${line}\n`);
  const last = request.follow ? await followClose(answer, send, say) : answer;
  const exitCode = show(request, last, flags.json ?? false);
  // Someone has stopped it: the months of the other clients are not closed, which a timer must notice.
  process.exitCode = request.follow && last.state === 'stopped' ? 3 : exitCode;
}

/** Node's own message is advice about arguments that begin with a hyphen. */
function explain({ message, code = '' }: NodeJS.ErrnoException): string {
  const [, name = ''] = /'--?([\w-]+)/.exec(message) ?? [];
  if (code !== 'ERR_PARSE_ARGS_UNKNOWN_OPTION') return message;
  const like = nearest(name, Object.keys(options));
  return `There is no option --${name}.${didYouMean(like, (option) => `--${option}`)}`;
}

try {
  const { values: flags, positionals } = parseArgs({ options, allowPositionals: true });
  await runCommand(positionals, flags);
} catch (error) {
  process.stderr.write(`${explain(error as Error)}\n`);
  const isMisuse =
    error instanceof Misuse || `${(error as { code?: string }).code}`.startsWith('ERR_PARSE_ARGS');
  process.exitCode = isMisuse ? 2 : 1;
}
