/**
 * Builds the element into `dist/widget`: `widget.js` and `embed.js` keep their names, everything lazy gets its hash
 * and can be cached for ever. Chunks name each other relative to themselves, so any page on any origin can load them.
 * Beside it the portal into `dist/portal`: one page, and files with their hash; and `headless/agent.js` for pages with an
 * interface of their own, apart from the element's chunks, so that it moves none of them.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, minify, type Plugin } from 'vite';

const widget = new URL('widget/', import.meta.url);
const portal = new URL('server/portal/', import.meta.url);
/** The other environments are the portal's, and that of `headless/agent.js`. */
const isWidget = ({ name }: { name: string }) => name === 'client';
const isForPages = ({ name }: { name: string }) => name !== 'portal';

/** What is left out of css`…` texts, in this order. */
const cssRules: [pattern: RegExp, replacement: string][] = [
  [/\/\*[\s\S]*?\*\//g, ''],
  [/\s+/g, ' '],
  [/ ?([{};,>]) ?/g, '$1'],
  [/: /g, ':'],
  [/ !important/g, '!important'],
  [/ \* /g, '*'],
  [/=(['"])([\w-]+)\1/g, '=$2'],
  [/([ (,:-])0\./g, '$1.'],
  [/;}/g, '}'],
  [/(?<=\() | (?=\))/g, ''],
];

/**
 * Minifies css`…` texts, which no minifier touches because they are strings. Not with Vite's own: Lightning CSS rounds
 * the launcher's z-index to single precision, and esbuild keeps the white space in custom properties, which the
 * launcher's budget has no room for.
 */
function minifyCssTexts(): Plugin {
  return {
    name: 'minify-css-texts',
    transform(code, id) {
      if (!/\/(widget|server\/portal)\//.test(id) || !code.includes('css`')) return null;
      return code.replace(/css`([^`]*)`/g, (_, text: string) => {
        const small = cssRules
          .reduce((css, [pattern, shorter]) => css.replace(pattern, shorter), text)
          .trim();
        // The portal's are Lit's, which must stay what they are; the element's are plain texts.
        return id.includes('/portal/') ? `css\`${small}\`` : JSON.stringify(small);
      });
    },
  };
}

/**
 * Without this, rolldown puts helpers of its own into a chunk that the panel needs only to name its one export, which
 * costs each opening a request, and keeps that name from `load.ts`, which asks for a chunk again by its address. `t` is
 * what launchers of earlier builds ask for.
 */
function plainExports(): Plugin {
  const replaced = (code: string, what: RegExp, by: string): string => {
    if (!what.test(code)) throw new Error(`the build no longer contains ${what}`);
    return code.replace(what, () => by);
  };
  const isHelpers = ({ name }: { name?: string | undefined }) => name === 'rolldown-runtime';
  const importsHelpers = /^import \{[^}]*\} from "\.\/rolldown-runtime[^"]*";\n/m;
  return {
    name: 'plain-exports',
    applyToEnvironment: isWidget,
    renderChunk(code, { name }, _options, { chunks }) {
      if (name === 'define') return replaced(code, /\.then\(\(n\) => n\.t\)/, '');
      if (name === 'vapi-call') {
        const helpers = Object.values(chunks).find(isHelpers)?.modules ?? {};
        return replaced(code, importsHelpers, Object.values(helpers)[0]?.code ?? '');
      }
      if (name !== 'mount') return null;
      if (!/mount_exports as t\b/.test(code)) throw new Error('earlier launchers ask for another name');
      const plain = replaced(code, /__exportAll\(\{ mount: \(\) => mount \}\)/, '{ mount }');
      return `${replaced(plain, importsHelpers, '')}\nexport { mount };\n`;
    },
    generateBundle(_options, bundle) {
      for (const [path, file] of Object.entries(bundle)) if (isHelpers(file)) delete bundle[path];
    },
  };
}

/** The classic loader for page builders that allow no modules; it is no module, so it is not bundled. */
function classicLoader(): Plugin {
  return {
    name: 'classic-loader',
    applyToEnvironment: isWidget,
    async generateBundle() {
      const source = await readFile(new URL('embed.js', widget), 'utf8');
      const { code } = await minify('embed.js', source);
      this.emitFile({ type: 'asset', fileName: 'embed.js', source: code });
    },
  };
}

