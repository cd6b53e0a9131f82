/** What is generated from the element's manifest: references for people and types for programs. Pure. */
import type { Declaration, Entry, Manifest, Member } from './element-manifest.ts';

const declarationOf = ({ modules }: Manifest): Declaration => {
  const declaration = modules[0]?.declarations?.[0];
  if (!declaration) throw new Error('The manifest has no element.');
  return declaration;
};

/** The whole reference, as Markdown. */
export function elementReference(manifest: Manifest): string {
  const { tagName, description, attributes, members, events, slots, cssProperties, cssParts } =
    declarationOf(manifest);
  return `${[
    `# \`<${tagName}>\``,
    '<!-- Written by `npm run references` from the JSDoc in widget/vapi-agent.ts. Change that. -->',
    description,
    '## Attributes',
    table(
      ['attribute', 'type', 'default', ''],
      attributes.map((entry) => [...typed(entry), ...value(entry), what(entry)]),
    ),
    '## Methods',
    table(
      ['method', 'result', ''],
      methods(members).map((entry) => [call(entry), code(entry.return?.type.text), what(entry)]),
    ),
    '## Fields',
    table(
      ['field', 'type', ''],
      members
        .filter(({ kind }) => kind === 'field')
        .map((entry) => [
          `${code(entry.name)}${entry.readonly ? ' (read only)' : ''}`,
          code(entry.type?.text),
          what(entry),
        ]),
    ),
    '## Events',
    'They bubble and leave the shadow tree.',
    table(
      ['event', 'type', ''],
      events.map((entry) => [...typed(entry), what(entry)]),
    ),
    '## Custom properties',
    table(
      ['property', 'default', ''],
      cssProperties.map((entry) => [code(entry.name), ...value(entry), what(entry)]),
    ),
    '## Slots',
    table(
      ['slot', ''],
      slots.map((entry) => [code(entry.name), what(entry)]),
    ),
    '## Parts',
    `For \`::part()\`: ${list(cssParts)}.`,
  ].join('\n\n')}\n`;
}

/** The README's short tables by the name between their markers. */
export function readmeTables(manifest: Manifest): Record<string, string> {
  const { attributes, members, events, slots, cssProperties, cssParts } = declarationOf(manifest);
  const short = (head: string, entries: Entry[], name = (entry: Entry) => code(entry.name)) =>
    table(
      [head, ''],
      entries.map((entry) => [name(entry), firstSentence(entry)]),
    );
  return {
    attributes: short('attribute', attributes),
    methods: short('method', methods(members), call),
    events: short('event', events),
    looks: `Custom properties: ${list(cssProperties)}.\nParts: ${list(cssParts)}.\nSlots: ${list(slots)}.`,
  };
}

/** The members of the interfaces of attributes and events, by the name between their markers. */
export function elementTypes(manifest: Manifest): Record<string, string> {
  const { attributes, events } = declarationOf(manifest);
  const settable = attributes.filter(({ description = '' }) => !description.startsWith('Read only'));
  const lines = settable.flatMap((entry) => {
    const isRequired = entry.description?.endsWith('; required.');
    // A template passes an attribute without a value as an empty string.
    const type = entry.type?.text === 'boolean' ? "boolean | ''" : entry.type?.text;
    return [`  /** ${firstSentence(entry)} */`, `  ${entry.name}${isRequired ? '' : '?'}: ${type};`];
  });
  return {
    attributes: lines.join('\n'),
    events: events.map(({ name, type }) => `  '${name}': ${type?.text};`).join('\n'),
  };
}

/** `text` with the blocks between `begin: name` and `end: name` replaced; the marker lines stay. */
export function between(text: string, blocks: Record<string, string>): string {
  return Object.entries(blocks).reduce((whole, [name, block]) => {
    const found = new RegExp(`(?<=\\bbegin: ${name}\\b.*\\n)[\\s\\S]*?(?=.*\\bend: ${name}\\b)`);
    if (!found.test(whole)) throw new Error(`no markers for ${name}`);
    return whole.replace(found, () => `${block}\n`);
  }, text);
}

type Cells = string[];
const code = (text: string | undefined): string => (text ? `\`${text}\`` : '');
const what = ({ description = '' }: Entry): string => description;
const typed = ({ name, type }: Entry): Cells => [code(name), code(type?.text)];
const value = (entry: Entry): Cells => [code(entry.default)];
const list = (entries: Entry[]): string => entries.map(({ name }) => code(name)).join(', ');
const methods = (members: Member[]): Member[] => members.filter(({ kind }) => kind === 'method');
const firstSentence = ({ description = '' }: Entry): string => description.replace(/(?<=\.) .*/, '');

function call({ name, parameters = [] }: Entry & Partial<Member>): string {
  return code(`${name}(${parameters.map(({ name: own, type }) => `${own}: ${type?.text}`).join(', ')})`);
}

function table(head: Cells, rows: Cells[]): string {
  const line = (cells: Cells) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
