/** A page's download, in bytes of brotli, is a promise of the product: this test builds the element and measures it. */
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { build, createBuilder } from 'vite';

describe('weight of the element', () => {
  let folder: string;
  const files = new Map<string, string>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vapi-agent-size-'));
    await build({ logLevel: 'silent', environments: { client: { build: { outDir: folder } } } });
    for (const name of await readdir(folder, { recursive: true })) {
      if (name.endsWith('.js')) files.set(name, await readFile(join(folder, name), 'utf8'));
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const chunk = (name: string): string => {
    const found = [...files.keys()].find((path) => path.startsWith(`chunks/${name}-`));
    assert.ok(found, `no chunk ${name} among ${[...files.keys()]}`);
    return found;
  };

  /** The file and everything it imports statically. */
  const closure = (path: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(path)) return seen;
    seen.add(path);
    const code = files.get(path);
    assert.ok(code !== undefined, `${path} is not in the build`);
    for (const [, source] of code.matchAll(/(?:\bfrom|\bimport)\s*["'`](\.[^"'`]+)["'`]/g)) {
      closure(join(path, '..', source as string), seen);
    }
    return seen;
  };

  const bytes = (paths: Iterable<string>): number =>
    [...paths].reduce((sum, path) => sum + brotliCompressSync(files.get(path) as string).length, 0);

  it('before intent: one request of at most 1.5 kB', () => {
    const loaded = closure('widget.js');
    assert.deepEqual([...loaded], ['widget.js']);
    assert.ok(bytes(loaded) <= 1500, `${bytes(loaded)} bytes`);
  });

  it('opening the panel: at most 20 kB more', () => {
    const loaded = closure(chunk('mount'));
    assert.ok(bytes(loaded) <= 20_000, `${bytes(loaded)} bytes`);
  });

  it('the form for a message, once no one can talk to the visitor: at most 4 kB more', () => {
    const panel = closure(chunk('mount'));
    const more = [...closure(chunk('lead'))].filter((path) => !panel.has(path));
    assert.ok(bytes(more) <= 4000, `${bytes(more)} bytes`);
    assert.ok(bytes([chunk('lead-ja')]) <= 800);
  });

  it('context and functions of the page: at most 3 kB more, in a chunk that nothing else loads', () => {
    const loaded = closure(chunk('page-tools'));
    assert.deepEqual([...loaded], [chunk('page-tools')]);
    assert.ok(bytes(loaded) <= 3000, `${bytes(loaded)} bytes`);
  });

  it('the launcher also runs as a classic script, and finds the exports that it asks for by their names', () => {
    assert.doesNotThrow(() => new Function(files.get('widget.js') as string));
    for (const [name, exported] of [
      ['mount', 'mount'],
      ['vapi-call', 'joinCall'],
    ] as const) {
      assert.match(
        files.get(chunk(name)) as string,
        new RegExp(`export\\{[^}]*\\b${exported}\\}|as ${exported}\\b`),
      );
    }
  });

  it("Vapi's SDK is in the call chunk and nowhere else", () => {
    const holders = [...files].filter(([, code]) => code.includes('call-machine')).map(([path]) => path);
    assert.deepEqual(holders, [chunk('vapi-call')]);
  });

  it('the classic loader: at most 200 bytes, and it is not a module', () => {
    const loader = files.get('embed.js') ?? '';
    assert.ok(Buffer.byteLength(loader) <= 200, `${Buffer.byteLength(loader)} bytes`);
    assert.doesNotThrow(() => new Function(loader));
  });

  it('the entry for a page’s own interface: at most 10 kB, without Lit and Vapi’s SDK', async () => {
    const own = join(folder, 'headless');
    const builder = await createBuilder({
      logLevel: 'silent',
      environments: { headless: { build: { outDir: own } } },
    });
    const { headless } = builder.environments;
    assert.ok(headless);
    await builder.build(headless);
    const names = (await readdir(own)).filter((name) => name.endsWith('.js'));
    for (const name of names) files.set(`headless/${name}`, await readFile(join(own, name), 'utf8'));
    try {
      const loaded = closure('headless/agent.js');
      assert.ok(bytes(loaded) <= 10_000, `${bytes(loaded)} bytes of ${[...loaded]}`);
      for (const path of loaded) assert.doesNotMatch(files.get(path) as string, /litHtml|call-machine/, path);
      for (const name of names) assert.match(name, /^agent\.js$|^[\w-]+-[\w-]{6}\.js$/);
    } finally {
      for (const name of names) files.delete(`headless/${name}`);
    }
  });

  it('lazy files have their hash in their name, files that a page names do not', () => {
    for (const path of files.keys()) assert.match(path, /^(widget|embed)\.js$|^chunks\/[\w-]+-[\w-]{6}\.js$/);
  });

  it('lists the hash of every file, for pages that pin what they load', async () => {
    const said = JSON.parse(await readFile(join(folder, 'integrity.json'), 'utf8'));
    const real = [...files].map(([name, code]) => [
      name,
      `sha384-${createHash('sha384').update(code).digest('base64')}`,
    ]);
    assert.deepEqual(said, Object.fromEntries(real));
  });

  it('no code that a strict policy forbids: no eval of ours, no style text in markup', () => {
    for (const path of ['widget.js', chunk('mount')]) {
      assert.doesNotMatch(files.get(path) as string, /\beval\(|new Function|<style|style="/, path);
    }
  });
});
