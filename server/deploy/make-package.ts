/**
 * `npm run package`: the npm package in `dist/package`, as plain JavaScript with types, because Node strips types from
 * a project's own files only. `npm pack ./dist/package` and `npm publish ./dist/package` take it from there.
 */
import { execFileSync } from 'node:child_process';
import {
  chmodSync,
  cpSync,
  existsSync,
  globSync,
  mkdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';

const root = join(import.meta.dirname, '..', '..');
const target = join(root, 'dist', 'package');
const manifest = 'widget/custom-elements.json';
/** Beside `vapi-agent` itself. */
const commands = ['backup-database', 'copy-database'];
/** What the element's files import: needed by those who bundle it; this project's server only serves the result. */
const ofTheElement = ['@vapi-ai/web', 'lit'];
/** What a rendering server gets in place of the element, whose files need a browser. */
const onServers = 'widget/on-servers.js';
/** Typings of the element for frameworks: `vapi-agent/react` and so on. */
const frameworks = globSync('widget/frameworks/*.ts', { cwd: root }).map((file) => basename(file, '.ts'));

rmSync(target, { recursive: true, force: true });
compile();
copy(
  'dist/widget',
  'dist/portal',
  'dist/installs',
  'LICENSE',
  ...(existsSync(join(root, manifest)) ? [manifest] : []),
);
cpSync(join(root, 'server', 'deploy', 'package-readme.md'), join(target, 'README.md'));
writeOnServers();
describe();
makeCommands();

/** The same compiler and strictness as the project's own check, but with files as the result. */
function compile(): void {
  const options = join(root, 'dist', 'package.tsconfig.json');
  const entries = [
    'server/cli.ts',
    'server/mount.ts',
    ...commands.map((name) => `server/deploy/${name}.ts`),
    'widget/index.ts',
    'widget/headless.ts',
    ...(frameworks.length > 0 ? ['widget/attributes.ts'] : []),
    'widget/define.ts',
  ];
  writeFileSync(
    options,
    JSON.stringify({
      extends: '../tsconfig.json',
      compilerOptions: {
        noEmit: false,
        declaration: true,
        rewriteRelativeImportExtensions: true,
        rootDir: '..',
        outDir: 'package',
        typeRoots: ['../node_modules/@types'],
      },
      files: entries.map((entry) => `../${entry}`),
      include: [],
      exclude: [],
    }),
  );
  try {
    execFileSync(join(root, 'node_modules', '.bin', 'tsc'), ['-p', options], { stdio: 'inherit' });
  } finally {
    rmSync(options);
  }
  // These contain only types and need their framework to be checked, which the package's users have.
  for (const name of frameworks) {
    const file = join(target, 'widget', 'frameworks', name);
    mkdirSync(dirname(file), { recursive: true });
    cpSync(join(root, 'widget', 'frameworks', `${name}.ts`), `${file}.d.ts`);
    writeFileSync(`${file}.js`, 'export {};\n');
  }
  // The compiler leaves the extensions in declarations unchanged.
  for (const file of globSync('**/*.d.ts', { cwd: target })) {
    const path = join(target, file);
    const text = readFileSync(path, 'utf8');
    writeFileSync(path, text.replace(/(from '|import\('|import ')(\.[^']*)\.ts'/g, "$1$2.js'"));
  }
}

function copy(...names: string[]): void {
  for (const name of names) cpSync(join(root, name), join(target, name), { recursive: true });
}

/** Rendering servers also run `import 'vapi-agent/define'` in a page's module. */
function writeOnServers(): void {
  const text = `/** Replaces the element outside browsers: registers nothing, and cannot be constructed. */
export class VapiAgent {
  constructor() {
    throw new Error('<vapi-agent> needs a browser.');
  }
}
`;
  writeFileSync(join(target, onServers), text);
}

function describe(): void {
  const own = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as Record<
    string,
    Record<string, string>
  >;
  const { name, version, description, license, type, engines, dependencies, devDependencies } = own;
  const entry = (file: string) => ({ types: `./${file}.d.ts`, default: `./${file}.js` });
  const inBrowsers = (file: string) => {
    const { types, default: script } = entry(file);
    return { types, node: `./${onServers}`, default: script };
  };
  const hasManifest = existsSync(join(target, manifest));
  writeFileSync(
    join(target, 'package.json'),
    `${JSON.stringify(
      {
        name,
        version,
        description,
        keywords: ['vapi', 'voice', 'web-component', 'express'],
        license,
        type,
        engines,
        bin: {
          'vapi-agent': 'server/cli.js',
          ...Object.fromEntries(commands.map((name) => [`vapi-agent-${name}`, `server/deploy/${name}.js`])),
        },
        exports: {
          '.': inBrowsers('widget/index'),
          './define': inBrowsers('widget/define'),
          './headless': entry('widget/headless'),
          './server': entry('server/mount'),
          ...Object.fromEntries(
            frameworks.map((framework) => [`./${framework}`, entry(`widget/frameworks/${framework}`)]),
          ),
          ...(hasManifest ? { './custom-elements.json': `./${manifest}` } : {}),
          './package.json': './package.json',
        },
        ...(hasManifest ? { customElements: manifest } : {}),
        sideEffects: ['./widget/define.js', './server/{cli,main}.js', './server/deploy/*.js'],
        dependencies: {
          ...dependencies,
          ...Object.fromEntries(ofTheElement.map((name) => [name, devDependencies?.[name]])),
        },
      },
      null,
      2,
    )}\n`,
  );
}

function makeCommands(): void {
  for (const name of ['cli', ...commands.map((command) => `deploy/${command}`)]) {
    const file = join(target, 'server', `${name}.js`);
    writeFileSync(file, `#!/usr/bin/env node\n${readFileSync(file, 'utf8')}`);
    chmodSync(file, 0o755);
  }
}
