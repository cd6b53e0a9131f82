/** The languages of the portal, each a file of its own that only its readers load. Pure. */
import type { LanguageCode } from '../../contract.ts';
import type { Words } from './en.ts';

const files: Record<Exclude<LanguageCode, 'en'>, () => Promise<{ words: Words }>> = {
  ar: () => import('./ar.ts'),
  de: () => import('./de.ts'),
  es: () => import('./es.ts'),
  fr: () => import('./fr.ts'),
  it: () => import('./it.ts'),
  ja: () => import('./ja.ts'),
  nl: () => import('./nl.ts'),
  pl: () => import('./pl.ts'),
  pt: () => import('./pt.ts'),
  tr: () => import('./tr.ts'),
  zh: () => import('./zh.ts'),
};

/** In the order in which they are offered, each by its own name. */
export const languageNames: readonly (readonly [LanguageCode, string])[] = [
  ['ar', 'العربية'],
  ['de', 'Deutsch'],
  ['en', 'English'],
  ['es', 'Español'],
  ['fr', 'Français'],
  ['it', 'Italiano'],
  ['ja', '日本語'],
  ['nl', 'Nederlands'],
  ['pl', 'Polski'],
  ['pt', 'Português'],
  ['tr', 'Türkçe'],
  ['zh', '中文'],
];

const isKnown = (code: string): code is LanguageCode => languageNames.some(([one]) => one === code);
const primary = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';

export interface ChosenLanguage {
  code: LanguageCode;
  /** With the reader's region, if the browser has one for that language. */
  locale: string;
}

/** @param chosen by the person; anything else than a known code is none @param browser what it prefers, best first */
export function chooseLanguage(chosen: string | null, browser: readonly string[]): ChosenLanguage {
  const tags = browser.filter(isTag);
  const code = chosen !== null && isKnown(chosen) ? chosen : (tags.map(primary).find(isKnown) ?? 'en');
  const locale = tags.find((tag) => primary(tag) === code) ?? code;
  // Whole pages are in the digits that inputs and files have.
  return { code, locale: code === 'ar' ? `${locale.split('-u-')[0]}-u-nu-latn` : locale };
}

/** Some browsers name one that is not a language tag. */
function isTag(tag: string): boolean {
  try {
    return Intl.getCanonicalLocales(tag).length > 0;
  } catch {
    return false;
  }
}

/** @returns null for English, which is there already, and if it cannot be loaded */
export async function loadWords(code: LanguageCode): Promise<Words | null> {
  if (code === 'en') return null;
  try {
    return (await files[code]()).words;
  } catch {
    return null;
  }
}
