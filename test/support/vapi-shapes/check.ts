/**
 * Checks a value against a JSON Schema without compiling it. A compiler needs a second for Vapi's two thousand definitions
 * in each process of a run, and names for a union the faults of all its members; this needs no time, and names those of one.
 */
export interface Schema {
  $ref?: string;
  type?: string | string[];
  const?: unknown;
  enum?: unknown[];
  properties?: Record<string, Schema>;
  required?: string[];
  additionalProperties?: boolean | Schema;
  items?: Schema;
  anyOf?: Schema[];
}

export interface Fault {
  /** Of the field, as in `message.call.status`. */
  path: string[];
  message: string;
  /** A word that distinguishes the members of a union is another one: the value is not meant to be this member. */
  otherKind: boolean;
}

type Definitions = Record<string, Schema>;

const keywords = new Set<string>([
  ...['$ref', 'type', 'const', 'enum', 'properties', 'required', 'additionalProperties', 'items', 'anyOf'],
]);

/** @throws Error for a keyword that this check does not know: it must never pass what it has not checked */
export function requireKnownKeywords(schema: Schema): void {
  for (const keyword of Object.keys(schema))
    if (!keywords.has(keyword)) throw new Error(`the schema's keyword ${keyword} is not checked`);
  const { properties = {}, additionalProperties, items, anyOf = [] } = schema;
  for (const inner of [...Object.values(properties), ...anyOf]) requireKnownKeywords(inner);
  if (items) requireKnownKeywords(items);
  if (typeof additionalProperties === 'object') requireKnownKeywords(additionalProperties);
}

/** Whether a value fits the schema: most do, and this takes a twentieth of the time of naming faults. */
function fits(schema: Schema, value: unknown, definitions: Definitions): boolean {
  if (schema.$ref !== undefined) return fits(resolve(schema, definitions), value, definitions);
  if (schema.anyOf) return schema.anyOf.some((member) => fits(member, value, definitions));
  if ('const' in schema && value !== schema.const) return false;
  if (schema.enum && !schema.enum.includes(value)) return false;
  const { type } = schema;
  if (typeof type === 'string' ? !isOf(type, value) : type?.every((one) => !isOf(one, value))) return false;
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) {
    const { items } = schema;
    return items === undefined || value.every((item) => fits(items, item, definitions));
  }
  const { properties = {}, required = [], additionalProperties = true } = schema;
  const fields = value as Record<string, unknown>;
  for (const name of required) if (!Object.hasOwn(fields, name)) return false;
  for (const name of Object.keys(fields)) {
    const known = Object.hasOwn(properties, name) ? properties[name] : additionalProperties;
    if (known === false || (typeof known === 'object' && !fits(known, fields[name], definitions)))
      return false;
  }
  return true;
}

/** @returns no fault for a value that fits the schema */
export function faultsIn(
  schema: Schema,
  value: unknown,
  definitions: Definitions,
  path: string[] = [],
): Fault[] {
  if (fits(schema, value, definitions)) return [];
  const fault = (message: string, otherKind = false): Fault[] => [{ path, message, otherKind }];
  if (schema.$ref !== undefined) return faultsIn(resolve(schema, definitions), value, definitions, path);
  if (schema.anyOf) return faultsOfUnion(schema.anyOf, value, definitions, path);
  if ('const' in schema && value !== schema.const)
    return fault(`must be ${brief(schema.const)}, not ${brief(value)}`, true);
  if (schema.enum && !schema.enum.includes(value))
    return fault(`must be one of ${brief(schema.enum)}, not ${brief(value)}`, true);
  const types = schema.type === undefined ? [] : [schema.type].flat();
  if (types.length > 0 && !types.some((type) => isOf(type, value)))
    return fault(`must be ${types.join(' or ')}, not ${brief(value)}`);
  if (Array.isArray(value)) {
    const { items = {} } = schema;
    return value.flatMap((item, index) => faultsIn(items, item, definitions, [...path, String(index)]));
  }
  if (typeof value !== 'object' || value === null) return [];
  return faultsOfObject(schema, value as Record<string, unknown>, definitions, path);
}

function faultsOfObject(
  { properties = {}, required = [], additionalProperties = true }: Schema,
  value: Record<string, unknown>,
  definitions: Definitions,
  path: string[],
): Fault[] {
  const faults = Object.entries(value).flatMap(([name, inner]) => {
    const at = [...path, name];
    const known = Object.hasOwn(properties, name) ? properties[name] : undefined;
    if (known === undefined && additionalProperties === false)
      return [{ path: at, message: 'is not in the types', otherKind: false }];
    const schema = known ?? (typeof additionalProperties === 'object' ? additionalProperties : {});
    const found = faultsIn(schema, inner, definitions, at);
    const tellsKind = name === 'type' || 'const' in resolve(schema, definitions);
    return tellsKind ? found : found.map((one) => ({ ...one, otherKind: false }));
  });
  for (const name of required)
    if (!Object.hasOwn(value, name))
      faults.push({ path: [...path, name], message: 'is missing', otherKind: false });
  return faults;
}

/** Of the members that the value may be meant to be, the faults of the one that it comes closest to. */
function faultsOfUnion(members: Schema[], value: unknown, definitions: Definitions, path: string[]): Fault[] {
  const tried: Fault[][] = [];
  for (const member of members) {
    const faults = faultsIn(member, value, definitions, path);
    if (faults.length === 0) return faults;
    tried.push(faults);
  }
  const meant = tried.filter((faults) => !faults.some(({ otherKind }) => otherKind));
  const [closest] = meant.sort((a, b) => a.length - b.length);
  return closest ?? [{ path, message: `is of no kind in the types: ${brief(value)}`, otherKind: true }];
}

/** Follows references. */
export function resolve(schema: Schema, definitions: Definitions): Schema {
  let found = schema;
  while (found.$ref !== undefined) {
    const next = definitions[nameOf(found.$ref)];
    if (next === undefined) throw new Error(`no definition ${found.$ref}`);
    found = next;
  }
  return found;
}

const names = new Map<string, string>();

/** Of a definition; parsing a reference each time would take most of the time. */
function nameOf(reference: string): string {
  const kept = names.get(reference);
  if (kept !== undefined) return kept;
  const name = decodeURIComponent(reference.replace('#/definitions/', ''));
  names.set(reference, name);
  return name;
}

function isOf(type: string, value: unknown): boolean {
  if (type === 'null') return value === null;
  if (type === 'array') return Array.isArray(value);
  if (type === 'object') return typeof value === 'object' && value !== null && !Array.isArray(value);
  if (type === 'integer') return Number.isInteger(value);
  return typeof value === type;
}

function brief(value: unknown): string {
  const text = JSON.stringify(value) ?? String(value);
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}
