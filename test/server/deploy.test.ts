/** The files that deploy the backend: the image contains enough to run, and their settings are accepted. */
import assert from 'node:assert/strict';
import { spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { test } from 'node:test';
import { parseEnv } from 'node:util';
import { ValidationSeverity, validate } from 'dockerfile-utils';
import pg from 'pg';
import { longestBody } from '../../server/access/identity/webhook-sender.ts';
import { readConfig } from '../../server/config.ts';
import { contextOf } from '../support/docker-context.ts';

const root = join(import.meta.dirname, '..', '..');
const read = (name: string) => readFileSync(join(root, name), 'utf8');
const secrets = {
  SECRET_KEY: randomBytes(32).toString('base64'),
  OPERATOR_API_KEY: `vak_${randomBytes(24).toString('hex')}`,
};

test('what the Dockerfile copies into the last stage starts, answers its health check and stops cleanly', async () => {
  const stages = read('Dockerfile')
    .split(/^FROM /m)
    .slice(1);
  const last = stages.at(-1) ?? '';
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-image-'));
  try {
    for (const [, from, source = ''] of last.matchAll(/^COPY (--from=\S+ )?(\S+) \S+$/gm)) {
      const name = from ? source.replace('/app/', '') : source;
      if (name === 'node_modules') symlinkSync(join(root, name), join(folder, name));
      else cpSync(join(root, name), join(folder, name), { recursive: true });
    }
    mkdirSync(join(folder, 'data'));
    assert.match(last, /^USER node$/m);
    const [, start = ''] = /^CMD (.+)$/m.exec(last) ?? [];
    const [, check = ''] = /^HEALTHCHECK .* CMD (.+)$/m.exec(last) ?? [];
    const [, ...arguments_] = JSON.parse(start) as string[];
    const child = spawn(process.execPath, arguments_, {
      cwd: folder,
      env: { NODE_ENV: 'production', PORT: '0', PUBLIC_URL: 'https://voice.example', ...secrets },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    for await (const line of createInterface({ input: child.stdout })) {
      const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
      if (msg !== 'listening') continue;
      const healthy = (on: number | undefined) =>
        spawnSync('sh', ['-c', check], {
          cwd: folder,
          env: { PORT: String(on), PATH: `${dirname(process.execPath)}:${process.env.PATH}` },
        }).status;
      assert.equal(healthy(port), 0);
      assert.equal(healthy(9), 1);
      assert.equal((await fetch(`http://127.0.0.1:${port}/widget.js`)).status, 200);
      child.kill('SIGTERM');
    }
    if (child.exitCode === null) await once(child, 'exit');
    assert.equal(child.exitCode, 0);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the linter that editors use for Dockerfiles finds nothing, and each base image has a version', () => {
  const complaints = (text: string) =>
    validate(text, {
      deprecatedMaintainer: ValidationSeverity.ERROR,
      directiveCasing: ValidationSeverity.ERROR,
      emptyContinuationLine: ValidationSeverity.ERROR,
      instructionCasing: ValidationSeverity.ERROR,
      instructionCmdMultiple: ValidationSeverity.ERROR,
      instructionEntrypointMultiple: ValidationSeverity.ERROR,
      instructionHealthcheckMultiple: ValidationSeverity.ERROR,
      instructionJSONInSingleQuotes: ValidationSeverity.ERROR,
      instructionWorkdirRelative: ValidationSeverity.ERROR,
    }).map(({ message, range }) => `line ${range.start.line + 1}: ${message}`);
  assert.deepEqual(complaints(read('Dockerfile')), []);
  assert.equal(complaints('FROM node:24\nWORKDIR app\nRUNS npm ci\nEXPOSE no\n').length, 3);
  for (const [, image = ''] of read('Dockerfile').matchAll(/^FROM (\S+)/gm)) assert.match(image, /:\d/);
});

test('the build context contains what the Dockerfile copies and no data, key or history', () => {
  const allowed = read('.dockerignore').trim().split('\n');
  assert.equal(allowed[0], '*', 'everything is left out but what is named');
  const names = [...read('Dockerfile').matchAll(/^COPY (?!--from)(.+) \S+$/gm)].flatMap(([, list = '']) =>
    list.split(' '),
  );
  for (const name of names) assert.ok(allowed.includes(`!${name}`), name);
});

test('a settings file with keys never gets into an image, wherever the pages have it written', () => {
  const isInContext = contextOf(root);
  for (const name of ['server/main.ts', 'server/deploy/compose.yaml', 'widget/index.ts', 'package.json'])
    assert.ok(isInContext(name), name);
  const secret = ['server/deploy/.env', 'server/vapi-agent.env', 'vapi-agent.env', '.env', 'widget/a/b.env'];
  for (const name of [...secret, 'data/operator-key']) assert.ok(!isInContext(name), name);
  const ignored = spawnSync('git', ['check-ignore', '--no-index', ...secret], {
    cwd: root,
    encoding: 'utf8',
  });
  // Neither git nor a history in an unpacked archive.
  if (ignored.status === 0 || ignored.status === 1)
    assert.deepEqual(ignored.stdout.trim().split('\n'), secret);
});

/** What the server gets from the compose file when these are in `.env`. */
function environmentOf(given: Record<string, string>): Record<string, string> {
  const compose = read('server/deploy/compose.yaml');
  const service = compose.slice(compose.indexOf('    environment:'), compose.indexOf('    ports:'));
  return Object.fromEntries(
    [...service.matchAll(/^ {6}(\w+): (.+)$/gm)].map(([, name = '', value = '']) => [
      name,
      value.replace(/\$\{(\w+):([?-])([^}]*)\}/g, (_all, variable: string, kind: string, rest: string) => {
        if (kind === '-') return given[variable] || rest;
        assert.ok(given[variable], variable);
        return given[variable] ?? '';
      }),
    ]),
  );
}

test('the settings of the compose file are complete, and each secret has to be given', () => {
  const given = { ...secrets, PUBLIC_URL: 'https://voice.example', POSTGRES_PASSWORD: 'a/b#c@d?e%' };
  const env = environmentOf(given);
  const { config } = readConfig({ ...env, NODE_ENV: 'production' });
  assert.equal(config.trustProxy, 1);
  assert.ok(config.database.kind === 'postgres');
  process.env.PGPASSWORD = env.PGPASSWORD;
  const client = new pg.Client({ connectionString: config.database.url });
  delete process.env.PGPASSWORD;
  assert.deepEqual(
    [client.user, client.password, client.host, client.port, client.database],
    ['vapi_agent', given.POSTGRES_PASSWORD, 'database', 5432, 'vapi_agent'],
  );
});

test('the compose file passes on every setting of the table, so that a key can be changed there too', () => {
  const table = read('server/deploy/README.md').split('| variable |')[1]?.split('\n\n')[0] ?? '';
  const names = [...table.matchAll(/^\| (`[^|]+`) \|/gm)].flatMap(
    ([, cell = '']) => cell.match(/\w+/g) ?? [],
  );
  assert.ok(names.length > 14, names.join());
  // The port inside the container is the image's.
  const passed = Object.keys(
    environmentOf({ ...secrets, PUBLIC_URL: 'https://v.example', POSTGRES_PASSWORD: 'x' }),
  );
  assert.deepEqual(
    names.filter((name) => name !== 'PORT' && !passed.includes(name)),
    [],
  );
  const { secrets: rotating } = readConfig({
    ...environmentOf({
      ...{ ...secrets, PUBLIC_URL: 'https://v.example', POSTGRES_PASSWORD: 'x' },
      SECRET_KEY_PREVIOUS: randomBytes(32).toString('base64'),
    }),
    NODE_ENV: 'production',
  });
  assert.equal(rotating.secretKeys.length, 2);
});

test('the file of settings that the page writes is accepted, and only its owner may read it', () => {
  const [, commands = ''] = /```sh\n(\(umask [\s\S]+?)```/.exec(read('server/deploy/README.md')) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-settings-'));
  try {
    const { status, stderr } = spawnSync('bash', ['-euc', commands], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    const file = join(folder, 'vapi-agent.env');
    assert.equal(statSync(file).mode & 0o777, 0o600);
    const { config } = readConfig({ ...parseEnv(readFileSync(file, 'utf8')), NODE_ENV: 'production' });
    assert.deepEqual([config.publicUrl, config.trustProxy], ['https://voice.agency.example', 1]);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the move of a volume into Compose finds the database’s password where the page puts it', () => {
  const [, commands = ''] =
    /```sh\n([^`]*? --wait database\n[^`]*)```/.exec(read('server/deploy/README.md')) ?? [];
  const folder = mkdtempSync(join(tmpdir(), 'vapi-agent-move-'));
  try {
    mkdirSync(join(folder, 'server', 'deploy'), { recursive: true });
    writeFileSync(join(folder, 'server', 'deploy', '.env'), "SECRET_KEY=x\nPOSTGRES_PASSWORD='a$b'\n");
    writeFileSync(join(folder, 'vapi-agent.dump'), '');
    const script = `docker() { echo "$@"; }\n${commands}`;
    const { status, stdout, stderr } = spawnSync('bash', ['-euc', script], { cwd: folder, encoding: 'utf8' });
    assert.equal(status, 0, stderr);
    assert.match(stdout, / -e PGPASSWORD=a\$b vapi-agent node /);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
});

test('the proxy of the page allows the longest webhook that the server accepts', () => {
  const [, megabytes] = /client_max_body_size (\d+)m;/.exec(read('server/deploy/README.md')) ?? [];
  assert.ok(Number(megabytes) * 1024 * 1024 > longestBody, megabytes);
});

test('the systemd unit’s settings are accepted', () => {
  const unit = read('server/deploy/vapi-agent.service');
  const env = Object.fromEntries(
    [...unit.matchAll(/^Environment=(\w+)=(.+)$/gm)].map(([, name, value]) => [name, value]),
  );
  const { config } = readConfig({ ...env, ...secrets, PUBLIC_URL: 'https://voice.example' });
  assert.deepEqual(config.database, { kind: 'sqlite', file: '/var/lib/vapi-agent/vapi-agent.db' });
  assert.match(unit, /^ExecStart=\/usr\/bin\/node server\/main\.ts$/m);
});
