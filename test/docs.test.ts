/**
 * The docs are true: each shell command in them is run here, or names the test that runs it, or says why it cannot be
 * run; links lead somewhere; the references match the programs' own descriptions.
 */
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { randomBytes, randomUUID } from 'node:crypto';
import { existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { test } from 'node:test';
import { parseArgs } from 'node:util';
import { startEmulator } from '../demo/vapi-emulator/emulator.ts';
import { taxOn } from '../server/billing/books/invoice-document.ts';
import { accessCommands } from '../server/cli/access-commands.ts';
import { billingCommands } from '../server/cli/billing-commands.ts';
import { findCommand } from '../server/cli/command-line.ts';
import { doctorCommand } from '../server/cli/doctor.ts';
import { options } from '../server/cli/request.ts';
import { references } from './references.ts';
import { call, planOf, rate, segmentsFor } from './server/billing/support.ts';
import { startTestServer, testTime } from './support/test-server.ts';

const root = join(import.meta.dirname, '..');
const read = (path: string) => readFileSync(join(root, path), 'utf8');
const pages = globSync(['*.md', '{server,widget,demo,test}/**/*.md'], { cwd: root })
  .map((path) => path.replaceAll('\\', '/'))
  .sort();

interface Block {
  page: string;
  /** The comment right above it. */
  note: string;
  text: string;
}
const blocks: Block[] = pages.flatMap((page) =>
  [
    ...read(page).matchAll(/(?:^ *<!-- (.+?) -->\n)?^( *)```(?:sh|bash|shell|console)\n([\s\S]*?)^ *```$/gm),
  ].map(([, note = '', indent = '', text = '']) => ({
    page,
    note,
    text: text.replaceAll(new RegExp(`^${indent}`, 'gm'), ''),
  })),
);

test('the references are those that `npm run references` writes', () => {
  for (const [file, text] of Object.entries(references())) {
    assert.ok(read(file) === text, `${file} is not current: npm run references`);
  }
});

test('a block of commands that is not run here names the tests that run it, or a reason why none does', () => {
  assert.ok(blocks.length >= 12, `${blocks.length} blocks found`);
  for (const { page, note, text } of blocks) {
    if (note === '') continue;
    const reason = /^not runnable here: (.{20,})$/.exec(note);
    const named = [...note.matchAll(/(\S+) "([^"]+)"/g)];
    assert.ok(reason || (note.startsWith('run by ') && named.length > 0), `${page}: ${note}\n${text}`);
    for (const [, file = '', name = ''] of named) {
      assert.ok(read(file).includes(name), `${page}: ${file} has no "${name}"`);
    }
    for (const [file] of note.matchAll(/\btest\/[\w./-]+\.ts/g))
      assert.ok(existsSync(join(root, file)), file);
  }
});

test('every other command is run, in the order of the pages, against a server that has just been started', async () => {
  const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-docs-'));
  const emulator = await startEmulator({ port: 0, orgs: [], reportDelayMs: 0, now: () => testTime });
  const server = await startTestServer({ vapiBaseUrl: emulator.url });
  try {
    const org = { orgId: randomUUID(), assistantId: randomUUID() };
    const keys = { privateKey: `private-${randomUUID()}`, newPrivateKey: `private-${randomUUID()}` };
    emulator.addOrg({
      orgId: org.orgId,
      privateKeys: Object.values(keys),
      publicKeys: [],
      assistants: [{ id: org.assistantId, name: 'Acme' }],
    });
    for (const [name, key] of Object.entries(keys)) server.secrets.add(name, key);
    const old = await server.operator('POST', '/v1/keys', { name: 'Old' });
    const unknown = await server.operator('POST', '/v1/keys', { name: 'Unknown' });
    const env = {
      PATH: process.env.PATH ?? '',
      OLD_KEY_ID: old.body.id as string,
      NEW_VAPI_KEY: keys.newPrivateKey,
      UNKNOWN_KEY_ID: unknown.body.id as string,
      NEW_WEBHOOK_SECRET: `webhook-${randomUUID()}`,
      NEW_CRM_KEY: `crm-${randomUUID()}`,
      NEW_HOOK_SECRET: `whsec_${randomBytes(24).toString('base64')}`,
      // Many short processes from the same sources.
      NODE_COMPILE_CACHE: scratch,
    };
    const order = ['server/deploy/README.md', 'widget/installs/README.md', 'server/deploy/operations.md'];
    const here = blocks.filter(({ note }) => note === '');
    assert.deepEqual([...new Set(here.map(({ page }) => page))].sort(), [...order].sort());
    // Where the server was started: the page's reader has only what it has generated.
    mkdirSync(join(scratch, 'data'));
    writeFileSync(join(scratch, 'data', 'operator-key'), server.operatorKey);
    writeFileSync(join(scratch, '.env'), `VAPI_AGENT_URL=${server.url}\n`);
    const textsOf = (page: string) => here.filter((block) => block.page === page).map(({ text }) => text);
    const scripts = order.flatMap((page) =>
      // One shell from the first line to the last, in which the key is found; the other pages get it passed in.
      page === 'server/deploy/README.md'
        ? [{ page, text: textsOf(page).join('\n'), given: {} }]
        : textsOf(page).map((text) => ({ page, text, given: { OPERATOR_API_KEY: server.operatorKey } })),
    );
    for (const { page, text, given } of scripts) {
      const commands = text
        .replaceAll(/http:\/\/localhost:8787|https:\/\/voice\.agency\.example/g, server.url)
        .replace('"privateKey": "…"', `"privateKey": "${keys.privateKey}"`)
        .replace('"assistantId": "…"', `"assistantId": "${org.assistantId}"`);
      const { code, output } = await shell(commands, { ...env, ...given }, scratch);
      assert.equal(code, 0, `${page}\n${text}\n${output}`);
    }
    const acme = (await server.operator('GET', '/v1/tenants/acme')).body;
    assert.equal(acme.status, 'active', 'paused and resumed by the pages');
    assert.equal(acme.webhookSecret, `…${env.NEW_WEBHOOK_SECRET.slice(-4)}`);
    assert.equal(acme.hookSecret, `…${env.NEW_HOOK_SECRET.slice(-4)}`);
    assert.equal(acme.previousWebhookSecretUntil, null);
    const { keys: left } = (await server.operator('GET', '/v1/keys')).body;
    for (const revoked of [env.OLD_KEY_ID, env.UNKNOWN_KEY_ID])
      assert.ok(left.find(({ id }: { id: string }) => id === revoked).revokedAt);
  } finally {
    await server.close();
    await emulator.close();
    rmSync(scratch, { recursive: true, force: true });
  }
});

/** Stops at the first command that fails; for curl that is every answer of 400 and above. */
function shell(
  commands: string,
  env: Record<string, string>,
  cwd: string,
): Promise<{ code: number | null; output: string }> {
  const script = `set -eu -o pipefail
curl() { command curl --silent --show-error --fail-with-body --max-time 20 "$@"; }
vapi-agent() { '${process.execPath}' '${join(root, 'server', 'cli.ts')}' "$@"; }
${commands}`;
  return new Promise((resolve) => {
    const child = spawn('bash', ['-c', script], { env, cwd });
    let output = '';
    child.stdout.on('data', (data) => {
      output += data;
    });
    child.stderr.on('data', (data) => {
      output += data;
    });
    child.on('close', (code) => resolve({ code, output }));
  });
}

test('the worked example of billing is what rating calculates', () => {
  const [, example = ''] =
    /^(Worked example\.[\s\S]*?)\n(?:\n|$)/m.exec(`${read('server/billing/rules.md')}\n`) ?? [];
  const number = (pattern: RegExp) => Number(pattern.exec(example)?.[1]);
  const minutes = number(/with (\d+) minutes/);
  const plan = planOf(
    {
      kind: 'included',
      includedMinutes: minutes,
      perMinuteMicros: number(/then ([\d.]+) a minute/) * 1_000_000,
    },
    { monthlyFeeCents: number(/Plan: ([\d.]+) a month/) * 100 },
  );
  const segments = segmentsFor(plan, '2026-11', `2026-11-${number(/from (\d+) November/)}`);
  const seconds = Number((/A call of ([\d,]+) s/.exec(example)?.[1] ?? '').replace(',', ''));
  const { lines } = rate(segments, [call(seconds, { day: '2026-11-20' })]);
  const [fee = 0, usage = 0] = lines.map(({ amountCents }) => amountCents);
  const tax = taxOn(fee + usage, { label: 'VAT', bps: number(/VAT (\d+) %/) * 100 })?.amountCents ?? 0;
  const money = (cents: number) => (cents / 100).toFixed(2);
  assert.equal(lines.length, 2);
  assert.ok(tax > 0);
  const results = [fee, usage, fee + usage, tax, fee + usage + tax].map(money);
  const written = [
    / = ([\d.]+), minutes/,
    /micros = ([\d.]+)\./,
    /Sum ([\d.]+)/,
    /, VAT ([\d.]+) \(/,
    /total ([\d.]+)\./,
  ];
  assert.deepEqual(
    written.map((pattern) => pattern.exec(example)?.[1]),
    results,
  );
});

test('a command inside a sentence is one that the program has, with flags that it accepts', () => {
  const known = [...accessCommands, ...billingCommands, doctorCommand];
  let seen = 0;
  for (const page of pages) {
    const sentences = read(page).replaceAll(/^ *```[\s\S]*?^ *```$/gm, '');
    for (const [, line = ''] of sentences.matchAll(
      /`(?:(?:npx )?vapi-agent|npm run cli --) ([\w-][^`]*)`/g,
    )) {
      seen += 1;
      // Throws for an unknown flag.
      const { values, positionals } = parseArgs({ args: line.split(' '), options, allowPositionals: true });
      const [command = ''] = positionals;
      const isKnown =
        ['start', 'help', 'openapi'].includes(command) || findCommand(known, positionals, values);
      assert.ok(isKnown, `${page}: ${line}`);
    }
    for (const [, file = ''] of sentences.matchAll(/`node ([\w./-]+\.ts)\b[^`]*`/g)) {
      seen += 1;
      assert.ok(existsSync(join(root, file)), `${page}: ${file}`);
    }
  }
  assert.ok(seen > 8, `${seen} commands`);
});

test('every script that the docs name exists', () => {
  const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> };
  for (const page of pages) {
    for (const [, name = ''] of read(page).matchAll(/npm run (?:--silent )?([\w:-]+)/g)) {
      assert.ok(scripts[name], `${page}: npm run ${name}`);
    }
  }
});

