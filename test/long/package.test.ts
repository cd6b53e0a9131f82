/** The npm package: what is in it, and that empty projects can use it. Packages come from the npm registry. */
import assert from 'node:assert/strict';
import { execFileSync, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import {
  existsSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  rmSync,
  statSync,
  writeFileSync,
} from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { delimiter, extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { hangUp, openHostPages, talk } from '../e2e/support/host-page.ts';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { everyDatabase } from '../support/postgres.ts';

const root = join(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-package-'));
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const run = (command: string, args: string[], cwd: string, env: Record<string, string> = {}) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, ...env } });
const { express, react, 'react-dom': reactDom, vite, vue, typescript } = versions();
let tarball: string;
/** A project without a bundler, for the tests of what runs on a server. */
let node: string;

before(() => {
  run(process.execPath, [join('server', 'deploy', 'make-package.ts')], root);
  run('npm', ['pack', join(root, 'dist', 'package'), '--pack-destination', scratch], scratch);
  tarball = join(scratch, readdirSync(scratch).find((name) => name.endsWith('.tgz')) ?? '');
  const types = { typescript, '@types/express': '5', '@types/node': '24' };
  node = project('node', { express, react, 'react-dom': reactDom, ...types });
});
after(() => rmSync(scratch, { recursive: true, force: true }));

test('it contains the built element, JavaScript and types, and none of the project’s sources', () => {
  const files = run('tar', ['-tzf', tarball], scratch).split('\n');
  for (const name of [
    'dist/widget/widget.js',
    'dist/portal/index.html',
    'dist/installs/vapi-agent.zip',
    'widget/index.d.ts',
    'server/mount.js',
    'server/main.js',
    'README.md',
  ]) {
    assert.ok(files.includes(`package/${name}`), name);
  }
  const sources = files.filter((name) =>
    /(?<!\.d)\.ts$|\.tsx$|\.env|\.db$|^package\/(test|demo|node_modules)\//.test(name),
  );
  assert.deepEqual(sources, []);
});

test('publint and are-the-types-wrong find nothing', () => {
  run(bin('publint'), ['--strict', join(root, 'dist', 'package')], scratch);
  run(bin('attw'), [tarball, '--profile', 'esm-only'], scratch);
});

test('plain Node: the command starts, and the backend mounts in an app', async () => {
  writeFileSync(
    join(node, 'app.js'),
    `import express from 'express';
import { createVapiAgent } from 'vapi-agent/server';
import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
const agent = await createVapiAgent({ settings: { PUBLIC_URL: 'http://localhost/voice', LOG_LEVEL: 'silent' } });
const app = express().use('/voice', agent.router);
const server = app.listen(0, async () => {
  const base = 'http://localhost:' + server.address().port + '/voice';
  for (const path of ['/readyz', '/widget.js', '/installs/vapi-agent.zip']) {
    console.log((await fetch(base + path)).status);
  }
  const env = { ...process.env, VAPI_AGENT_URL: base, OPERATOR_API_KEY: agent.operatorApiKey };
  console.log((await promisify(execFile)('npx', ['--no-install', 'vapi-agent', 'tenants'], { env })).stdout);
  server.close(() => agent.close());
  server.closeAllConnections();
});
`,
  );
  // It ends on its own: nothing in the backend keeps the process alive.
  assert.deepEqual(run(process.execPath, ['app.js'], node).trim().split('\n'), [
    ...['200', '200', '200'],
    'nothing',
  ]);

  const command = spawn(join(node, 'node_modules', '.bin', 'vapi-agent'), ['start'], {
    cwd: node,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: command.stdout })) {
    const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
    if (msg !== 'listening') continue;
    assert.equal((await fetch(`http://localhost:${port}/healthz`)).status, 200);
    // The command finds the key that the local start has created beside it.
    const env = { VAPI_AGENT_URL: `http://localhost:${port}` };
    assert.equal(run('npx', ['--no-install', 'vapi-agent', 'tenants'], node, env), 'nothing\n');
    command.kill();
  }
  if (command.exitCode === null) await once(command, 'exit');
  assert.equal(command.exitCode, 0);
});

