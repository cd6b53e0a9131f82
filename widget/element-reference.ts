/** The element's reference for people, as Markdown, made from `custom-elements.json`. Pure. `npm run references` writes it. */

interface Entry {
  name: string;
  description?: string;
  type?: { text: string };
  default?: string;
}
interface Member extends Entry {
  kind: 'field' | 'method';
  readonly?: boolean;
  parameters?: Entry[];
  return?: { type: { text: string } };
}
interface Declaration {
  tagName: string;
  description: string;
  attributes: Entry[];
  members: Member[];
  events: Entry[];
  slots: Entry[];
  cssProperties: Entry[];
  cssParts: Entry[];
}
interface Manifest {
  modules: { declarations: Declaration[] }[];
}

/** @param manifest a Custom Elements Manifest with one element */
export function elementReference(manifest: Manifest): string {
  const [declaration] = manifest.modules[0]?.declarations ?? [];
  if (!declaration) throw new Error('The manifest has no element.');
  const { tagName, description, attributes, members, events, slots, cssProperties, cssParts } = declaration;
  const typed = ({ name, type, default: otherwise, description: what = '' }: Entry) => [
    `\`${name}\``,
    type ? `\`${type.text}\`` : '',
    otherwise ? `\`${otherwise}\`` : '',
    what,
  ];
  const plain = ({ name, description: what = '' }: Entry) => [`\`${name}\``, what];
  return `${[
    `# \`<${tagName}>\``,
    '<!-- Written by `npm run references` from widget/custom-elements.json. Change that. -->',
    description,
    '## Attributes',
    table(['attribute', 'type', 'default', ''], attributes.map(typed)),
    '## Methods',
    table(['method', 'result', ''], members.filter(({ kind }) => kind === 'method').map(method)),
    '## Fields',
    table(['field', 'type', ''], members.filter(({ kind }) => kind === 'field').map(field)),
    '## Events',
    'They bubble and leave the shadow tree.',
    table(
      ['event', 'type', ''],
      events.map(({ name, type, description: what = '' }) => [
        `\`${name}\``,
        `\`${type?.text ?? 'Event'}\``,
        what,
      ]),
    ),
    '## Custom properties',
    table(
      ['property', 'default', ''],
      cssProperties.map(({ name, default: otherwise, description: what = '' }) => [
        `\`${name}\``,
        otherwise ? `\`${otherwise}\`` : '',
        what,
      ]),
    ),
    '## Slots',
    table(['slot', ''], slots.map(plain)),
    '## Parts',
    'For `::part()`.',
    cssParts
      .map(({ name, description: what }) => (what ? `- \`${name}\`: ${what}` : `- \`${name}\``))
      .join('\n'),
  ].join('\n\n')}\n`;
}

function method({ name, parameters = [], return: result, description = '' }: Member): string[] {
  const list = parameters.map(({ name: own, type }) => (type ? `${own}: ${type.text}` : own)).join(', ');
  return [`\`${name}(${list})\``, result ? `\`${result.type.text}\`` : '', description];
}

function field({ name, type, readonly, description = '' }: Member): string[] {
  return [`\`${name}\`${readonly ? ' (read only)' : ''}`, type ? `\`${type.text}\`` : '', description];
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
