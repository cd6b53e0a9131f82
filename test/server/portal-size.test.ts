/** What a reader of the portal downloads, in bytes of brotli: this test builds the portal and measures it. */
import assert from 'node:assert/strict';
import { mkdtemp, readdir, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, it } from 'node:test';
import { brotliCompressSync } from 'node:zlib';
import { createBuilder } from 'vite';

describe('weight of the portal', () => {
  let folder: string;
  const files = new Map<string, { code: string; bytes: number }>();

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'vapi-agent-portal-size-'));
    const builder = await createBuilder({
      ...{ logLevel: 'silent', environments: { portal: { build: { outDir: folder } } } },
    });
    const { portal } = builder.environments;
    assert.ok(portal);
    await builder.build(portal);
    const assets = join(folder, 'assets');
    for (const name of (await readdir(assets)).filter((one) => one.endsWith('.js'))) {
      const code = await readFile(join(assets, name), 'utf8');
      files.set(name, { code, bytes: brotliCompressSync(code).length });
    }
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const chunk = (name: string): string => {
    const found = [...files.keys()].find((path) => path.startsWith(`${name}-`));
    assert.ok(found, `no chunk ${name} among ${[...files.keys()]}`);
    return found;
  };

  /** The file and everything it imports statically. */
  const closure = (name: string, seen = new Set<string>()): Set<string> => {
    if (seen.has(name)) return seen;
    seen.add(name);
    for (const [, source] of (files.get(name)?.code ?? '').matchAll(
      /(?:\bfrom|\bimport)\s*["'`]\.\/([^"'`]+)["'`]/g,
    )) {
      closure(source as string, seen);
    }
    return seen;
  };
  const bytes = (names: Iterable<string>): number =>
    [...names].reduce((sum, name) => sum + (files.get(name)?.bytes ?? 0), 0);
  const first = () => new Set([...closure(chunk('main')), ...closure(chunk('operator-views'))]);

  it('the first view of the operator: at most 60 kB', () => {
    assert.ok(bytes(first()) <= 60_000, `${bytes(first())} bytes`);
  });

  it('of a client: the same without a view of the operator’s', () => {
    const loaded = [...closure(chunk('main'))];
    assert.deepEqual(
      loaded.filter((name) => /^(operator|tenant-page|all-calls|books|form)/.test(name)),
      [],
    );
    assert.ok(bytes(loaded) <= 30_000, `${bytes(loaded)} bytes`);
  });

  it('each further view: at most 25 kB more', () => {
    const known = first();
    const views = [...files.keys()].filter((name) => /-(view|page)-/.test(name));
    assert.ok(views.length >= 6, views.join());
    for (const view of views) assertSmall(view, known);
  });

  it('the chart, which comes after the view that has it: at most 25 kB more', () => {
    assertSmall(chunk('day-chart'), first());
  });

  it('a language, which only its readers load: at most 6 kB', () => {
    const known = first();
    for (const code of ['ar', 'de', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'tr', 'zh']) {
      const file = chunk(code);
      assert.ok(!known.has(file), `${file} is part of the first view`);
      assert.ok((files.get(file)?.bytes ?? 0) <= 6_000, `${file}: ${files.get(file)?.bytes} bytes`);
    }
  });

  const assertSmall = (view: string, known: Set<string>) => {
    const more = [...closure(view)].filter((name) => !known.has(name));
    assert.ok(bytes(more) <= 25_000, `${view}: ${bytes(more)} bytes`);
  };
});
