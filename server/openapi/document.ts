/** `GET /openapi.json`: the whole HTTP contract as OpenAPI 3.1, generated from the contract's schemas. Pure. */
import { z } from 'zod';
import * as contract from '../contract.ts';
import { clientRuleOf, type ErrorCode, errorStatus } from '../contract.ts';
import { billingOperations } from './billing-operations.ts';
import { examples } from './examples.ts';
import { leadOperations } from './lead-operations.ts';
import type { Answer, Body, Caller, Operation } from './operation.ts';
import { otherOperations } from './other-operations.ts';
import { passkeyOperations } from './passkey-operations.ts';
import { peopleOperations } from './people-operations.ts';
import { phoneOperations } from './phone-operations.ts';
import { signInOperations } from './sign-in-operations.ts';
import { tenantOperations } from './tenant-operations.ts';
import { visitorOperations } from './visitor-operations.ts';

export type JsonObject = { [name: string]: unknown };

export const operations: Operation[] = [
  ...visitorOperations,
  ...leadOperations,
  ...tenantOperations,
  ...billingOperations,
  ...signInOperations,
  ...peopleOperations,
  ...passkeyOperations,
  ...phoneOperations,
  ...otherOperations,
];

/** Refusals of every route, by caller. */
const usualRefusals: Record<Caller, ErrorCode[]> = {
  anyone: [],
  visitor: [],
  vapi: [],
  stripe: [],
  // Operator routes answer a client "not found".
  operator: ['unauthorized', 'forbidden', 'not_found', 'rate_limited'],
  tenant: ['unauthorized', 'forbidden', 'not_found', 'rate_limited'],
};

const security: Record<Caller, JsonObject[]> = {
  anyone: [],
  visitor: [],
  operator: [{ apiKey: [] }, { portalCookie: [] }],
  tenant: [{ apiKey: [] }, { portalCookie: [] }],
  vapi: [{ webhookToken: [] }, { vapiSecret: [] }, { webhookBearer: [] }, { webhookSignature: [] }],
  stripe: [{ stripeSignature: [] }],
};

const header = (name: string, description: string) => ({ type: 'apiKey', in: 'header', name, description });
const securitySchemes = {
  apiKey: {
    type: 'http',
    scheme: 'bearer',
    description:
      'An API key (`vak_…`). An operator’s key sees every tenant; changes need the scope `write`. An operation names in `x-permission` what its caller must be permitted: a user’s role decides that, a key that reads may do what a viewer may, one that also writes all. A client’s key can only read its own tenant, as far as its `clientAccess` allows: the rest does not exist for it (404). It may read 300 times a minute, and a read with prices counts as ten.',
  },
  portalCookie: {
    type: 'apiKey',
    in: 'cookie',
    name: '__Host-vapi-agent',
    description:
      'From a sign-in to the portal, as the operator or as a client; `vapi-agent` if `PUBLIC_URL` is not https. Changes are accepted from the portal’s own pages only.',
  },
  webhookToken: header('X-Vapi-Agent-Token', 'The tenant’s `webhookSecret`.'),
  vapiSecret: header('X-Vapi-Secret', 'The tenant’s `webhookSecret`.'),
  webhookBearer: { type: 'http', scheme: 'bearer', description: 'The tenant’s `webhookSecret`.' },
  webhookSignature: header(
    'X-Signature',
    'An HMAC over the raw body; header, algorithm and format as in the tenant’s `webhookAuth`.',
  ),
  stripeSignature: header('Stripe-Signature', 'Over the raw body, as Stripe computes it.'),
};

const parameterTexts: Record<string, string> = {
  slug: 'The tenant.',
  tenant: 'The tenant.',
  no: 'The number of the line, from 1.',
  calls: 'Vapi’s id of the call.',
  invoices: 'The id of the invoice (`inv_…`).',
  leads: 'The id of the lead (`lead_…`).',
  keys: 'The id of the key (`key_…`).',
  users: 'The id of the person (`usr_…`).',
  invitations: 'The id of the invitation (`ivt_…`).',
  sessions: 'The id of the session (`sgn_…`).',
};

const tags: Record<Caller, [name: string, description: string]> = {
  visitor: [
    'visitor',
    'Called by pages of an allowed origin, which the browser names in `Origin`; no cookies, no keys. An unknown tenant and a page that is not allowed get the same answer. Bodies are also accepted as `text/plain`, so that no CORS preflight is needed.',
  ],
  tenant: ['tenant', 'The operator, and a client for its own tenant.'],
  operator: ['operator', 'The operator alone.'],
  vapi: ['webhooks', 'Sent by Vapi and by Stripe.'],
  stripe: ['webhooks', ''],
  anyone: ['service', 'Open to everyone.'],
};