test('plain Node: the commands for the store back it up, and move it to PostgreSQL', async (context) => {
  // The store of the server that the previous test has started.
  const npx = (command: string, ...words: string[]) => run('npx', ['--no-install', command, ...words], node);
  npx('vapi-agent-backup-database', join('data', 'vapi-agent.db'), 'backup.db');
  assert.ok(statSync(join(node, 'backup.db')).size > 0);
  const postgres = everyDatabase()[1];
  if (!postgres) return context.skip('no PostgreSQL is on this machine');
  const { config, remove } = await postgres.create();
  try {
    assert.ok(config.kind === 'postgres');
    assert.match(npx('vapi-agent-copy-database', 'sqlite:backup.db', config.url), /^ +0 {2}tenants$/m);
  } finally {
    await remove();
  }
});

test('a server that renders pages imports the element without a browser, and writes its tag', () => {
  writeFileSync(
    join(node, 'render.js'),
    `import 'vapi-agent/define';
import { VapiAgent } from 'vapi-agent';
import { createElement } from 'react';
import { renderToString } from 'react-dom/server';
console.log(typeof VapiAgent, renderToString(createElement('vapi-agent', { tenant: 'acme' })));
`,
  );
  assert.equal(
    run(process.execPath, ['render.js'], node),
    'function <vapi-agent tenant="acme"></vapi-agent>\n',
  );
});

test('the README’s server is right in strict TypeScript', () => {
  const readme = readFileSync(join(root, 'server', 'deploy', 'package-readme.md'), 'utf8');
  const [, example = ''] = /```js\n(import express[\s\S]+?)```/.exec(readme) ?? [];
  assert.match(example, /createVapiAgent\(/);
  writeFileSync(join(node, 'server.ts'), example);
  const compilerOptions = {
    ...{ strict: true, noEmit: true, exactOptionalPropertyTypes: true, noUncheckedIndexedAccess: true },
    ...{ module: 'nodenext', target: 'es2022', types: ['node'], skipLibCheck: true },
  };
  writeFileSync(join(node, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['server.ts'] }));
  run(join(node, 'node_modules', '.bin', 'tsc'), [], node);
});

test('its commands say what they need on an older Node', (context) => {
  const older = (process.env.PATH ?? '')
    .split(delimiter)
    .filter((place) => !place.includes('node_modules'))
    .map((place) => join(place, 'node'))
    .find((file) => existsSync(file) && Number.parseInt(run(file, ['-v'], scratch).slice(1), 10) < 24);
  if (!older) return context.skip('no older Node is on this machine');
  const commands = join(node, 'node_modules', 'vapi-agent', 'server');
  for (const [command, ...words] of [
    ['cli.js', 'start'],
    ['deploy/backup-database.js', 'a.db', 'b.db'],
    ['deploy/copy-database.js', 'sqlite:a.db', 'postgres://localhost/b'],
  ]) {
    const result: { status: number | null; stderr: string } = spawnSync(
      older,
      [join(commands, command ?? ''), ...words],
      {
        cwd: scratch,
        encoding: 'utf8',
      },
    );
    assert.equal(result.status, 1);
    assert.match(result.stderr, /^[^\n]*Node 24 or newer is needed; this is [\d.]+\.\n$/);
  }
});

test('an empty Vite project bundles the element, the call stays a separate chunk, and a visitor talks', async () => {
  const folder = project('vite', { vite });
  writeFileSync(join(folder, 'index.html'), page('<vapi-agent tenant="bundled"></vapi-agent>'));
  writeFileSync(
    join(folder, 'main.js'),
    `import 'vapi-agent/define';
document.querySelector('vapi-agent').setAttribute('server', new URLSearchParams(location.search).get('server'));
`,
  );
  run(process.execPath, [join(folder, 'node_modules', 'vite', 'bin', 'vite.js'), 'build'], folder);
  const assets = readdirSync(join(folder, 'dist', 'assets'));
  const entry = assets.find((name) => name.startsWith('index-')) ?? '';
  assert.ok(assets.length > 2, 'there are lazy chunks');
  assert.ok(
    readFileSync(join(folder, 'dist', 'assets', entry)).length < 20_000,
    'only the launcher is in the entry',
  );
  const pages = await openHostPages();
  try {
    await onSite(join(folder, 'dist'), async (origin) => {
      await pages.addTenant('bundled', { allowedOrigins: [origin] });
      const visit = await pages.visit(`${origin}/?server=${encodeURIComponent(pages.demo.server)}`);
      await talk(visit.agent);
      await hangUp(visit.agent);
      await visit.leave();
    });
  } finally {
    await pages.close();
  }
});

