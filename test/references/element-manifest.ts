/** The element's Custom Elements Manifest, read from the JSDoc and the public members of its class. Pure. */
import { parseSync } from 'vite';

export interface Entry {
  name: string;
  type?: { text: string };
  default?: string;
  description?: string;
}
export interface Member extends Entry {
  kind: 'field' | 'method';
  readonly?: boolean;
  parameters?: Entry[];
  return?: { type: { text: string } };
}
export interface Declaration {
  tagName: string;
  description: string;
  attributes: Entry[];
  members: Member[];
  events: Entry[];
  slots: Entry[];
  cssProperties: Entry[];
  cssParts: Entry[];
  [also: string]: unknown;
}
export interface Manifest {
  modules: { path: string; declarations?: Declaration[]; [also: string]: unknown }[];
  [also: string]: unknown;
}

/** `@tag {type} [name=default] - description`, as custom element analyzers read it. */
const tagged = /^@(\w+) (?:\{(.+?)\} )?(?:\[(\S+?)(?:=(.*?))?\]|(\S+))(?: - (.*))?$/;
const callbacks = /^(constructor|\w+Callback)$/;

/**
 * @param source text of `vapi-agent.ts`
 * @param words values of the types that the contract names
 */
export function elementManifest(source: string, words: Record<string, readonly string[]>): Manifest {
  const { program, comments } = parseSync('vapi-agent.ts', source);
  const docBefore = (start: number): string[] => {
    const comment = comments.find(({ end }) => end < start && source.slice(end, start).trim() === '');
    const text = comment?.value.replace(/^\*/, '').replace(/\n *\* ?/g, '\n') ?? '';
    return text.split(/\n(?=@)|\n\s*\n/).map((part) => part.trim().replace(/\s+/g, ' '));
  };
  const exported = program.body.find(({ type }) => type === 'ExportNamedDeclaration');
  if (exported?.type !== 'ExportNamedDeclaration' || exported.declaration?.type !== 'ClassDeclaration')
    throw new Error('no class is exported');

  const [description = '', ...parts] = docBefore(exported.start);
  const entries = (wanted: string): Entry[] =>
    parts.flatMap((part) => {
      const [, tag, type, optional, preset, name = optional, what] = tagged.exec(part) ?? [];
      if (tag !== wanted || !name) return [];
      return [
        {
          name,
          ...(type && { type: { text: words[type]?.map((word) => `'${word}'`).join(' | ') ?? type } }),
          ...(preset && { default: preset }),
          ...(what && { description: what }),
        },
      ];
    });
  const typeOf = (node: { typeAnnotation?: { typeAnnotation: { start: number; end: number } } | null }) => {
    const { start, end } = node.typeAnnotation?.typeAnnotation ?? { start: 0, end: 0 };
    return { text: source.slice(start, end) };
  };
  const members = exported.declaration.body.body.flatMap((node): Member[] => {
    if (node.type === 'PropertyDefinition' && node.key.type === 'Identifier' && node.readonly) {
      const [what = ''] = docBefore(node.start);
      return [{ kind: 'field', name: node.key.name, type: typeOf(node), readonly: true, description: what }];
    }
    if (node.type !== 'MethodDefinition' || node.key.type !== 'Identifier' || callbacks.test(node.key.name))
      return [];
    const { name } = node.key;
    const [what = ''] = docBefore(node.start);
    const type = typeOf({ typeAnnotation: node.value.returnType ?? null });
    if (node.kind === 'get') return [{ kind: 'field', name, type, readonly: true, description: what }];
    const parameters = node.value.params.flatMap((parameter) =>
      parameter.type === 'Identifier' ? [{ name: parameter.name, type: typeOf(parameter) }] : [],
    );
    const takes = parameters.length > 0 && { parameters };
    return [{ kind: 'method', name, ...takes, return: { type }, description: what }];
  });

  const declaration = { name: 'VapiAgent', module: 'vapi-agent.ts' };
  return {
    schemaVersion: '1.0.0',
    readme: 'README.md',
    modules: [
      {
        kind: 'javascript-module',
        path: declaration.module,
        declarations: [
          {
            kind: 'class',
            customElement: true,
            name: declaration.name,
            tagName: 'vapi-agent',
            superclass: { name: 'HTMLElement' },
            description,
            attributes: entries('attr'),
            members,
            events: entries('fires'),
            slots: entries('slot'),
            cssProperties: entries('cssproperty'),
            cssParts: entries('csspart'),
          },
        ],
        exports: [{ kind: 'js', name: declaration.name, declaration }],
      },
      {
        kind: 'javascript-module',
        path: 'define.ts',
        exports: [{ kind: 'custom-element-definition', name: 'vapi-agent', declaration }],
      },
    ],
  };
}
