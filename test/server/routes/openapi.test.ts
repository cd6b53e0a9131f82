/** The document describes the whole HTTP API and nothing else, in valid OpenAPI 3.1. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { Ajv2020 } from 'ajv/dist/2020.js';
import type { Express } from 'express';
import { createApp } from '../../../server/app.ts';
import { type JsonObject, openApiDocument } from '../../../server/openapi/document.ts';
import { httpReference } from '../../references/http-reference.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

interface Operation {
  operationId: string;
  tags: string[];
  summary: string;
  security: Record<string, unknown>[];
  parameters?: { name: string; in: string; required: boolean; schema: JsonObject }[];
  requestBody?: { content: Record<string, { schema: JsonObject }> };
  responses: Record<string, { description: string; content?: Record<string, { schema: JsonObject }> }>;
}
interface Document {
  openapi: string;
  servers: { url: string }[];
  tags: { name: string }[];
  paths: Record<string, Record<string, Operation>>;
  components: { schemas: Record<string, JsonObject>; securitySchemes: Record<string, JsonObject> };
}

let server: TestServer;
let document: Document;
before(async () => {
  server = await startTestServer();
  document = (await server.request('GET', '/openapi.json')).body as Document;
});
after(() => server?.close());

const operations = (): [route: string, operation: Operation][] =>
  Object.entries(document.paths).flatMap(([path, methods]) =>
    Object.entries(methods).map(([method, operation]): [string, Operation] => [
      `${method.toUpperCase()} ${path}`,
      operation,
    ]),
  );

test('it is served to every page, with the address of this server', async () => {
  const answer = await server.request('GET', '/openapi.json');
  assert.equal(answer.headers.get('access-control-allow-origin'), '*');
  assert.match(String(answer.headers.get('content-type')), /^application\/json/);
  assert.equal(document.openapi, '3.1.0');
  assert.deepEqual(document.servers, [{ url: 'https://voice.agency.example' }]);
});

/** A route, or something mounted at `rawPath`. */
interface Layer {
  rawPath: string;
  route?: { path: string; methods: Record<string, boolean> };
  handle?: { stack?: Layer[] };
}

function routesOf(stack: Layer[], prefix: string): string[] {
  return stack.flatMap(({ route, rawPath, handle }) => {
    if (!route) return routesOf(handle?.stack ?? [], prefix + (rawPath === '/' ? '' : rawPath));
    const path = `${prefix}${route.path}`.replace(/(.)\/$/, '$1').replace(/:(\w+)/g, '{$1}');
    return Object.keys(route.methods).map((method) => `${method.toUpperCase()} ${path}`);
  });
}

test('every route of the app is described, and nothing else', () => {
  const app: Express = createApp(server.ctx, { widget: '.', portal: '.', installs: '.' });
  const described = operations().map(([route]) => route);
  const found = routesOf((app.router as unknown as { stack: Layer[] }).stack, '');
  assert.ok(found.length > 50, `${found.length} routes found`);
  assert.deepEqual([...new Set(found)].sort(), described.sort());
});

test('the reference for people has defaults, limits and headers too', () => {
  const reference = httpReference(document as unknown as JsonObject);
  for (const [, { parameters = [] }] of operations()) {
    for (const { name, in: place, schema } of parameters) {
      if (place !== 'query' || schema.default === undefined) continue;
      assert.match(
        reference,
        new RegExp(`\\| \`${name}\` \\(query\\) .*Default: \`${schema.default}\``),
        name,
      );
    }
  }
  assert.match(reference, /`limit` \(query\) \| integer \| Default: `50`\. From 1 to 200\./);
  assert.match(reference, /Header `X-Origin-Allowed`: /);
});