/** @param server base URL of this server, without a trailing slash */
export function openApiDocument(server: string): JsonObject {
  const components = componentsOf();
  const paths: Record<string, JsonObject> = {};
  for (const operation of operations) {
    const [method = '', path = ''] = operation.route.split(' ');
    paths[path] ??= {};
    paths[path][method.toLowerCase()] = describe(operation, path, components);
  }
  return {
    openapi: '3.1.0',
    info: {
      title: 'vapi-agent',
      version: '1',
      license: { name: 'MIT', identifier: 'MIT' },
      description:
        'Names ending in `Micros` are integer millionths of a currency unit: of a US dollar for the provider’s cost and limits on it, of the plan’s currency for prices. `Cents` are the currency’s smallest units, `Bps` hundredths of a percent. Times are ISO-8601 in UTC, days are days in the tenant’s time zone, periods are half-open. Further fields may be added to answers.',
    },
    servers: [{ url: server }],
    tags: Object.values(tags)
      .filter(([, description]) => description)
      .map(([name, description]) => ({ name, description })),
    paths,
    components: { schemas: reachable(paths, components.schemas), securitySchemes },
  };
}

interface Components {
  schemas: Record<string, JsonObject>;
  /** @returns the name of a schema as a request's or as an answer's */
  nameOf(schema: z.ZodType, use: Use): string | undefined;
}

/** A request may omit what has a default, and must not contain anything unknown. */
type Use = 'input' | 'output';

/** Named as in the contract: `tenantViewSchema` is `TenantView`; a schema of requests and answers has two forms. */
function componentsOf(): Components {
  const asked = new Set(operations.map(({ body }) => body?.schema));
  const names: Record<Use, Map<z.ZodType, string>> = { input: new Map(), output: new Map() };
  for (const [exported, value] of Object.entries(contract)) {
    if (!isCompound(value)) continue;
    const name = exported.charAt(0).toUpperCase() + exported.slice(1).replace(/Schema$/, '');
    const answersToo = operations.some(({ answers }) =>
      Object.values(answers).some(({ json }) => json === value),
    );
    names.input.set(value, asked.has(value) && !answersToo ? name : `${name}Input`);
    names.output.set(value, asked.has(value) && !answersToo ? `${name}Output` : name);
  }
  const schemas = { ...convert(names.input, 'input'), ...convert(names.output, 'output') };
  for (const [name, example] of Object.entries(examples)) {
    const schema = schemas[name];
    if (!schema) throw new Error(`There is no schema ${name} for the example.`);
    schema.examples = [example];
  }
  return { schemas, nameOf: (schema, use) => names[use].get(schema) };
}

function isCompound(value: unknown): value is z.ZodType {
  return value instanceof z.ZodObject || value instanceof z.ZodUnion || value instanceof z.ZodRecord;
}

function convert(names: Map<z.ZodType, string>, io: Use): Record<string, JsonObject> {
  const registry = z.registry<{ id: string }>();
  for (const [schema, id] of names) registry.add(schema, { id });
  const { schemas } = z.toJSONSchema(registry, { io, uri: (id) => `#/components/schemas/${id}` });
  return Object.fromEntries(
    Object.entries(schemas).map(([name, schema]) => [name, tidy(schema, io === 'output') as JsonObject]),
  );
}

/** Only those that a path refers to. */
function reachable(paths: JsonObject, schemas: Record<string, JsonObject>): Record<string, JsonObject> {
  const found = new Set<string>();
  const visit = (value: unknown): void => {
    for (const [, name = ''] of JSON.stringify(value).matchAll(/"#\/components\/schemas\/(\w+)"/g)) {
      if (found.has(name)) continue;
      found.add(name);
      visit(schemas[name]);
    }
  };
  visit(paths);
  return Object.fromEntries([...found].sort().map((name) => [name, schemas[name] ?? {}]));
}

/** Without details that are useless to readers; answers may get further fields later, so none is forbidden in them. */
function tidy(value: unknown, isAnswer: boolean): unknown {
  if (Array.isArray(value)) return value.map((item) => tidy(item, isAnswer));
  if (typeof value !== 'object' || value === null) return value;
  const kept = Object.entries(value).filter(
    ([name, inner]) =>
      !(name === 'pattern' && 'format' in value) &&
      !(name === '$schema' || name === '$id' || name === '~standard') &&
      !(
        (name === 'minimum' || name === 'maximum') &&
        Math.abs(inner as number) === Number.MAX_SAFE_INTEGER
      ) &&
      !(isAnswer && name === 'additionalProperties' && inner === false),
  );
  return Object.fromEntries(kept.map(([name, inner]) => [name, tidy(inner, isAnswer)]));
}

function describe(operation: Operation, path: string, components: Components): JsonObject {
  const { caller, summary, query, body, answers } = operation;
  const permission = contract.routePermissions[operation.route];
  const responses: JsonObject = {};
  for (const [status, answer] of Object.entries(answers)) {
    responses[status] = describeAnswer(answer, components);
  }
  for (const [status, codes] of refusalsOf(operation)) {
    responses[status] ??= describeRefusal(Number(status), codes);
  }
  if (operation.relays)
    responses.default = { description: operation.relays, content: { '*/*': { schema: {} } } };
  const parameters = [...pathParameters(path), ...(query ? queryParameters(query) : [])];
  return {
    operationId: idOf(operation.route),
    tags: [tags[caller][0]],
    summary,
    ...describeNotes(operation),
    security: security[caller],
    ...(permission ? { 'x-permission': permission } : {}),
    ...(parameters.length > 0 ? { parameters } : {}),
    ...(body ? { requestBody: describeBody(body, caller, components) } : {}),
    responses,
  };
}

