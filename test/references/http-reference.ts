/** The HTTP reference for people, as Markdown, generated from the document. Pure. `npm run references` writes it. */
import type { JsonObject } from '../../server/openapi/document.ts';

interface Schema {
  $ref?: string;
  type?: string | string[];
  description?: string;
  properties?: Record<string, Schema>;
  required?: string[];
  items?: Schema;
  anyOf?: Schema[];
  oneOf?: Schema[];
  additionalProperties?: Schema | boolean;
  enum?: unknown[];
  const?: unknown;
  format?: string;
  default?: unknown;
  minimum?: number;
  maximum?: number;
  maxLength?: number;
  examples?: unknown[];
  contentSchema?: Schema;
}
interface Media {
  content?: Record<string, { schema: Schema }>;
  headers?: Record<string, { description?: string }>;
}
interface Operation {
  tags: string[];
  summary: string;
  description?: string;
  parameters?: { name: string; in: string; required: boolean; description?: string; schema: Schema }[];
  requestBody?: Media & { required: boolean };
  responses: Record<string, Media & { description: string }>;
}
interface Document {
  info: { description: string };
  tags: { name: string; description: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: {
    schemas: Record<string, Schema>;
    securitySchemes: Record<string, { description: string; name?: string; scheme?: string }>;
  };
}

const headings: Record<string, string> = {
  visitor: 'For visitors',
  tenant: 'For the operator and its clients',
  operator: 'For the operator',
  webhooks: 'Webhooks',
  service: 'For everyone',
};

/** @param source from `openApiDocument` */
export function httpReference(source: JsonObject): string {
  const document = source as unknown as Document;
  const { info, tags, paths, components } = document;
  const operations = Object.entries(paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })),
  );
  return `${[
    '# HTTP reference',
    '<!-- Written by `npm run references` from the schemas in server/contract. Change those. -->',
    `For programs: \`GET /openapi.json\` of any server. ${info.description}`,
    'A refused request is answered with [Problem](#problem) as `application/problem+json`; its `code` is stable.',
    '## Credentials',
    ...Object.values(components.securitySchemes).map(
      ({ name, description }) => `- ${name ? `\`${name}\`` : '`Authorization: Bearer …`'}: ${description}`,
    ),
    ...tags.flatMap(({ name, description }) => [
      `## ${headings[name] ?? name}`,
      description,
      ...operations
        .filter(({ operation }) => operation.tags.includes(name))
        .map(({ method, path, operation }) => describeOperation(`${method} ${path}`, operation)),
    ]),
    '## Shapes',
    ...Object.entries(components.schemas).map(([name, schema]) => describeSchema(name, schema)),
  ].join('\n\n')}\n`;
}

function describeOperation(route: string, operation: Operation): string {
  const { summary, description, parameters = [], requestBody, responses } = operation;
  const [answers, refusals] = [
    Object.entries(responses).filter(([, { content = {} }]) => !content['application/problem+json']),
    Object.entries(responses).filter(([, { content = {} }]) => content['application/problem+json']),
  ];
  return [
    `### ${route}`,
    `${summary}.${description ? ` ${description}` : ''}`,
    ...(parameters.length > 0
      ? [
          table(
            ['parameter', 'type', ''],
            parameters.map(({ name, in: place, required, description: what = '', schema }) => [
              `\`${name}\` (${place}${required && place === 'query' ? ', required' : ''})`,
              typeOf(schema),
              [what, ...limitsOf(schema)].filter(Boolean).join(' '),
            ]),
          ),
        ]
      : []),
    ...(requestBody
      ? [`Body${requestBody.required ? '' : ' (may be left out)'}: ${formsOf(requestBody)}.`]
      : []),
    answers
      .map(([status, answer]) => {
        const forms = formsOf(answer);
        const headers = headersOf(answer);
        return `- ${status}: ${answer.description}${forms && ` ${forms}${headers && '.'}`}${headers}`;
      })
      .concat(
        `- Refused with ${refusals.map(([status, { description: codes }]) => `${status} ${codes}`).join(', ')}.`,
      )
      .join('\n'),
  ].join('\n\n');
}

