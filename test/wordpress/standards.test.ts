/** What can be checked in the plugin's files before they run. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { makePot, potFile } from './pot.ts';

const root = join(import.meta.dirname, '..', '..');
const plugin = join(root, 'widget', 'installs', 'wordpress');
const read = (name: string) => readFileSync(join(plugin, name), 'utf8');

test('PHP_CodeSniffer finds no violation of PSR-12', () => {
  // Sentences that visitors read, and WordPress's long conditions, may exceed the soft limit of 120 columns.
  const args = ['--standard=PSR12', '--extensions=php', '--exclude=Generic.Files.LineLength', plugin];
  const { status, stdout } = spawnSync('phpcs', args, { encoding: 'utf8' });
  assert.equal(status, 0, stdout);
});

test('the version is the same wherever it is written', () => {
  const { version } = JSON.parse(readFileSync(join(root, 'package.json'), 'utf8')) as { version: string };
  assert.match(read('vapi-agent.php'), new RegExp(`Version: +${version}\n`));
  assert.match(read('includes/settings.php'), new RegExp(`VERSION = '${version}'`));
  assert.match(read('block/index.asset.php'), new RegExp(`'version' => '${version}'`));
  assert.match(read('readme.txt'), new RegExp(`Stable tag: ${version}\n`));
  assert.match(read('readme.txt'), new RegExp(`= ${version} =\n`));
});

test('the template for translators is the one that its program makes, and has every text of the sources', () => {
  const template = readFileSync(potFile, 'utf8');
  assert.equal(template, makePot());
  const entries = [...template.matchAll(/^msgid (".+")$/gm)].map(([, text = '""']) => JSON.parse(text));
  // Read independently: what the program overlooks would be missing on both sides above.
  const call = /\b(?:esc_html|esc_attr)?__\(\s*'((?:[^'\\]|\\.)*)',\s*'vapi-agent',?\s*\)/g;
  const texts = globSync('**/*.{php,js}', { cwd: plugin }).flatMap((name) =>
    [...read(name).matchAll(call)].map(([, text = '']) => text.replaceAll("\\'", "'")),
  );
  assert.ok(texts.length > 70 && texts.some((text) => /[^ -~]/.test(text)), `${texts.length} texts`);
  assert.deepEqual(
    texts.filter((text) => !entries.includes(text)),
    [],
  );
  const unexplained = template.split('\n\n').filter((entry) => /%\S/.test(entry) && !entry.startsWith('#. '));
  assert.deepEqual(unexplained, [], 'a placeholder that no translator can guess');
});

test('every text of a script names the script’s file, without which WordPress would not translate it there', () => {
  const template = readFileSync(potFile, 'utf8').split('\n\n');
  const registered = [
    ...[...read('includes/settings-page.php').matchAll(/\$script\('[\w-]+', '([\w-]+\.js)'/g)].map(
      ([, name]) => `admin/${name}`,
    ),
    `block/${/"editorScript": "file:.\/([\w-]+\.js)"/.exec(read('block/block.json'))?.[1]}`,
  ];
  assert.deepEqual(registered.sort(), globSync('**/*.js', { cwd: plugin }).sort());
  const call = /\b__\(\s*(?:\/\*.*?\*\/\s*)?'((?:[^'\\]|\\.)*)',\s*'vapi-agent',?\s*\)/g;
  let seen = 0;
  for (const name of registered) {
    for (const [, text = ''] of read(name).matchAll(call)) {
      seen += 1;
      const id = `msgid ${JSON.stringify(text.replaceAll("\\'", "'"))}`;
      const entries = template.map((entry) => entry.split('\n')).filter((lines) => lines.includes(id));
      assert.ok(
        entries.some((lines) => lines.includes(`#: ${name}`)),
        `${name}: ${text}`,
      );
    }
  }
  assert.ok(seen > 30, `${seen} texts`);
});

test('the readme has the plugin directory’s format and the same requirements as the header', () => {
  const [header, readme] = [read('vapi-agent.php'), read('readme.txt')];
  for (const name of ['Requires at least', 'Requires PHP', 'License']) {
    const value = new RegExp(`${name}: +(.+)`).exec(header)?.[1];
    assert.match(readme, new RegExp(`^${name}: ${value}$`, 'm'));
  }
  for (const title of ['Description', 'Installation', 'Frequently Asked Questions', 'Changelog']) {
    assert.ok(readme.includes(`\n== ${title} ==\n`), title);
  }
  // The directory's own limit for the sentence under the headers.
  const short = readme.split('\n\n')[1] ?? '';
  assert.ok(short.length > 0 && short.length <= 150, short);
});

test('every translated text names the plugin’s domain', () => {
  for (const name of globSync('**/*.php', { cwd: plugin })) {
    const source = read(name);
    for (const [call] of source.matchAll(/\b(?:esc_html|esc_attr)?__\((?:[^()]|\([^()]*\))*\)/g)) {
      assert.match(call, /'vapi-agent'\s*\)$/, `${name}: ${call}`);
    }
  }
});
