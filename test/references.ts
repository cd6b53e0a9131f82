/** `npm run references` writes the generated files in git: references and types of the HTTP API and the element. */
import { execFileSync } from 'node:child_process';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { placements, themes, widgetModes } from '../server/contract.ts';
import { openApiDocument } from '../server/openapi/document.ts';
import { elementManifest } from './references/element-manifest.ts';
import { between, elementReference, elementTypes, readmeTables } from './references/element-reference.ts';
import { httpReference } from './references/http-reference.ts';

const root = join(import.meta.dirname, '..');
const read = (file: string): string => readFileSync(join(root, file), 'utf8');

/** Texts by file. */
export function references(): Record<string, string> {
  const words = { WidgetMode: widgetModes, Placement: placements, Theme: themes };
  const manifest = elementManifest(read('widget/vapi-agent.ts'), words);
  const { attributes = '', events = '' } = elementTypes(manifest);
  return {
    'server/http-reference.md': httpReference(openApiDocument('https://voice.agency.example')),
    'widget/custom-elements.json': formatted(JSON.stringify(manifest)),
    'widget/element-reference.md': elementReference(manifest),
    'widget/README.md': between(read('widget/README.md'), readmeTables(manifest)),
    'widget/attributes.ts': between(read('widget/attributes.ts'), { attributes }),
    'widget/events.ts': between(read('widget/events.ts'), { events }),
  };
}

/** JSON in the linter's format. */
function formatted(input: string): string {
  const biome = join(root, 'node_modules', '.bin', 'biome');
  return execFileSync(biome, ['format', '--stdin-file-path=any.json'], {
    cwd: root,
    input,
    encoding: 'utf8',
  });
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? '').href) {
  for (const [file, text] of Object.entries(references())) writeFileSync(join(root, file), text);
}
