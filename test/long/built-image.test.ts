/**
 * The image, built and started by `buildah` without an engine or root's namespaces: chroot, and plain folders. A base
 * of the same name is made from this machine's Debian mirror, Node and npm, because no image registry is used. Root on
 * Debian can run it; CI installs what is missing.
 */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import {
  cpSync,
  globSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { type TestContext, test } from 'node:test';
import { imageTools, isOnPath } from '../support/engines/packages.ts';

const root = join(import.meta.dirname, '..', '..');
const image = 'vapi-agent-test';

interface ImageConfig {
  User: string;
  Env: string[];
  Cmd: string[];
  Volumes: Record<string, object>;
  WorkingDir: string;
  Healthcheck: { Test: string[]; Interval: number; Retries: number };
}

const output = (command: string, ...args: string[]) =>
  execFileSync(command, args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] }).trim();

/** @returns why it cannot be built here */
function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'a chroot needs root';
  const missing = imageTools.filter((name) => !isOnPath(name));
  return missing.length > 0 ? `not here: apt-get install -y ${missing.join(' ')}` : undefined;
}

/** Fills the folder with what the Dockerfile needs from its base: a shell and its tools, Node, npm, and the user. */
function makeBase(folder: string): void {
  const sources = output(
    ...(['apt-get', 'indextargets', '--format', 'deb $(REPO_URI) $(RELEASE) $(COMPONENT)'] as const),
    ...['Created-By: Packages', 'Origin: Debian'],
  );
  const aptConfig = `${folder}.apt`;
  writeFileSync(aptConfig, output('apt-config', 'dump', 'Acquire'), { mode: 0o600 });
  const packages = 'base-files,dash,coreutils,findutils,libstdc++6';
  output(
    ...(['mmdebstrap', '--quiet', '--mode=root', '--variant=extract', `--include=${packages}`] as const),
    ...[`--aptopt=${aptConfig}`, '', folder, ...new Set(sources.split('\n'))],
  );
  const local = join(folder, 'usr', 'local');
  cpSync(realpathSync(process.execPath), join(local, 'bin', 'node'));
  const npm = join('lib', 'node_modules', 'npm');
  // The location of its command, not what it reports about itself: that follows the Node that runs it.
  const command = realpathSync(output('sh', '-c', 'command -v npm'));
  cpSync(dirname(dirname(command)), join(local, npm), { recursive: true });
  symlinkSync(join('..', npm, 'bin', 'npm-cli.js'), join(local, 'bin', 'npm'));
  writeFileSync(join(folder, 'etc', 'passwd'), 'root:x:0:0::/root:/bin/sh\nnode:x:1000:1000::/:/bin/sh\n');
  writeFileSync(join(folder, 'etc', 'group'), 'root:x:0:\nnode:x:1000:\n');
  mkdirSync(join(local, 'etc'), { recursive: true });
  // Packages come from where this machine gets its own.
  const settings = [
    `registry=${output('npm', 'config', 'get', 'registry')}`,
    'prefer-offline=true',
    'cache=/var/cache/npm',
  ];
  const authorities = output('npm', 'config', 'get', 'cafile');
  if (authorities !== 'null') {
    cpSync(authorities, join(local, 'etc', 'authorities.pem'));
    settings.push('cafile=/usr/local/etc/authorities.pem');
  }
  writeFileSync(join(local, 'etc', 'npmrc'), `${settings.join('\n')}\n`);
}

/** The last process in the line below this one: Node, under what starts it in its folder. */
function lowestBelow(pid: number): number {
  // Each thread has a list of the processes that it started.
  const lists = globSync(`/proc/${pid}/task/*/children`).map((file) => readFileSync(file, 'utf8'));
  const child = Number.parseInt(lists.join(''), 10);
  return child ? lowestBelow(child) : pid;
}

