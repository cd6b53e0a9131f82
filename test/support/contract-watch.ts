/**
 * Compares every answer of a test's server with `/openapi.json`: its status, its media type, and for JSON its shape, to
 * the last field. A problem document's code must be one that the route is documented to answer.
 */
import { Ajv2020, type ValidateFunction } from 'ajv/dist/2020.js';
import { type JsonObject, openApiDocument } from '../../server/openapi/document.ts';

export interface ContractWatch {
  /** @param path with its query */
  see(method: string, path: string, status: number, contentType: string, body: string): void;
  /** @throws Error naming each route whose answer differs from the document */
  check(): void;
}

interface Response {
  content?: Record<string, { schema: JsonObject }>;
}
interface Route {
  name: string;
  pattern: RegExp;
  methods: Record<string, { responses: Record<string, Response> }>;
}

const document = openApiDocument('https://voice.agency.example');
const routes: Route[] = Object.entries(document.paths as Record<string, Route['methods']>).map(
  ([name, methods]) => ({ name, methods, pattern: new RegExp(`^${name.replace(/\{\w+\}/g, '[^/]+')}/?$`) }),
);
const ajv = new Ajv2020({ strict: false, validateFormats: false, allErrors: true });
ajv.addSchema({ $id: 'https://document.example/', ...(exact(document) as JsonObject) });
const validators = new Map<JsonObject, ValidateFunction>();

export function watchContract(): ContractWatch {
  const faults = new Set<string>();
  return {
    see(method, path, status, contentType, body) {
      const fault = faultIn(method.toLowerCase(), path.split('?')[0] ?? '', status, contentType, body);
      if (fault) faults.add(`${method} ${path} ${status}: ${fault}`);
    },
    check() {
      if (faults.size > 0) throw new Error(`not as /openapi.json says:\n${[...faults].join('\n')}`);
    },
  };
}

function faultIn(method: string, path: string, status: number, contentType: string, body: string) {
  const route = routes.find(({ pattern }) => pattern.test(path));
  const operation = route?.methods[method];
  // Files of the element, preflights and unknown addresses.
  if (!operation || path.includes('%00')) return null;
  const type = contentType.split(';')[0] ?? '';
  // Node's own refusal of a request without `Host`, which never reaches our code.
  if (status === 400 && type === '' && body === '') return null;
  // What the host of TALK_URL does not have; the document is about the public one.
  if (status === 404 && body.includes('“Talk to it now”')) return null;
  const isRelayed = operation.responses.default !== undefined && type !== 'application/problem+json';
  if (isRelayed) return null;
  const response = operation.responses[status];
  if (!response) return `the status is not described for ${route?.name}: ${body.slice(0, 200)}`;
  if (!response.content) return body === '' ? null : 'a body that is not described';
  const described = response.content[type] ?? response.content[type.replace(/\/.*/, '/*')];
  if (!described) return `${type || 'no media type'} is not described`;
  if (!/json$/.test(type)) return null;
  let validate = validators.get(described.schema);
  if (!validate) {
    validate = ajv.compile(absolute(described.schema) as JsonObject);
    validators.set(described.schema, validate);
  }
  return validate(JSON.parse(body)) ? null : ajv.errorsText(validate.errors).slice(0, 600);
}

/** Readers must accept further fields; for this test each field must be described. */
function exact(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(exact);
  if (typeof value !== 'object' || value === null) return value;
  const inner = Object.fromEntries(Object.entries(value).map(([name, item]) => [name, exact(item)]));
  const isClosed = inner.type === 'object' && 'properties' in inner && !('additionalProperties' in inner);
  return isClosed ? { ...inner, additionalProperties: false } : inner;
}

function absolute(value: unknown): unknown {
  return JSON.parse(
    JSON.stringify(exact(value)).replaceAll('"$ref":"#', '"$ref":"https://document.example/#'),
  );
}
