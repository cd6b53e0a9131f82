/** What is said in the reader's language. English until `useLanguage`, and for the operator always. Pure. */
import { en, type PluralKey, type WordKey, type Words } from './en.ts';

interface Spoken {
  words: Words;
  /** By which numbers and amounts are written. */
  numbers: string;
  dates: string;
  plurals: Intl.PluralRules;
}

const english: Spoken = {
  ...{ words: en, numbers: 'en', dates: 'en-GB' },
  plurals: new Intl.PluralRules('en'),
};
let spoken = english;

/** @param locale a tag of that language, with the reader's region where it is known: `de-AT` */
export function useLanguage(words: Words, locale: string): void {
  spoken =
    words === en ? english : { words, numbers: locale, dates: locale, plurals: new Intl.PluralRules(locale) };
}

export const isEnglish = (): boolean => spoken === english;
export const numberLocale = (): string => spoken.numbers;
export const dateLocale = (): string => spoken.dates;

type Values = Readonly<Record<string, string | number>>;

/** @param values of what is in braces; those that a sentence does not have are left out */
export function say(key: WordKey, values: Values = {}): string {
  return filled(spoken.words[key], values);
}

/** A sentence in the form that the number, its `{n}`, needs. */
export function sayCount(key: PluralKey, n: number, values: Values = {}): string {
  const forms = spoken.words[key];
  const form = forms[spoken.plurals.select(n)] ?? forms.other;
  return filled(form, { ...values, n: n.toLocaleString(spoken.numbers) });
}

/** In one pass: a value with braces stays what it is. */
function filled(text: string, values: Values): string {
  return text.replace(/\{(\w+)\}/g, (all, name: string) =>
    Object.hasOwn(values, name) ? String(values[name]) : all,
  );
}