test('every schema is a valid JSON Schema, and every reference leads somewhere', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false });
  const schemas = [
    ...Object.values(document.components.schemas),
    ...operations().flatMap(([, { parameters = [], requestBody, responses }]) => [
      ...parameters.map(({ schema }) => schema),
      ...[requestBody, ...Object.values(responses)].flatMap((part) =>
        Object.values(part?.content ?? {}).map(({ schema }) => schema),
      ),
    ]),
  ];
  assert.ok(schemas.length > 200);
  for (const schema of schemas) assert.ok(ajv.validateSchema(schema), JSON.stringify(schema));
  const references = JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g);
  const missing = [...references]
    .map(([, to = '']) => to)
    .filter((to) => !document.components.schemas[to.replace('#/components/schemas/', '')]);
  assert.deepEqual(missing, []);
});

test('every operation has what OpenAPI requires: one id, declared tags and schemes, its path’s parameters', () => {
  const ids = operations().map(([, { operationId }]) => operationId);
  assert.equal(new Set(ids).size, ids.length, 'an id twice');
  const tags = document.tags.map(({ name }) => name);
  assert.equal(new Set(tags).size, tags.length);
  for (const [route, operation] of operations()) {
    const named = [...route.matchAll(/\{(\w+)\}/g)].map(([, name]) => name);
    const declared = (operation.parameters ?? []).filter((parameter) => parameter.in === 'path');
    assert.deepEqual(
      declared.map(({ name }) => name),
      named,
      route,
    );
    assert.ok(
      declared.every(({ required }) => required),
      route,
    );
    assert.ok(operation.summary.length > 5 && !operation.summary.endsWith('.'), route);
    for (const tag of operation.tags) assert.ok(tags.includes(tag), `${route}: ${tag}`);
    for (const scheme of operation.security.flatMap((needed) => Object.keys(needed))) {
      assert.ok(document.components.securitySchemes[scheme], `${route}: ${scheme}`);
    }
    for (const [status, { description }] of Object.entries(operation.responses)) {
      assert.match(status, /^([2345]\d\d|default)$/);
      assert.ok(description.length > 0, `${route} ${status}`);
    }
  }
});

test('what needs a key says so, and can refuse with unauthorized', () => {
  for (const [route, { security, responses }] of operations()) {
    if (security.length > 0) assert.ok(responses[401]?.description.includes('`unauthorized`'), route);
  }
  assert.deepEqual(document.paths['/v1/tenants']?.get?.security, [{ apiKey: [] }, { portalCookie: [] }]);
});

test('every field of money or time says its unit by its name or its description', () => {
  const unclear: string[] = [];
  const visit = (name: string, value: unknown): void => {
    if (typeof value !== 'object' || value === null) return;
    for (const [field, inner] of Object.entries((value as { properties?: JsonObject }).properties ?? {})) {
      const { description = '' } = inner as { description?: string };
      const isAmount =
        /(amount|balance|budget|cost|fee|price|total|revenue|margin|duration|timeout|overlap)/i.test(field);
      const isNumber = /"type":"(integer|number)"/.test(JSON.stringify(inner));
      const hasUnit =
        /(Micros|Cents|Bps|Seconds|Minutes|Days|WithoutCost|Cost)$/.test(field) || description !== '';
      if (isAmount && isNumber && !hasUnit) unclear.push(`${name}.${field}`);
      visit(`${name}.${field}`, inner);
    }
    for (const inner of Object.values(value)) visit(name, inner);
  };
  for (const [name, schema] of Object.entries(document.components.schemas)) visit(name, schema);
  assert.deepEqual([...new Set(unclear)], []);
});

test('every example fits its schema', () => {
  const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
  ajv.addSchema({
    $id: 'https://document.example/',
    ...(openApiDocument('https://voice.example') as JsonObject),
  });
  let seen = 0;
  for (const [name, schema] of Object.entries(document.components.schemas)) {
    for (const example of (schema.examples as unknown[] | undefined) ?? []) {
      const validate = ajv.getSchema(`https://document.example/#/components/schemas/${name}`);
      assert.ok(validate?.(example), `${name}: ${ajv.errorsText(validate?.errors)}`);
      seen += 1;
    }
  }
  assert.ok(seen >= 20, `${seen} examples`);
});
