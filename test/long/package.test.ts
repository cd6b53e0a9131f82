/** The npm package: what is in it, and that empty projects can use it. Packages come from the npm registry. */
import assert from 'node:assert/strict';
import { execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { extname, join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import { chromeArgs, chromePath } from '../support/chrome.ts';

const root = join(import.meta.dirname, '..', '..');
const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-package-'));
const bin = (name: string) => join(root, 'node_modules', '.bin', name);
const run = (command: string, args: string[], cwd: string, env: Record<string, string> = {}) =>
  execFileSync(command, args, { cwd, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, ...env } });
const { react, 'react-dom': reactDom, vite, typescript } = versions();
let tarball: string;

before(() => {
  run(process.execPath, [join('server', 'deploy', 'make-package.ts')], root);
  run('npm', ['pack', join(root, 'dist', 'package'), '--pack-destination', scratch], scratch);
  tarball = join(scratch, readdirSync(scratch).find((name) => name.endsWith('.tgz')) ?? '');
});
after(() => rmSync(scratch, { recursive: true, force: true }));

test('it holds the built element, JavaScript and types, and nothing of the project’s own', () => {
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

test('publint and are-the-types-wrong have nothing to say', () => {
  run(bin('publint'), ['--strict', join(root, 'dist', 'package')], scratch);
  run(bin('attw'), [tarball, '--profile', 'esm-only'], scratch);
});

test('plain Node: the command starts, and the backend mounts in an app', async () => {
  const folder = project('node', {});
  writeFileSync(
    join(folder, 'app.js'),
    `import express from 'express';
import { createVapiAgent } from 'vapi-agent/server';
const agent = await createVapiAgent({ settings: { PUBLIC_URL: 'http://localhost/voice', LOG_LEVEL: 'silent' } });
const app = express().use('/voice', agent.router);
const server = app.listen(0, async () => {
  const base = 'http://127.0.0.1:' + server.address().port + '/voice';
  console.log(...(await Promise.all(['/readyz', '/widget.js', '/installs/vapi-agent.zip'].map((path) => fetch(base + path)))).map(({ status }) => status));
  server.close(() => agent.close());
  server.closeAllConnections();
});
`,
  );
  // It ends by itself: nothing of the backend keeps the process alive.
  assert.equal(run(process.execPath, ['app.js'], folder).trim(), '200 200 200');

  const command = spawn(join(folder, 'node_modules', '.bin', 'vapi-agent'), ['start'], {
    cwd: folder,
    env: { ...process.env, PORT: '0' },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  for await (const line of createInterface({ input: command.stdout })) {
    const { msg, port } = JSON.parse(line) as { msg: string; port?: number };
    if (msg !== 'listening') continue;
    assert.equal((await fetch(`http://127.0.0.1:${port}/healthz`)).status, 200);
    // The command finds the key that the local start has made beside it.
    const env = { VAPI_AGENT_URL: `http://127.0.0.1:${port}` };
    assert.equal(run('npx', ['--no-install', 'vapi-agent', 'tenants'], folder, env), 'nothing\n');
    command.kill();
  }
  if (command.exitCode === null) await once(command, 'exit');
  assert.equal(command.exitCode, 0);
});

test('an empty Vite project bundles the element, and the call stays a chunk of its own', async () => {
  const folder = project('vite', { vite });
  writeFileSync(
    join(folder, 'index.html'),
    page('<vapi-agent tenant="acme" server="https://voice.example"></vapi-agent>'),
  );
  writeFileSync(join(folder, 'main.js'), "import 'vapi-agent/define';\n");
  run(process.execPath, [join(folder, 'node_modules', 'vite', 'bin', 'vite.js'), 'build'], folder);
  const assets = readdirSync(join(folder, 'dist', 'assets'));
  const entry = assets.find((name) => name.startsWith('index-')) ?? '';
  assert.ok(assets.length > 2, 'there are lazy chunks');
  assert.ok(
    readFileSync(join(folder, 'dist', 'assets', entry)).length < 20_000,
    'only the launcher is in the entry',
  );
  assert.equal(await labelIn(join(folder, 'dist')), 'Talk to us');
});

test('an empty React project with strict types uses the element', async () => {
  const folder = project('react', {
    vite,
    typescript,
    react,
    'react-dom': reactDom,
    '@types/react': '19',
    '@types/react-dom': '19',
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
  writeFileSync(join(folder, 'tsconfig.json'), JSON.stringify({ compilerOptions, files: ['main.tsx'] }));
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

/** Serves the built project and reads the launcher's label in a browser. */
async function labelIn(folder: string): Promise<string> {
  const types: Record<string, string> = { '.html': 'text/html', '.js': 'text/javascript' };
  const server = createServer((request, response) => {
    const path = request.url === '/' ? '/index.html' : (request.url ?? '');
    response.setHeader('content-type', types[extname(path)] ?? 'text/plain');
    response.end(readFileSync(join(folder, path)));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs });
  try {
    const view = await browser.newPage();
    await view.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
    return (await view.locator('vapi-agent [part=label]').textContent()) ?? '';
  } finally {
    await browser.close();
    server.close();
  }
}

/** As in this project where it has them, so that the cache has them too. */
function versions(): Record<'react' | 'react-dom' | 'vite' | 'typescript', string> {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as {
    devDependencies: Record<string, string>;
  };
  const of = (name: string, otherwise = '') => own.devDependencies[name] ?? otherwise;
  return {
    react: of('react', '19'),
    'react-dom': of('react-dom', '19'),
    vite: of('vite'),
    typescript: of('typescript'),
  };
}
