/** Which language the visitor reads, and its file; English is always loaded, each other one is a separate chunk. */
import { lazy } from '../lazy.ts';
import { en, type Strings } from './en.ts';

export interface Language {
  /** BCP 47, without a region. */
  code: string;
  strings: Strings;
  direction: 'ltr' | 'rtl';
  /** Whether the page chose it; otherwise the browser did. */
  isOfPage: boolean;
}

const files: Record<string, () => Promise<{ strings: Strings }>> = {
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

export const languageCodes: readonly string[] = ['en', ...Object.keys(files)];

export const english: Language = { code: 'en', strings: en, direction: 'ltr', isOfPage: false };

/** The element's own `lang`, else the closest one around it, also outside shadow roots; else the browser's list. */
export function chooseLanguage(element: Element): { code: string; isOfPage: boolean } {
  const ofPage = [primary(closestLang(element))].filter(isKnown);
  const ofBrowser = navigator.languages.map(primary).filter(isKnown);
  return { code: [...ofPage, ...ofBrowser][0] ?? 'en', isOfPage: ofPage.length > 0 };
}

/** Never rejects: if its file cannot be loaded, the visitor reads English. */
export async function loadLanguage(code: string, isOfPage: boolean): Promise<Language> {
  const file = files[code];
  if (!file) return { ...english, isOfPage };
  try {
    const { strings } = await lazy(file);
    return { code, strings, direction: code === 'ar' ? 'rtl' : 'ltr', isOfPage };
  } catch {
    return english;
  }
}

const isKnown = (code: string): boolean => languageCodes.includes(code);
const primary = (tag: string): string => tag.toLowerCase().split('-')[0] ?? '';

function closestLang(element: Element): string {
  for (let node: Element | null = element; node; ) {
    const holder: Element | null = node.closest('[lang]');
    if (holder) return holder.getAttribute('lang') ?? '';
    const root = node.getRootNode();
    node = root instanceof ShadowRoot ? root.host : null;
  }
  return '';
}
