/**
 * The plugin's template for translators, made with gettext from its PHP, its scripts and `block.json`.
 * `node test/wordpress/pot.ts --write` brings the stored file up to date.
 */
import { execFileSync } from 'node:child_process';
import { globSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const plugin = join(import.meta.dirname, '..', '..', 'widget', 'installs', 'wordpress');
export const potFile = join(plugin, 'languages', 'vapi-agent.pot');

export function makePot(): string {
  const scratch = mkdtempSync(join(tmpdir(), 'vapi-agent-pot-'));
  try {
    // WordPress looks these up with the contexts that stand here.
    const block = JSON.parse(readFileSync(join(plugin, 'block', 'block.json'), 'utf8')) as {
      title: string;
      description: string;
      keywords: string[];
    };
    const { 1: name = '' } =
      /Plugin Name: +(.+)/.exec(readFileSync(join(plugin, 'vapi-agent.php'), 'utf8')) ?? [];
    const { 1: description = '' } =
      /Description: +(.+)/.exec(readFileSync(join(plugin, 'vapi-agent.php'), 'utf8')) ?? [];
    const calls = [
      `__(${JSON.stringify(name)});`,
      `__(${JSON.stringify(description)});`,
      `_x(${JSON.stringify(block.title)}, 'block title');`,
      `_x(${JSON.stringify(block.description)}, 'block description');`,
      ...block.keywords.map((keyword) => `_x(${JSON.stringify(keyword)}, 'block keyword');`),
    ];
    writeFileSync(join(scratch, 'metadata.php'), `<?php\n${calls.join('\n')}\n`);
    const keywords = ['__', 'esc_html__', 'esc_attr__', '_x:1,2c'].map((keyword) => `--keyword=${keyword}`);
    const extract = (language: string, files: string[], cwd: string) =>
      execFileSync(
        'xgettext',
        [
          `--language=${language}`,
          '--from-code=UTF-8',
          '--no-location',
          '--no-wrap',
          '--add-comments=translators',
          '-k',
          ...keywords,
          '--output=-',
          ...files,
        ],
        // It warns about quotation marks that are not ASCII; what fails is in the error's message.
        { cwd, encoding: 'utf8', stdio: 'pipe', env: { ...process.env, LC_ALL: 'C.UTF-8' } },
      );
    const php = globSync('**/*.php', { cwd: plugin }).sort();
    const scripts = globSync('**/*.js', { cwd: plugin }).sort();
    const entries = [
      extract('PHP', ['metadata.php'], scratch),
      extract('PHP', php, plugin),
      extract('JavaScript', scripts, plugin),
    ]
      .flatMap((text) => text.split(/\n\n+/))
      .map((entry) => entry.trim())
      // A dash and one flag is how gettext says that a text has placeholders; WordPress needs none of it.
      .map((entry) => entry.replace(/^#, (php|javascript)-format\n/m, ''))
      // Its own header, without which it would leave out every text that is not ASCII; ours is below.
      .filter((entry) => entry.includes('msgid') && !entry.includes('\nmsgid ""\n'));
    const byText = new Map(entries.map((entry) => [entry.slice(entry.indexOf('msg')), entry]));
    return `${[header, ...byText.values()].join('\n\n')}\n`;
  } finally {
    rmSync(scratch, { recursive: true, force: true });
  }
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
