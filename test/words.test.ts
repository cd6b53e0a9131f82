/**
 * The texts that people read (answers, portal, command line, notices, pages of docs) are free of the words that give a
 * translation away. Comments and names in the code are not looked at; what to write instead is in CONTRIBUTING.md.
 */
import assert from 'node:assert/strict';
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { parseSync } from 'vite';

const root = join(import.meta.dirname, '..');

/** The word, and what a text would say instead. */
const words: [pattern: RegExp, instead: string][] = [
  // "Any more calls" is an amount.
  [/\bany more\b(?! than\b| of\b| \w+s\b)/i, 'no longer'],
  [/\banew\b/i, 'again'],
  [/\breckon/i, 'calculate'],
  [/\bof late\b/i, 'recently'],
  [/\bwhoever\b/i, 'a caller, anyone who, the person who'],
  [/\blikewise\b/i, 'also, the same'],
  [/\b(?:come|comes|came|coming) of (?:it|this|that|them|a|an|the|such)\b/i, 'result from'],
  [/\bby (?:itself|themselves)\b/i, 'automatically'],
  [/\b(?:some|every|any)body\b/i, 'someone, everyone, anyone'],
  [/\b(?:is|are|was|were|be|been|gets?) told\b(?! apart\b| from\b)/i, 'is notified, reads, gets'],
  [/\b(?:is|are|was|were) to be\b/i, 'must be, will be'],
  // "There is no call", "is no longer", "is no more than": an adverb, or nothing there.
  [
    /(?<!\bthere )\b(?:is|are|was|were) no (?!longer\b|one\b|more\b|less\b|fewer\b|later\b|earlier\b|other\b|better\b|worse\b)\w/i,
    'is not a',
  ],
];

/** On invoices that were issued, so it stays as it is. */
const frozen = ', reckoned anew';

interface Text {
  file: string;
  text: string;
}

function offences({ file, text }: Text): string[] {
  const flat = text.replaceAll(/\s+/g, ' ');
  return words.flatMap(([pattern, instead]) => {
    const { index, 0: found } = pattern.exec(flat) ?? {};
    return index === undefined || flat === frozen
      ? []
      : [`${file}: "${found}" in "…${flat.slice(Math.max(0, index - 40), index + 50)}…"; better: ${instead}`];
  });
}

/** String literals and the fixed parts of templates. */
function stringsOf(file: string): Text[] {
  const source = readFileSync(join(root, file), 'utf8');
  // Most files have none of the words, not even in a comment: they need no parsing.
  if (offences({ file, text: source }).length === 0) return [];
  const { program, errors } = parseSync(file, source);
  assert.deepEqual(errors, [], file);
  const found: Text[] = [];
  // Its replacer visits every node of the tree once.
  JSON.stringify(program, (_key, node) => {
    // Without a space it is a path or a name.
    if (typeof node?.value === 'string' && node.type === 'Literal' && /\s/.test(node.value))
      found.push({ file, text: node.value });
    if (node?.type === 'TemplateElement') found.push({ file, text: node.value.cooked ?? '' });
    return typeof node === 'bigint' ? String(node) : node;
  });
  return found;
}

/** Without code, and without the addresses of links. */
function proseOf(file: string): Text {
  const text = readFileSync(join(root, file), 'utf8')
    .replaceAll(/^ *```[\s\S]*?^ *```$/gm, '')
    .replaceAll(/`[^`]*`/g, '``')
    .replaceAll(/\]\([^)]*\)/g, ']');
  return { file, text };
}

const found = (patterns: string[]) => globSync(patterns, { cwd: root }).sort();

test('no text that a person reads contains a word of the list', () => {
  const code = found(['{server,widget,demo}/**/*.{ts,js,mjs}']);
  const prose = found([
    '*.md',
    '{server,widget,demo,test}/**/*.md',
    'demo/pages/**/*.html',
    'widget/installs/wordpress/**/*.{txt,pot}',
    '.github/**/*.md',
  ]);
  assert.ok(code.length > 250 && prose.length > 25, `${code.length} sources, ${prose.length} pages`);
  assert.deepEqual([...code.flatMap(stringsOf), ...prose.map(proseOf)].flatMap(offences), []);
});

test('the list finds the words, and ignores what only looks like one', () => {
  const isRefused = (text: string) => offences({ file: '', text }).length > 0;
  const refused = [
    'It is no draft any more.',
    'This is no https URL',
    'Ask whoever\n sent it',
    'An amount comes of it',
    'It is reckoned anew',
    'Somebody is there',
    'The operator is told once a day',
    'A mail is to be sent',
  ];
  const taken = [
    'There is no draft. It is no longer one.',
    'There are not any more calls than ten.',
    'One can be told from the other',
    'It waits no more than a minute, and is no more than that.',
    frozen,
    'renewed, whatever becomes of it',
  ];
  assert.deepEqual(refused.filter(isRefused), refused);
  assert.deepEqual(taken.filter(isRefused), []);
});

test('the frame and sign-in page of the portal, which clients see, do not name the product', () => {
  const frame = readFileSync(join(import.meta.dirname, '../server/portal/portal-app.ts'), 'utf8');
  assert.doesNotMatch(frame, /vapi-agent/);
});
