/** The texts of the form for a message: with the form in English, otherwise a chunk of their own. */
import { lazy } from '../lazy.ts';
import { type LeadStrings, leadEn } from './lead-en.ts';

const files: Record<string, () => Promise<{ strings: LeadStrings }>> = {
  ar: () => import('./lead-ar.ts'),
  de: () => import('./lead-de.ts'),
  es: () => import('./lead-es.ts'),
  fr: () => import('./lead-fr.ts'),
  it: () => import('./lead-it.ts'),
  ja: () => import('./lead-ja.ts'),
  nl: () => import('./lead-nl.ts'),
  pl: () => import('./lead-pl.ts'),
  pt: () => import('./lead-pt.ts'),
  tr: () => import('./lead-tr.ts'),
  zh: () => import('./lead-zh.ts'),
};

/** Never rejects: if its file cannot be loaded, the visitor reads English. */
export async function loadLeadStrings(code: string): Promise<LeadStrings> {
  const file = files[code];
  if (!file) return leadEn;
  return lazy(file).then(
    ({ strings }) => strings,
    () => leadEn,
  );
}