test('the built image is small, runs as its user, is healthy, keeps its store in the volume and stops cleanly', {
  timeout: 900_000,
}, async (context: TestContext) => {
  const reason = whyNot();
  if (reason) return context.skip(reason);
  const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-built-'));
  try {
    const storage = ['--root', join(scratch, 'store'), '--runroot', join(scratch, 'run')];
    const buildah = (...args: string[]) => output('buildah', ...storage, '--storage-driver', 'vfs', ...args);
    const build = ['build', '--quiet', '--isolation', 'chroot', '--pull-never', '--format', 'docker'];
    const [, name = ''] = /^FROM (\S+)/m.exec(readFileSync(join(root, 'Dockerfile'), 'utf8')) ?? [];
    const base = join(scratch, 'base');
    makeBase(base);
    const dockerfile = join(scratch, 'Dockerfile');
    writeFileSync(dockerfile, 'FROM scratch\nCOPY . /\nENV PATH=/usr/local/bin:/usr/bin:/bin\n');
    buildah(...build, '--tag', name, '--file', dockerfile, base);
    const cache = output('npm', 'config', 'get', 'cache');
    mkdirSync(cache, { recursive: true });
    buildah(...build, '--volume', `${cache}:/var/cache/npm`, '--tag', image, '.');

    const { config } = (
      JSON.parse(buildah('inspect', '--type', 'image', image)) as { Docker: { config: ImageConfig } }
    ).Docker;
    assert.equal(config.User, 'node');
    assert.deepEqual(Object.keys(config.Volumes), ['/app/data']);
    const [kind, check = ''] = config.Healthcheck.Test;
    assert.equal(kind, 'CMD-SHELL');

    const container = buildah('from', '--pull-never', image);
    const settings: Record<string, string> = {
      PUBLIC_URL: 'https://voice.example',
      SECRET_KEY: randomBytes(32).toString('base64'),
      OPERATOR_API_KEY: `vak_${randomBytes(24).toString('hex')}`,
      SHUTDOWN_DELAY_SECONDS: '1',
      PORT: '0',
    };
    const runArgs = () => [
      ...['run', '--isolation', 'chroot'],
      ...Object.entries(settings).flatMap(([key, value]) => ['--env', `${key}=${value}`]),
      ...[container, '--'],
    ];
    const inside = (command: string) => buildah(...runArgs(), 'sh', '-c', command);
    const megabytes = Number.parseInt(inside('du -sm /app'), 10);
    assert.ok(megabytes > 50 && megabytes < 200, `${megabytes} MB`);
    assert.equal(
      inside('find /app -writable -not -path "/app/data*"'),
      '',
      'it can write nothing but its data',
    );

    const server = spawn('buildah', [...storage, '--storage-driver', 'vfs', ...runArgs(), ...config.Cmd], {
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    const exited = once(server, 'exit');
    try {
      let stoppedAt = 0;
      for await (const line of createInterface({ input: server.stdout })) {
        const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
        if (msg !== 'listening') continue;
        settings.PORT = String(port);
        for (const path of ['healthz', 'readyz', 'widget.js', 'installs/vapi-agent.zip'])
          assert.equal((await fetch(`http://127.0.0.1:${port}/${path}`)).status, 200, path);
        inside(check);
        assert.equal(inside('id -u; stat -c %u data/vapi-agent.db'), '1000\n1000');
        assert.equal(inside('node server/cli.ts tenants'), 'nothing');
        inside(
          'node server/deploy/backup-database.ts data/vapi-agent.db data/backup.db && test -s data/backup.db',
        );
        stoppedAt = performance.now();
        process.kill(lowestBelow(server.pid ?? 0), 'SIGTERM');
      }
      assert.deepEqual(await exited, [0, null]);
      // What Compose and the systemd unit grant.
      assert.ok(performance.now() - stoppedAt < 30_000);
      assert.throws(() => inside(`${check} 2>/dev/null`), 'what has stopped is not healthy');
    } finally {
      if (server.exitCode === null) process.kill(lowestBelow(server.pid ?? 0), 'SIGKILL');
    }
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
});