test('an empty React project with strict types uses the element', async () => {
  const folder = project('react', {
    vite,
    typescript,
    react,
    'react-dom': reactDom,
    '@types/react': '19',
    '@types/react-dom': '19',
    vue,
  });
  writeFileSync(join(folder, 'index.html'), page('<div id="root"></div>', 'main.tsx'));
  writeFileSync(
    join(folder, 'main.tsx'),
    `import { useEffect, useRef } from 'react';
import { createRoot } from 'react-dom/client';
import type { VapiAgent } from 'vapi-agent';
import 'vapi-agent/define';

function Agent() {
  const place = useRef<HTMLDivElement>(null);
  useEffect(() => {
    const agent: VapiAgent = document.createElement('vapi-agent');
    agent.setAttribute('label', 'Ask React');
    agent.addEventListener('vapi-agent-call-end', (event) => console.log(event.detail.seconds.toFixed()));
    place.current?.append(agent);
    return () => agent.remove();
  }, []);
  return <div ref={place} />;
}

createRoot(document.getElementById('root') as HTMLElement).render(<Agent />);
`,
  );
  const compilerOptions = {
    strict: true,
    noEmit: true,
    jsx: 'react-jsx',
    module: 'esnext',
    moduleResolution: 'bundler',
    target: 'es2022',
    lib: ['es2022', 'dom', 'dom.iterable'],
    types: [],
  };
  // The same lines that check the typings inside the project, against what is installed here.
  for (const name of ['react.tsx', 'vue.tsx']) {
    const text = readFileSync(join(root, 'test', 'typings', name), 'utf8')
      .replace(/'[./]+\/widget\/frameworks\/(\w+)\.ts'/g, "'vapi-agent/$1'")
      .replace(/'[./]+\/widget\/[\w-]+\.ts'/g, "'vapi-agent'");
    assert.ok(text.includes(`'vapi-agent/${name.replace('.tsx', '')}'`), text);
    writeFileSync(join(folder, name), text);
  }
  const files = ['main.tsx', 'react.tsx', 'vue.tsx'];
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files }));
  run(join(folder, 'node_modules', '.bin', 'tsc'), [], folder);
  run(process.execPath, [join(folder, 'node_modules', 'vite', 'bin', 'vite.js'), 'build'], folder);
  assert.equal(await labelIn(join(folder, 'dist')), 'Ask React');
});

/** An empty project with the tarball and these packages installed. */
function project(name: string, packages: Record<string, string>): string {
  const folder = join(scratch, name);
  mkdirSync(folder);
  const dependencies = { ...packages, 'vapi-agent': `file:${tarball}` };
  writeFileSync(
    join(folder, 'package.json'),
    JSON.stringify({ name, private: true, type: 'module', dependencies, allowScripts: { esbuild: true } }),
  );
  run('npm', ['install', '--no-audit', '--no-fund', '--prefer-offline', '--loglevel=error'], folder);
  return folder;
}

function page(body: string, script = 'main.js'): string {
  return `<!doctype html><html lang="en"><head><meta charset="utf-8"><title>Empty</title></head><body>${body}
<script type="module" src="/${script}"></script></body></html>`;
}

/** Serves the built project. */
async function onSite(folder: string, act: (origin: string) => Promise<void>): Promise<void> {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
  const server = createServer((request, response) => {
    const { pathname } = new URL(request.url ?? '/', 'http://site');
    const file = join(folder, pathname === '/' ? 'index.html' : pathname);
    response.setHeader('content-type', types[extname(file)] ?? 'text/plain');
    if (existsSync(file)) response.end(readFileSync(file));
    else response.writeHead(404).end();
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  try {
    await act(`http://localhost:${(server.address() as AddressInfo).port}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}

/** Reads the launcher's label in a browser. */
async function labelIn(folder: string): Promise<string> {
  const browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs });
  let label = '';
  try {
    await onSite(folder, async (origin) => {
      const view = await browser.newPage();
      await view.goto(origin);
      label = (await view.locator('vapi-agent [part=label]').textContent()) ?? '';
    });
  } finally {
    await browser.close();
  }
  return label;
}

/** The versions of this project if it has them, so that the cache has them too. */
function versions(): Record<'express' | 'react' | 'react-dom' | 'typescript' | 'vite' | 'vue', string> {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    dependencies: Record<string, string>;
    devDependencies: Record<string, string>;
  };
  const of = (name: string) => own.devDependencies[name] ?? own.dependencies[name] ?? '';
  return {
    express: of('express'),
    react: of('react'),
    'react-dom': of('react-dom'),
    typescript: of('typescript'),
    vite: of('vite'),
    vue: of('vue'),
  };
}
