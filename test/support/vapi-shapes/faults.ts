/** Names what in the emulator's traffic differs from Vapi's types, by method, path and field. */
import type { Traffic } from '../../../demo/vapi-emulator/traffic.ts';
import { beyondTheTypes, refusal } from './beyond-the-types.ts';
import { faultsIn, resolve, type Schema } from './check.ts';
import { routes } from './routes.ts';
import { readSchemas, type Schemas } from './schemas.ts';
import type { Shapes } from './shapes.ts';

/** One line for each fault of what was on the wire: of values as JSON has them. */
export type ShapeFaults = (traffic: Traffic) => string[];

export async function readShapes(): Promise<ShapeFaults> {
  const { definitions } = await readSchemas();
  addBeyond(definitions);
  const fault = (what: string, schema: Schema, value: unknown): string[] =>
    faultsIn(schema, value, definitions).map(
      ({ path, message }) => `${what}: ${path.join('.') || 'all of it'} ${message}`,
    );
  const byShape = (what: string, shape: keyof Shapes, value: unknown) =>
    fault(`${what} (${shape})`, definitions.Shapes.properties[shape], value);
  const queryFaults = (what: string, shape: keyof Shapes | null, query: Record<string, unknown>) => {
    if (shape === null) return Object.keys(query).map((field) => `${what}: ${field} is not in the types`);
    const { properties = {} } = resolve(definitions.Shapes.properties[shape], definitions);
    const values = Object.entries(query).map(([field, text]) => {
      const meant = properties[field] ? resolve(properties[field], definitions) : {};
      return [field, readText(meant, text)];
    });
    return byShape(what, shape, Object.fromEntries(values));
  };
  return (traffic) => {
    if (traffic.kind === 'webhook')
      return byShape(`webhook ${typeIn(traffic.body)}`, 'serverMessage', traffic.body);
    if (traffic.kind === 'answer to a webhook')
      return byShape('answer to the request for an assistant', 'assistantAnswer', traffic.body);
    if (traffic.kind === 'chat event') return byShape('event of a chat', 'chatEvent', traffic.body);
    if (traffic.kind === 'to the page') return byShape('message to the page', 'clientMessage', traffic.body);
    if (traffic.kind === 'from the page')
      return byShape('message from the page', 'roomMessage', traffic.body);
    const { method, path, status, body } = traffic;
    const route = routes.find((one) => one.method === method && one.path.test(path));
    const name = `${method} ${path.replace(/^\/_worker\/.*/, 'the control URL')}`;
    const asked = () => [
      ...(route?.request ? byShape(`${name} request`, route.request, body) : []),
      ...queryFaults(`${name} query`, route?.query ?? null, traffic.query),
    ];
    if (status >= 400)
      // What was refused for its shape, or not read because the key was wrong, need not have it.
      return [
        ...('answer' in traffic ? fault(`${name} answer ${status}`, refusal, traffic.answer) : []),
        ...(status < 402 || status === 403 || status === 404 ? [] : asked()),
      ];
    if (!route) return [`${name}: its shapes are not known; they belong in test/support/vapi-shapes`];
    const isChecked = route.answer !== null && 'answer' in traffic;
    return [
      ...asked(),
      ...(isChecked ? byShape(`${name} answer`, route.answer ?? 'call', traffic.answer) : []),
    ];
  };
}

/** In a query, everything is a text. */
function readText({ type, items }: Schema, text: unknown): unknown {
  if (type === 'array') return [text].flat().map((one) => readText(items ?? {}, one));
  if (typeof text !== 'string') return text;
  if (type === 'number' && /^-?\d+(\.\d+)?$/.test(text)) return Number(text);
  if (type === 'boolean' && /^(true|false)$/.test(text)) return text === 'true';
  return text;
}

const typeIn = (body: unknown): string => (body as { message: { type: string } }).message.type;

/** @throws Error for an entry that is not needed: the types have changed */
function addBeyond(definitions: Schemas['definitions']): void {
  for (const { types, fields = {}, wider = {}, nullable = [], kinds = [], source } of beyondTheTypes) {
    const outdated = (what: string) => new Error(`beyond the types: ${what} (${source})`);
    const names = Object.keys(definitions).filter((name) => types.test(name));
    if (names.length === 0) throw outdated(`there is no ${types}`);
    for (const name of names) {
      const { properties = {}, anyOf = [] } = definitions[name] ?? {};
      for (const [field, schema] of Object.entries(fields)) {
        if (properties[field]) throw outdated(`${name}.${field} is in the types by now`);
        properties[field] = schema;
      }
      for (const [field, schema] of Object.entries(wider)) if (properties[field]) properties[field] = schema;
      for (const field of nullable) {
        const schema = properties[field];
        if (schema) properties[field] = { anyOf: [schema, { type: 'null' }] };
      }
      anyOf.push(...kinds);
    }
  }
}
