/**
 * Checks a request's parameters against the types of the `stripe` package, so that one that Stripe would refuse for its
 * shape is refused here. Its open enums stay open: any string is accepted for them.
 */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Ajv, type ValidateFunction } from 'ajv';
import Stripe from 'stripe';
import { createGenerator } from 'ts-json-schema-generator';
import type { Parameters } from './parameters.ts';

const source = join(import.meta.dirname, 'parameters.ts');
const root = join(import.meta.dirname, '..', '..', '..');

type JsonSchema = { definitions: Record<string, { properties?: Record<string, object> }> };

/** Reading all of Stripe's types takes seconds, so the result is kept between runs. */
function readSchemas(): JsonSchema {
  const version = createHash('sha256')
    .update(`${Stripe.PACKAGE_VERSION} ${readFileSync(source, 'utf8')}`)
    .digest('hex')
    .slice(0, 16);
  const kept = join(tmpdir(), `vapi-agent-stripe-schemas-${version}.json`);
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as JsonSchema;
  const generator = createGenerator({
    path: source,
    tsconfig: join(root, 'tsconfig.json'),
    type: 'Parameters',
    skipTypeCheck: true,
    additionalProperties: false,
  });
  const schemas = generator.createSchema('Parameters') as unknown as JsonSchema;
  // In a request it is digits; the class is the package's own matter.
  schemas.definitions.Decimal = { type: 'string', pattern: '^-?\\d+(\\.\\d+)?$' } as object;
  // Another process of the same run may be reading it.
  const partial = `${kept}.${process.pid}`;
  writeFileSync(partial, JSON.stringify(schemas));
  renameSync(partial, kept);
  return schemas;
}

export interface Problem {
  param: string;
  message: string;
}
export type Check = (name: keyof Parameters, parameters: object) => Problem | null;

/** The check also turns a form's digits into numbers and booleans. */
export function createCheck(): Check {
  const { definitions } = readSchemas();
  const ajv = new Ajv({ coerceTypes: true, strict: false, allErrors: false });
  ajv.addSchema({ $id: 'stripe', definitions });
  const checks = new Map<string, ValidateFunction>();
  return (name, parameters) => {
    let check = checks.get(name);
    if (!check) {
      check = ajv.compile({ $ref: `stripe#/definitions/Parameters/properties/${name}` });
      checks.set(name, check);
    }
    if (check(parameters)) return null;
    const [error] = check.errors ?? [];
    const unknown = error?.params.additionalProperty as string | undefined;
    const param = `${error?.instancePath ?? ''}${unknown ? `/${unknown}` : ''}`.replace(/^\//, '');
    return {
      param,
      message: unknown ? `Received unknown parameter: ${param}` : (error?.message ?? 'invalid'),
    };
  };
}
