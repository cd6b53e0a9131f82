/**
 * The Dockerfile's own steps, in their order, without an engine: each stage is a folder, COPY and RUN are done in it, and
 * the last one is started as an unprivileged user. What only an engine can show is the base image.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  chmodSync,
  cpSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  statSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { basename, dirname, join, relative } from 'node:path';
import { createInterface } from 'node:readline';
import { after, test } from 'node:test';
import { contextOf } from '../support/docker-context.ts';

const root = join(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-image-'));
after(() => rmSync(scratch, { recursive: true, force: true }));

/** An arbitrary owner: the image's user `node` need not exist on this machine. */
const user = process.getuid?.() === 0 ? { uid: 65_534, gid: 65_534 } : {};
/** A copy, for that user may not be let into the folder of this checkout. */
const node = join(scratch, 'bin', 'node');
cpSync(realpathSync(process.execPath), node);
const path = `${dirname(node)}:${process.env.PATH}`;

interface Step {
  word: string;
  rest: string;
}
const steps: Step[] = readFileSync(join(root, 'Dockerfile'), 'utf8')
  .replaceAll(/\\\n/g, ' ')
  .split('\n')
  .filter((line) => /^[A-Z]/.test(line))
  .map((line) => ({ word: line.split(' ')[0] ?? '', rest: line.slice(line.indexOf(' ') + 1) }));

interface Image {
  folder: string;
  env: Record<string, string>;
  user: string | null;
  command: string[];
  healthCheck: string;
}

/** @returns the last stage */
function build(): Image {
  const context = makeContext();
  const stages = new Map<string, Image>();
  let stage: Image | null = null;
  for (const { word, rest } of steps) {
    if (word === 'FROM') {
      const name = / AS (\w+)$/.exec(rest)?.[1] ?? 'last';
      const folder = join(scratch, name, 'app');
      mkdirSync(folder, { recursive: true });
      stage = { folder, env: {}, user: null, command: [], healthCheck: '' };
      stages.set(name, stage);
      continue;
    }
    assert.ok(stage, `${word} before FROM`);
    if (word === 'COPY') copy(rest, context, stage, stages);
    else if (word === 'RUN') run(rest, stage);
    else if (word === 'ENV') for (const [name = '', value = ''] of pairsIn(rest)) stage.env[name] = value;
    else if (word === 'USER') stage.user = rest;
    else if (word === 'CMD') stage.command = JSON.parse(rest) as string[];
    else if (word === 'HEALTHCHECK') stage.healthCheck = / CMD (.+)$/.exec(rest)?.[1] ?? '';
    else assert.match(`${word} ${rest}`, /^(WORKDIR \/app|EXPOSE \d+|VOLUME \/app\/data)$/);
  }
  const last = stages.get('last');
  assert.ok(last);
  return last;
}

/** What `.dockerignore` lets through: everything is left out but what it names. */
function makeContext(): string {
  const context = join(scratch, 'context');
  const isInContext = contextOf(root);
  const filter = (file: string) => statSync(file).isDirectory() || isInContext(relative(root, file));
  for (const line of readFileSync(join(root, '.dockerignore'), 'utf8').trim().split('\n')) {
    if (line.startsWith('!'))
      cpSync(join(root, line.slice(1)), join(context, line.slice(1)), { recursive: true, filter });
  }
  return context;
}

function copy(rest: string, context: string, stage: Image, stages: Map<string, Image>): void {
  const from = /^--from=(\w+) /.exec(rest)?.[1];
  const names = rest.replace(/^--\S+ /, '').split(' ');
  const target = names.pop() ?? '';
  for (const name of names) {
    const source = from
      ? join(stages.get(from)?.folder ?? '', name.replace('/app/', ''))
      : join(context, name);
    const place = target.endsWith('/') || statSync(source).isFile() ? join(target, basename(name)) : target;
    cpSync(source, join(stage.folder, place), { recursive: true, verbatimSymlinks: true });
  }
}

