/** `custom-elements.json` and the README describe exactly what the sources have. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { promisify } from 'node:util';

const root = join(import.meta.dirname, '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');
const sources = globSync('widget/{*,panel/*}.ts', { cwd: root }).map(read).join('\n');
const element = read('widget/vapi-agent.ts');
const readme = read('widget/README.md');

interface Named {
  name: string;
}
interface Declaration
  extends Record<'attributes' | 'events' | 'slots' | 'cssProperties' | 'cssParts', Named[]> {
  members: (Named & { kind: 'field' | 'method' })[];
}
const manifest = JSON.parse(read('widget/custom-elements.json'));
const declaration: Declaration = manifest.modules[0].declarations[0];
const names = (entries: Named[]): string[] => entries.map(({ name }) => name).sort();
const found = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ''))].sort();

test('attributes: those that the code observes, reads or reflects, and those that only CSS reads', () => {
  const inCode = found(
    [
      element,
      read('widget/page-tools.ts'),
      ...['mount', 'announcer', 'tenant-settings'].map((name) => read(`widget/panel/${name}.ts`)),
    ].join('\n'),
    /(?:[gs]etAttribute|hasAttribute|#has)\('([a-z]+)'/g,
  );
  const observed = found(element.match(/observedAttributes = \[(.*)\]/)?.[1] ?? '', /'([a-z]+)'/g);
  const inCss = found(sources, /:host\((?::not\()?\[([a-z]+)[$^]?[=\]]/g).filter((name) => name !== 'hidden');
  assert.deepEqual(names(declaration.attributes), [...new Set([...inCode, ...observed, ...inCss])].sort());
});

test('methods and fields: the public ones of the class', () => {
  const callbacks = ['connectedCallback', 'disconnectedCallback', 'attributeChangedCallback', 'constructor'];
  const methods = found(element, /^ {2}(?:async )?([a-z]\w*)\([^)]*\)(?::|\s\{)/gm).filter(
    (name) => !callbacks.includes(name),
  );
  const fields = found(element, /^ {2}(?:get|readonly) ([a-z]\w*)[(:]/gm);
  assert.deepEqual(names(declaration.members.filter(({ kind }) => kind === 'method')), methods);
  assert.deepEqual(names(declaration.members.filter(({ kind }) => kind === 'field')), fields);
});

test('events: those of the typed map', () => {
  assert.deepEqual(
    names(declaration.events),
    found(read('widget/events.ts'), /^ {2}'(vapi-agent-[a-z-]+)':/gm),
  );
});

test('custom properties and slots: those that the sources name', () => {
  assert.deepEqual(names(declaration.cssProperties), found(sources, /var\(\s*(--vapi-agent-[a-z-]+)/g));
  assert.deepEqual(names(declaration.slots), found(sources, /slot(?: name="|\.name = [^']*')([a-z]+)/g));
});

test('parts: those in the templates', () => {
  const written = found(sources, /part="([^"]*)"/g).flatMap((value) => value.split(' '));
  const built = found(sources, /\.part(?: = |\.add\()'([a-z]+)'/g);
  const computed = ['launcher', 'user', 'assistant', 'start', 'end', 'agree', 'close', 'allow', 'refuse'];
  const all = [...written.filter((part) => !part.includes('$')), ...built, ...computed];
  assert.deepEqual(names(declaration.cssParts), [...new Set(all)].sort());
});

test('the README names them all', () => {
  const lists = [declaration.attributes, declaration.events, declaration.cssProperties, declaration.cssParts];
  const missing = lists.flatMap(names).filter((name) => !readme.includes(`\`${name}\``));
  assert.deepEqual(missing, []);
  const methods = declaration.members.filter(({ kind }) => kind === 'method');
  assert.deepEqual(
    names(methods).filter((name) => !readme.includes(`\`${name}(`)),
    [],
  );
});

test('typings for React, Vue, Svelte and Angular compile, and reject mistakes', async () => {
  const tsc = join(root, 'node_modules', 'typescript', 'bin', 'tsc');
  await promisify(execFile)(process.execPath, [tsc, '--noEmit', '-p', join(root, 'test', 'typings')]).catch(
    ({ stdout }) => assert.fail(stdout),
  );
});