test('every link between the docs leads to a file, and to a heading where it names one', () => {
  const broken: string[] = [];
  let seen = 0;
  for (const page of pages) {
    // A link inside code does not count.
    const text = read(page)
      .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
      .replaceAll(/`[^`\n]*`/g, '``');
    for (const [, target = ''] of text.matchAll(/\]\(([^)\s]+)\)/g)) {
      if (/^[a-z]+:/.test(target)) continue;
      seen += 1;
      const [path = '', anchor] = target.split('#');
      const file = path === '' ? page : join(dirname(page), path);
      const isThere = existsSync(join(root, file));
      if (!isThere || (anchor !== undefined && !anchorsOf(file).includes(anchor)))
        broken.push(`${page}: ${target}`);
    }
  }
  assert.ok(seen > 100, `${seen} links`);
  assert.deepEqual(broken, []);
});

test('the README has at most 100 lines, a folder’s README a screenful, and a record of decisions 25', () => {
  // Pages that a person works through, rather than descriptions of folders.
  const longer = ['server/deploy/README.md'];
  const most = (page: string) => {
    if (page === 'README.md') return 100;
    if (page.endsWith('/decisions.md')) return 25;
    return /^(server|demo|test)\/(\w+\/)?README\.md$/.test(page) && !longer.includes(page) ? 60 : 400;
  };
  const linesOf = (page: string) => read(page).trimEnd().split('\n').length;
  assert.deepEqual(
    pages.filter((page) => !page.endsWith('-reference.md') && linesOf(page) > most(page)),
    [],
  );
});

const anchors = new Map<string, string[]>();
/** As GitHub makes them: lower case, without punctuation, hyphens for spaces. */
function anchorsOf(file: string): string[] {
  const known = anchors.get(file);
  if (known) return known;
  const found = [...read(file).matchAll(/^#+ (.+)$/gm)].map(([, title = '']) =>
    title
      .toLowerCase()
      .replaceAll(/[^\p{L}\p{N} _-]/gu, '')
      .replaceAll(' ', '-'),
  );
  anchors.set(file, found);
  return found;
}