/** With what a client's switches (`clientAccess`) decide about it. */
function describeNotes({ route, caller, notes = '' }: Operation): { description?: string } {
  const { needs = [], needsForCsv = [], fields = [] } = (caller === 'tenant' && clientRuleOf(route)) || {};
  const named = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(' and ');
  const parts = [
    notes,
    needs.length > 0 ? `For a client only while ${named(needs)} of its \`clientAccess\` is on.` : '',
    needsForCsv.length > 0 ? `As CSV, a client needs ${named(needsForCsv)}.` : '',
    ...fields.map(([name, field]) => `For a client, \`${field}\` is absent while \`${name}\` is off.`),
  ].filter(Boolean);
  return parts.length > 0 ? { description: parts.join(' ') } : {};
}

/** `GET /v1/tenants/{slug}/calls` is `getTenantsSlugCalls`. */
function idOf(route: string): string {
  const [method = '', ...words] = route.replace('/v1', '').match(/[A-Za-z]+/g) ?? [];
  return method.toLowerCase() + words.map((word) => word.charAt(0).toUpperCase() + word.slice(1)).join('');
}

/** Error codes by status. */
export function refusalsOf({ caller, body, refusals = [] }: Operation): Map<string, ErrorCode[]> {
  const codes = new Set<ErrorCode>([
    'invalid_request',
    'internal_error',
    'database_unavailable',
    ...usualRefusals[caller],
    ...(body ? (['payload_too_large'] as const) : []),
    ...refusals,
  ]);
  const byStatus = new Map<string, ErrorCode[]>();
  for (const code of codes) {
    const status = String(errorStatus[code]);
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return new Map([...byStatus].sort(([a], [b]) => Number(a) - Number(b)));
}

function describeRefusal(status: number, codes: ErrorCode[]): JsonObject {
  const retryAfter = { description: 'Seconds to wait.', schema: { type: 'integer' } };
  return {
    description: codes.map((code) => `\`${code}\``).join(', '),
    ...(status === 429 || status === 503 || codes.includes('not_ready')
      ? { headers: { 'Retry-After': retryAfter } }
      : {}),
    content: {
      'application/problem+json': {
        schema: {
          $ref: '#/components/schemas/Problem',
          properties: { status: { const: status }, code: { enum: codes } },
        },
      },
    },
  };
}

function describeAnswer({ what, json, media = {}, headers }: Answer, components: Components): JsonObject {
  const content: JsonObject = {};
  if (json) content['application/json'] = { schema: schemaOf(json, 'output', components) };
  for (const [type, form] of Object.entries(media)) {
    const inner = 'contentSchema' in form ? (form.contentSchema as z.ZodType) : null;
    content[type] = {
      schema: inner
        ? {
            ...form,
            contentMediaType: 'application/json',
            contentSchema: schemaOf(inner, 'output', components),
          }
        : form,
    };
  }
  return {
    description: what,
    ...(headers
      ? {
          headers: Object.fromEntries(
            Object.entries(headers).map(([name, description]) => [
              name,
              { description, schema: { type: 'string' } },
            ]),
          ),
        }
      : {}),
    ...(Object.keys(content).length > 0 ? { content } : {}),
  };
}

function describeBody({ schema, optional }: Body, caller: Caller, components: Components): JsonObject {
  const described = schemaOf(schema, 'input', components);
  return {
    required: !optional,
    content: {
      'application/json': { schema: described },
      ...(caller === 'visitor'
        ? {
            'text/plain': {
              schema: { type: 'string', contentMediaType: 'application/json', contentSchema: described },
            },
          }
        : {}),
    },
  };
}

function schemaOf(schema: z.ZodType, use: Use, { nameOf }: Components): JsonObject {
  const name = nameOf(schema, use);
  if (name) return { $ref: `#/components/schemas/${name}` };
  return tidy(z.toJSONSchema(schema, { io: use }), use === 'output') as JsonObject;
}

function pathParameters(path: string): JsonObject[] {
  const segments = path.split('/');
  return segments.flatMap((segment, index) => {
    const name = /^\{(\w+)\}$/.exec(segment)?.[1];
    if (!name) return [];
    const description = parameterTexts[name] ?? parameterTexts[segments[index - 1] ?? ''] ?? '';
    return [{ name, in: 'path', required: true, description, schema: { type: 'string' } }];
  });
}

function queryParameters(query: z.ZodType): JsonObject[] {
  const { properties = {}, required = [] } = tidy(z.toJSONSchema(query, { io: 'input' }), false) as {
    properties?: Record<string, JsonObject>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...schema }]) => ({
    name,
    in: 'query',
    required: required.includes(name),
    ...(description ? { description } : {}),
    schema,
  }));
}