/** Compresses each file once, as hard as it goes, for the server to send; what a visitor downloads is said by each build. */
function compress(): Plugin {
  return {
    name: 'compress',
    async writeBundle({ dir = '' }, bundle) {
      for (const file of Object.values(bundle)) {
        const content = file.type === 'chunk' ? file.code : file.source;
        const brotli = brotliCompressSync(content);
        await writeFile(join(dir, `${file.fileName}.br`), brotli);
        await writeFile(join(dir, `${file.fileName}.gz`), gzipSync(content, { level: 9 }));
        this.info(`${file.fileName.padEnd(36)} ${String(brotli.length).padStart(6)} bytes brotli`);
      }
    },
  };
}

/** What pages name themselves. */
const entries = /^(widget|embed|agent)\.js$/;

/**
 * Hashes for pages that pin what they load: said for the entries, and all of them in `integrity.json` in the form of
 * an import map, by which a browser checks the chunks too.
 */
function integrity(): Plugin {
  return {
    name: 'integrity',
    applyToEnvironment: isForPages,
    async writeBundle({ dir = '' }, bundle) {
      const hashes = Object.values(bundle).map((file) => {
        const content = file.type === 'chunk' ? file.code : file.source;
        return [file.fileName, `sha384-${createHash('sha384').update(content).digest('base64')}`] as const;
      });
      await writeFile(join(dir, 'integrity.json'), JSON.stringify(Object.fromEntries(hashes), null, 2));
      for (const [name, hash] of hashes) if (entries.test(name)) this.info(`${name} integrity="${hash}"`);
    },
  };
}

/** The portal's page; what it runs and shows is in the script. */
function portalPage(): Plugin {
  return {
    name: 'portal-page',
    applyToEnvironment: (environment) => !isForPages(environment),
    async generateBundle(_options, bundle) {
      const entry = Object.values(bundle).find((file) => file.type === 'chunk' && file.isEntry);
      if (!entry) throw new Error('the portal has no script');
      const page = await readFile(new URL('index.html', portal), 'utf8');
      const source = page.replace('./main.ts', `./${entry.fileName}`);
      this.emitFile({ type: 'asset', fileName: 'index.html', source });
    },
  };
}

export default defineConfig({
  plugins: [minifyCssTexts(), plainExports(), classicLoader(), portalPage(), compress(), integrity()],
  // What the libraries ask at run time; in a library build Vite would leave the question in.
  define: { 'process.env.NODE_ENV': '"production"' },
  // One command builds them all.
  builder: {},
  build: { emptyOutDir: true, target: 'es2022', reportCompressedSize: false, modulePreload: false },
  environments: {
    client: {
      build: {
        outDir: 'dist/widget',
        lib: { entry: new URL('define.ts', widget).pathname, formats: ['es'] },
        rolldownOptions: {
          output: {
            minify: true,
            comments: { annotation: false },
            // Lit with the panel, its first user: what comes later finds it there, and opening costs one request.
            codeSplitting: {
              groups: [{ name: 'mount', test: /node_modules\/(@lit|lit)|widget\/panel\/mount\.ts/ }],
            },
            entryFileNames: 'widget.js',
            chunkFileNames: 'chunks/[name]-[hash:6].js',
          },
        },
      },
    },
    // After the element, whose build empties the folder around it.
    headless: {
      consumer: 'client',
      build: {
        outDir: 'dist/widget/headless',
        lib: { entry: new URL('headless.ts', widget).pathname, formats: ['es'] },
        rolldownOptions: {
          output: {
            minify: true,
            comments: { annotation: false },
            entryFileNames: 'agent.js',
            chunkFileNames: '[name]-[hash:6].js',
          },
        },
      },
    },
    portal: {
      consumer: 'client',
      build: {
        outDir: 'dist/portal',
        rolldownOptions: {
          input: new URL('main.ts', portal).pathname,
          output: {
            minify: true,
            entryFileNames: 'assets/[name]-[hash].js',
            chunkFileNames: 'assets/[name]-[hash].js',
          },
        },
      },
    },
  },
});
