/** JSON Schemas of `shapes.ts`, made once for each version of Vapi's packages. */
import { createHash } from 'node:crypto';
import { existsSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Schema } from './check.ts';
import type { Shapes } from './shapes.ts';

export interface Schemas {
  definitions: Record<string, Schema> & { Shapes: { properties: Record<keyof Shapes, Schema> } };
}

const source = join(import.meta.dirname, 'shapes.ts');
const root = join(import.meta.dirname, '..', '..', '..');

function versionOf(name: string): string {
  const file = join(root, 'node_modules', name, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

/** Reading all of Vapi's types takes half a minute of a busy machine, so the result is kept between runs. */
export async function readSchemas(): Promise<Schemas> {
  const versions = ['@vapi-ai/server-sdk', '@vapi-ai/web', 'ts-json-schema-generator'].map(versionOf);
  const key = createHash('sha256')
    .update(`${versions} ${readFileSync(source, 'utf8')}`)
    .digest('hex')
    .slice(0, 16);
  const kept = join(tmpdir(), `vapi-agent-vapi-schemas-${key}.json`);
  if (existsSync(kept)) return JSON.parse(readFileSync(kept, 'utf8')) as Schemas;
  const { createGenerator } = await import('ts-json-schema-generator');
  const generator = createGenerator({
    path: source,
    tsconfig: join(root, 'tsconfig.json'),
    type: 'Shapes',
    skipTypeCheck: true,
    additionalProperties: false,
    jsDoc: 'none',
  });
  const schemas = generator.createSchema('Shapes') as unknown as Schemas;
  // Another process of the same run may be reading it.
  const partial = `${kept}.${process.pid}`;
  writeFileSync(partial, JSON.stringify(schemas));
  renameSync(partial, kept);
  return schemas;
}
