/**
 * `npm run screenshots`: every state of the element at the sizes of phones and desktops, light and dark, from right to
 * left, magnified, in forced colours and in twelve languages, and the portal's views, into `screenshots/`. For a person
 * to check; the tests check what a machine can. Words after the command (`npm run screenshots -- phone-light`) pick
 * looks.
 */
import { mkdir, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { languageCodes } from '../widget/strings/languages.ts';
import { type HostPages, openHostPages } from './e2e/support/host-page.ts';
import { addTenants, languages, placements, type Scene, scenes } from './element-scenes.ts';
import { shootPortal } from './portal-screenshots.ts';

const folder = join(import.meta.dirname, '..', 'screenshots');
const page = `<style>body{margin:0;font:16px/1.6 system-ui;padding:24px;color-scheme:light dark}</style>
  <h1>A business of your town</h1><p>${'What we do, and how to find us. '.repeat(40)}</p>`;

const phone = { width: 375, height: 667 };
const desk = { width: 1280, height: 800 };

interface Look {
  viewport: { width: number; height: number };
  lang?: string;
  colorScheme?: 'dark';
  forcedColors?: 'active';
  scenes?: Scene[];
}

const looks: Record<string, Look> = {
  'phone-light': { viewport: phone },
  'phone-dark': { viewport: phone, colorScheme: 'dark' },
  'phone-tall': { viewport: { width: 390, height: 844 } },
  'phone-landscape': { viewport: { width: 667, height: 375 } },
  'phone-320': { viewport: { width: 320, height: 568 }, lang: 'de' },
  'desktop-light': { viewport: desk },
  'desktop-dark': { viewport: desk, colorScheme: 'dark' },
  'desktop-720': { viewport: { width: 1280, height: 720 }, lang: 'fr' },
  'phone-rtl': { viewport: phone, lang: 'ar' },
  'desktop-rtl': { viewport: desk, lang: 'ar' },
  'zoom-400': { viewport: { width: 320, height: 256 }, lang: 'de' },
  'forced-colors': { viewport: desk, colorScheme: 'dark', forcedColors: 'active' },
  places: { viewport: desk, scenes: placements },
  languages: { viewport: { width: 320, height: 568 }, scenes: [languages(languageCodes)] },
};

const wanted = process.argv.slice(2);
const isWanted = (look: string) => wanted.length === 0 || wanted.includes(look);

const pages: HostPages = await openHostPages();
try {
  if (wanted.length === 0) await rm(folder, { recursive: true, force: true });
  await mkdir(folder, { recursive: true });
  await addTenants(pages);
  for (const [name, look] of Object.entries(looks)) {
    if (!isWanted(name)) continue;
    for (const scene of look.scenes ?? scenes) await shoot(name, look, scene);
    process.stdout.write(`${name}\n`);
  }
} finally {
  await pages.close();
}
if (isWanted('portal')) {
  await shootPortal(folder);
  process.stdout.write('portal\n');
}

async function shoot(
  look: string,
  { scenes: _scenes, lang = 'en', ...options }: Look,
  scene: Scene,
): Promise<void> {
  const { tenant, attributes = '', before, play } = scene;
  const root = `lang="${lang}" dir="${lang === 'ar' ? 'rtl' : 'ltr'}"`;
  const body = `${page}${pages.script}<vapi-agent tenant="${tenant}" ${attributes}></vapi-agent>`;
  const visit = await pages.open(body, {
    ...options,
    root,
    reducedMotion: 'reduce',
    ...(before ? { before } : {}),
  });
  await play(visit, async (name) => {
    await visit.page.screenshot({ path: join(folder, `${look}-${name}.png`) });
  });
  await visit.leave([/Failed to load resource/, /^\[vapi-agent\] this page is not secure/]);
}
