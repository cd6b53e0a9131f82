/** `npm run references` writes the references that are checked in: of the HTTP API and of the element. */
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { openApiDocument } from '../server/openapi/document.ts';
import { httpReference } from '../server/openapi/http-reference.ts';
import { elementReference } from '../widget/element-reference.ts';

const root = join(import.meta.dirname, '..');

/** Texts by the file in which they are kept. */
export function references(): Record<string, string> {
  const manifest = readFileSync(join(root, 'widget', 'custom-elements.json'), 'utf8');
  return {
    'server/http-reference.md': httpReference(openApiDocument('https://voice.agency.example')),
    'widget/element-reference.md': elementReference(JSON.parse(manifest)),
  };
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [file, text] of Object.entries(references())) writeFileSync(join(root, file), text);
}