/** A parameter's default and its limits. */
function limitsOf({ default: otherwise, minimum, maximum, maxLength }: Schema): string[] {
  return [
    ...(otherwise === undefined ? [] : [`Default: \`${otherwise}\`.`]),
    ...(minimum === undefined || maximum === undefined ? [] : [`From ${minimum} to ${maximum}.`]),
    ...(maxLength === undefined ? [] : [`At most ${maxLength} characters.`]),
  ];
}

function headersOf({ headers = {} }: Media): string {
  return Object.entries(headers)
    .map(([name, { description = '' }]) => ` Header \`${name}\`: ${description}`)
    .join('');
}

function formsOf({ content = {} }: Media): string {
  return Object.entries(content)
    .map(([type, { schema }]) => {
      if (type === 'application/json') return typeOf(schema);
      if (type === 'text/plain' && schema.contentSchema) return 'the same as `text/plain`';
      return `\`${type}\`${schema.contentSchema ? ` of ${typeOf(schema.contentSchema)}` : ''}`;
    })
    .join(', ');
}

function describeSchema(name: string, schema: Schema): string {
  const fields = Object.entries(schema.properties ?? {});
  const required = schema.required ?? [];
  return [
    `### ${name}`,
    ...(fields.length > 0
      ? [
          table(
            ['field', 'type', ''],
            fields.flatMap(([field, inner]) => rowsOf(field, inner, required.includes(field))),
          ),
        ]
      : [typeOf(schema)]),
    ...(schema.examples ?? []).map((example) => `\`\`\`json\n${JSON.stringify(example, null, 2)}\n\`\`\``),
  ].join('\n\n');
}

/** A nested object's fields follow it, named by their path. */
function rowsOf(name: string, schema: Schema, isRequired: boolean): string[][] {
  const { description = '', properties, required = [], items, default: otherwise } = schema;
  const inner = properties ?? items?.properties;
  const demanded = properties ? required : (items?.required ?? []);
  const note = otherwise === undefined ? '' : ` Default: \`${JSON.stringify(otherwise)}\`.`;
  const own = [
    `\`${name}\`${isRequired ? '' : ' (optional)'}`,
    typeOf(schema),
    `${description}${note}`.trim(),
  ];
  const below = Object.entries(inner ?? {}).flatMap(([field, value]) =>
    rowsOf(`${name}${properties ? '' : '[]'}.${field}`, value, demanded.includes(field)),
  );
  return [own, ...below];
}

function typeOf(schema: Schema): string {
  const { $ref, enum: values, const: only, anyOf, oneOf, items, type, format, properties } = schema;
  if ($ref) {
    const name = $ref.replace('#/components/schemas/', '');
    return `[${name}](#${name.toLowerCase()})`;
  }
  if (values) return values.map((value) => `\`${value}\``).join(' or ');
  if (only !== undefined) return `\`${only}\``;
  const choices = anyOf ?? oneOf;
  if (choices) return [...new Set(choices.map(typeOf))].join(' or ');
  if (items) return `list of ${typeOf(items)}`;
  if (type === 'object' && !properties && typeof schema.additionalProperties === 'object') {
    return `object of ${typeOf(schema.additionalProperties)} by name`;
  }
  if (type === 'object' && properties && !items) {
    const names = Object.entries(properties).map(([name, inner]) =>
      inner.const === undefined ? name : `${name}: \`${inner.const}\``,
    );
    return `object (${names.join(', ')})`;
  }
  const words = { 'date-time': 'time', date: 'day', uuid: 'UUID', uri: 'URL', email: 'e-mail address' };
  if (format && format in words) return words[format as keyof typeof words];
  if (type === undefined) return 'anything';
  return [type].flat().join(' or ');
}

function table(head: string[], rows: string[][]): string {
  const line = (cells: string[]) => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n');
}
