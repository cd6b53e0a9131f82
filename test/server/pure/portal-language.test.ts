import assert from 'node:assert/strict';
import { after, test } from 'node:test';
import { en, type PluralKey, type WordKey, type Words } from '../../../server/portal/language/en.ts';
import { chooseLanguage, languageNames, loadWords } from '../../../server/portal/language/languages.ts';
import { say, sayCount, useLanguage } from '../../../server/portal/language/words.ts';
import { duration, ending, moment, money } from '../../../server/portal/pure/format.ts';

after(() => useLanguage(en, 'en'));

const holes = (text: string): string[] => [...new Set(text.match(/\{\w*\}?/g) ?? [])].sort();

for (const [code, name] of languageNames.filter(([one]) => one !== 'en')) {
  test(`${name} fills in what the English sentences do, and has each of its own plurals`, async () => {
    const words = await loadWords(code);
    assert.ok(words);
    // `0` and millions read as the general form does.
    const needed = new Intl.PluralRules(code)
      .resolvedOptions()
      .pluralCategories.filter((one) => one !== 'zero' && (one !== 'many' || ['ar', 'pl'].includes(code)));
    const differing = Object.entries(en).filter(([key, english]) => {
      const text = words[key as keyof Words];
      if (typeof english === 'string') return String(holes(String(text))) !== String(holes(english));
      const forms = text as Record<string, string>;
      // “One day” can do without its number.
      const others = Object.entries(forms).filter(([form]) => !['one', 'two'].includes(form));
      return (
        (code !== 'tr' && needed.some((one) => !forms[one])) ||
        others.some(([, form]) => String(holes(form)) !== String(holes(english.other)))
      );
    });
    assert.deepEqual(
      differing.map(([key]) => key),
      [],
    );
  });
}

/** A button that stands in every row, and its full name: who speaks to the browser says what is written there. */
const rowButtons: [shown: WordKey, named: WordKey][] = [
  ['remove', 'removeInterval'],
  ['remove', 'removeWho'],
  ['sendAgain', 'sendAgainTo'],
  ['revoke', 'revokeOf'],
  ['rename', 'renameWhat'],
  ['end', 'endSession'],
];

test('the full name of a button has the words that it shows, in every language', async () => {
  for (const [code] of languageNames) {
    const words = (await loadWords(code)) ?? en;
    const lower = (text: string) => text.toLocaleLowerCase(code);
    const others = rowButtons.filter(([shown, named]) => !lower(words[named]).includes(lower(words[shown])));
    assert.deepEqual(others, [], code);
    assert.ok(
      Object.values(words.lineCalls).every((form) => form.includes('{n}')),
      code,
    );
  }
});

test('the language is the person’s choice, else the browser’s best known one, else English', () => {
  const cases: [chosen: string | null, browser: string[], code: string, locale: string][] = [
    [null, ['de-AT', 'en'], 'de', 'de-AT'],
    [null, ['cs', 'fr-CA', 'de'], 'fr', 'fr-CA'],
    [null, ['cs'], 'en', 'en'],
    [null, [], 'en', 'en'],
    ['', ['nl'], 'nl', 'nl'],
    ['pl', ['de-AT', 'pl-PL'], 'pl', 'pl-PL'],
    ['pl', ['de'], 'pl', 'pl'],
    ['klingon', ['it'], 'it', 'it'],
    ['__proto__', ['not a tag', 'C', 'ja-JP'], 'ja', 'ja-JP'],
    [null, ['zh-Hant-TW'], 'zh', 'zh-Hant-TW'],
    [null, ['ar-EG-u-nu-arab'], 'ar', 'ar-EG-u-nu-latn'],
  ];
  for (const [chosen, browser, code, locale] of cases)
    assert.deepEqual(chooseLanguage(chosen, browser), { code, locale }, `${chosen} ${browser}`);
});

test('numbers, amounts, dates and plurals are those of the language', async () => {
  const spoken = async (code: 'de' | 'ar' | 'pl', locale: string, read: () => string[]) => {
    useLanguage((await loadWords(code)) ?? en, locale);
    return read().map((text) => text.replace(/[\s\u200e\u200f]/g, ' '));
  };
  const german = () => [
    money(123_450, 'eur'),
    moment('2026-12-15T09:00:00Z', 'Europe/Berlin'),
    duration(90),
    ending('some-reason-of-tomorrow'),
    sayCount('days', 1234),
  ];
  assert.deepEqual(await spoken('de', 'de', german), [
    ...['1.234,50 €', '15.12.2026, 10:00', '1 Min. 30 Sek.', 'Anders beendet', '1.234 Tage'],
  ]);
  const days = () => [0, 1, 2, 5, 11, 100].map((n) => sayCount('days', n));
  const arabic = ['0 يوم', 'يوم واحد', 'يومان', '5 أيام', '11 يومًا', '100 يوم'];
  assert.deepEqual(await spoken('ar', 'ar-u-nu-latn', days), arabic);
  const calls = () => [1, 3, 5, 22].map((n) => sayCount('foundCalls' satisfies PluralKey, n));
  assert.deepEqual(await spoken('pl', 'pl', calls), [
    ...['Znaleziono 1 połączenie.', 'Znaleziono 3 połączenia.'],
    ...['Znaleziono 5 połączeń.', 'Znaleziono 22 połączenia.'],
  ]);
});

test('what is filled in stays as it is, braces and all', () => {
  useLanguage(en, 'en');
  assert.equal(say('removeTitle' satisfies WordKey, { who: '{who} {n} $&' }), 'Remove {who} {n} $&?');
});