function run(command: string, stage: Image): void {
  const { uid = process.getuid?.(), gid = process.getgid?.() } = user;
  const here = command.replaceAll('node:node', `${uid}:${gid}`);
  execFileSync('sh', ['-c', here], {
    cwd: stage.folder,
    env: { ...process.env, PATH: path, ...stage.env },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
}

function pairsIn(text: string): string[][] {
  return text.split(' ').map((pair) => pair.split('='));
}

test('the steps of the Dockerfile make an image that starts as an unprivileged user, keeps its store and is healthy', async () => {
  const { folder, env, user: name, command, healthCheck } = build();
  assert.equal(name, 'node');
  // The user must reach it as it would reach `/app`.
  for (const above of [scratch, dirname(node), dirname(folder), folder]) chmodSync(above, 0o755);
  const [, ...arguments_] = command;
  const settings = {
    PATH: path,
    ...env,
    PORT: '0',
    PUBLIC_URL: 'https://voice.example',
    SECRET_KEY: randomBytes(32).toString('base64'),
    OPERATOR_API_KEY: `vak_${randomBytes(24).toString('hex')}`,
  };
  const child = spawn(node, arguments_, {
    cwd: folder,
    env: settings,
    ...user,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: child.stdout })) {
    const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
    if (msg !== 'listening') continue;
    const check = spawnSync('sh', ['-c', healthCheck], {
      cwd: folder,
      env: { PATH: path, PORT: String(port) },
      ...user,
    });
    assert.equal(check.status, 0, String(check.stderr));
    assert.equal((await fetch(`http://127.0.0.1:${port}/readyz`)).status, 200);
    for (const name of ['widget.js', 'installs/vapi-agent.zip']) {
      assert.equal((await fetch(`http://127.0.0.1:${port}/${name}`)).status, 200, name);
    }
    child.kill('SIGTERM');
  }
  if (child.exitCode === null) await once(child, 'exit');
  assert.equal(child.exitCode, 0);
  const store = statSync(join(folder, 'data', 'vapi-agent.db'));
  assert.ok(store.size > 0);
  if (user.uid !== undefined) assert.equal(store.uid, user.uid);
  const files = execFileSync('find', [folder, '-user', String(user.uid ?? 0), '-not', '-path', '*/data*'], {
    encoding: 'utf8',
  });
  if (user.uid !== undefined) assert.equal(files, '', 'it can write nothing but its data');
});

test('an engine, where one answers, builds the image and finds it healthy', {
  timeout: 900_000,
}, (context) => {
  const docker = (...args: string[]) => spawnSync('docker', args, { cwd: root, encoding: 'utf8' });
  if (docker('info').status !== 0) return context.skip('no Docker engine answers here');
  const bases = new Set(
    steps.filter(({ word }) => word === 'FROM').map(({ rest }) => rest.split(' ')[0] ?? ''),
  );
  for (const base of bases) {
    const isHere =
      docker('image', 'inspect', base).status === 0 || docker('pull', '--quiet', base).status === 0;
    if (!isHere) return context.skip(`the engine cannot get ${base}`);
  }
  const name = `vapi-agent-test-${randomBytes(6).toString('hex')}`;
  const succeeds = (...args: string[]) => {
    const { status, stdout, stderr } = docker(...args);
    assert.equal(status, 0, `docker ${args[0]}: ${stderr}`);
    return stdout.trim();
  };
  try {
    succeeds('build', '--quiet', '--tag', name, '.');
    const settings = {
      PUBLIC_URL: 'https://voice.example',
      SECRET_KEY: randomBytes(32).toString('base64'),
      OPERATOR_API_KEY: `vak_${randomBytes(24).toString('hex')}`,
    };
    const env = Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]);
    succeeds('run', '--detach', '--name', name, '--read-only', '--cap-drop', 'ALL', ...env, name);
    // The check of its own; it waits for the server's start by trying again.
    const wait = `until node server/deploy/healthcheck.ts "$PORT"; do sleep 1; done; id -u; ls data`;
    const inside = succeeds('exec', name, 'timeout', '60', 'sh', '-c', wait).split('\n');
    assert.equal(inside[0], '1000', 'not root');
    assert.ok(inside.includes('vapi-agent.db'));
    assert.equal(succeeds('exec', name, 'node', 'server/cli.ts', 'tenants'), 'nothing');
    const backup = ['server/deploy/backup-database.ts', 'data/vapi-agent.db', 'data/backup.db'];
    succeeds('exec', name, 'node', ...backup);
    succeeds('exec', name, 'test', '-s', 'data/backup.db');
  } finally {
    docker('rm', '--force', '--volumes', name);
    docker('image', 'rm', '--force', name);
  }
});

test('nothing of development is in the last stage', () => {
  const packages = execFileSync('ls', [join(scratch, 'last', 'app', 'node_modules')], {
    encoding: 'utf8',
  }).split('\n');
  assert.ok(packages.includes('express'));
  for (const name of ['vite', 'typescript', '@biomejs', 'playwright-core'])
    assert.ok(!packages.includes(name), name);
});
