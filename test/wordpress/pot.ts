/**
 * The plugin's template for translators, made with gettext from its PHP, its scripts and `block.json`.
 * `node test/wordpress/pot.ts --write` brings the stored file up to date.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const plugin = join(import.meta.dirname, '..', '..', 'widget', 'installs', 'wordpress');
export const potFile = join(plugin, 'languages', 'vapi-agent.pot');

export function makePot(): string {
  const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-pot-'));
  try {
    // WordPress looks these up with these contexts.
    const block = JSON.parse(readFileSync(join(plugin, 'block', 'block.json'), 'utf8')) as {
      title: string;
      description: string;
      keywords: string[];
    };
    const { 1: name = '' } =
      /Plugin Name: +(.+)/.exec(readFileSync(join(plugin, 'vapi-agent.php'), 'utf8')) ?? [];
    const { 1: description = '' } =
      /Description: +(.+)/.exec(readFileSync(join(plugin, 'vapi-agent.php'), 'utf8')) ?? [];
    const metadata = {
      'vapi-agent.php': [`__(${JSON.stringify(name)});`, `__(${JSON.stringify(description)});`],
      'block/block.json': [
        `_x(${JSON.stringify(block.title)}, 'block title');`,
        `_x(${JSON.stringify(block.description)}, 'block description');`,
        ...block.keywords.map((keyword) => `_x(${JSON.stringify(keyword)}, 'block keyword');`),
      ],
    };
    mkdirSync(join(scratch, 'block'));
    for (const [file, calls] of Object.entries(metadata))
      writeFileSync(join(scratch, file), `<?php\n${calls.join('\n')}\n`);
    const keywords = ['__', 'esc_html__', 'esc_attr__', '_x:1,2c'].map((keyword) => `--keyword=${keyword}`);
    const extract = (language: string, files: string[], cwd: string) =>
      execFileSync(
        'xgettext',
        [
          `--language=${language}`,
          '--from-code=UTF-8',
          // WordPress gives a script only the texts that name its file.
          '--add-location=file',
          '--no-wrap',
          '--add-comments=translators',
          '-k',
          ...keywords,
          '--output=-',
          ...files,
        ],
        // It warns about quotation marks that are not ASCII; a failure is in the error's message.
        { cwd, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, LC_ALL: 'C.UTF-8' } },
      );
    const php = globSync('**/*.php', { cwd: plugin }).sort();
    const scripts = globSync('**/*.js', { cwd: plugin }).sort();
    const entries = [
      extract('PHP', Object.keys(metadata), scratch),
      extract('PHP', php, plugin),
      extract('JavaScript', scripts, plugin),
    ]
      .flatMap((text) => text.split(/\n\n+/))
      .map((entry) => entry.trim())
      // A dash and one flag is how gettext marks a text with placeholders; WordPress does not need it.
      .map((entry) => entry.replace(/^#, (php|javascript)-format\n/m, ''))
      // Its own header, without which it would omit every text that is not ASCII; ours is below.
      .filter((entry) => entry.includes('msgid') && !entry.includes('\nmsgid ""\n'));
    return `${[header, ...merge(entries)].join('\n\n')}\n`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
}

/** Each text once, with every file that has it. */
function merge(entries: string[]): string[] {
  const byText = new Map<string, { comments: Set<string>; files: Set<string> }>();
  for (const entry of entries) {
    const start = entry.search(/^msg/m);
    const text = entry.slice(start);
    const known = byText.get(text) ?? { comments: new Set(), files: new Set() };
    byText.set(text, known);
    for (const line of entry.slice(0, start).trim().split('\n')) {
      if (!line.startsWith('#:')) known.comments.add(line);
      else for (const file of line.slice(2).trim().split(' ')) known.files.add(file);
    }
  }
  return [...byText].map(([text, { comments, files }]) =>
    [...comments, ...[...files].map((file) => `#: ${file}`), text].join('\n'),
  );
}

const header = String.raw`msgid ""
msgstr ""
"Project-Id-Version: Vapi Agent\n"
"MIME-Version: 1.0\n"
"Content-Type: text/plain; charset=UTF-8\n"
"Content-Transfer-Encoding: 8bit\n"
"X-Domain: vapi-agent\n"`;

if (process.argv[1] === import.meta.filename && process.argv[2] === '--write')
  writeFileSync(potFile, makePot());
