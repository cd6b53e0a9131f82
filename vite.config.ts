/**
 * Builds the element into `dist/widget`: `widget.js` and `embed.js` keep their names, everything lazy gets its hash
 * and can be cached for ever. Chunks name each other relative to themselves, so any page on any origin can load them.
 */
import { createHash } from 'node:crypto';
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import { defineConfig, minify, type Plugin } from 'vite';

const widget = new URL('widget/', import.meta.url);

/** Takes comments and white space out of css`…` texts, which no minifier touches because they are strings. */
function minifyCssTexts(): Plugin {
  return {
    name: 'minify-css-texts',
    transform(code, id) {
      if (!id.includes('/widget/') || !code.includes('css`')) return null;
      return code.replace(/css`([^`]*)`/g, (_, text: string) => {
        const small = text
          .replace(/\/\*[\s\S]*?\*\//g, '')
          .replace(/\s+/g, ' ')
          .replace(/ ?([{};,]) ?/g, '$1')
          .replace(/: /g, ':')
          .replace(/=(['"])([\w-]+)\1/g, '=$2')
          .replace(/([ (,:-])0\./g, '$1.')
          .replace(/;}/g, '}')
          .replace(/\( /g, '(')
          .replace(/ \)/g, ')')
          .trim();
        return JSON.stringify(small);
      });
    },
  };
}

/** The classic loader for page builders that allow no modules; it is no module, so it is not bundled. */
function classicLoader(): Plugin {
  return {
    name: 'classic-loader',
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

/**
 * Hashes for pages that pin what they load: said for the two entries, and all of them in `integrity.json` in the form of
 * an import map, by which a browser checks the chunks too.
 */
function integrity(): Plugin {
  return {
    name: 'integrity',
    async writeBundle({ dir = '' }, bundle) {
      const hashes = Object.values(bundle).map((file) => {
        const content = file.type === 'chunk' ? file.code : file.source;
        return [file.fileName, `sha384-${createHash('sha384').update(content).digest('base64')}`] as const;
      });
      await writeFile(join(dir, 'integrity.json'), JSON.stringify(Object.fromEntries(hashes), null, 2));
      for (const [name, hash] of hashes) if (!name.includes('/')) this.info(`${name} integrity="${hash}"`);
    },
  };
}

export default defineConfig({
  plugins: [minifyCssTexts(), classicLoader(), compress(), integrity()],
  // What the libraries ask at run time; in a library build Vite would leave the question in.
  define: { 'process.env.NODE_ENV': '"production"' },
  build: {
    outDir: 'dist/widget',
    emptyOutDir: true,
    target: 'es2022',
    reportCompressedSize: false,
    modulePreload: false,
    lib: { entry: new URL('define.ts', widget).pathname, formats: ['es'] },
    rolldownOptions: {
      output: {
        minify: true,
        // Lit with the panel, its first user: what comes later finds it there, and opening costs one request.
        codeSplitting: {
          groups: [{ name: 'mount', test: /node_modules\/(@lit|lit)|widget\/panel\/mount\.ts/ }],
        },
        entryFileNames: 'widget.js',
        chunkFileNames: 'chunks/[name]-[hash].js',
      },
    },
  },
});
