/** A tenant's handle made from its name. Pure. */

/** As in the contract's schema of a slug. */
const maxLength = 40;
/** Letters that have no accent to drop. */
const spelled: Record<string, string> = {
  ß: 'ss',
  æ: 'ae',
  œ: 'oe',
  ø: 'o',
  ł: 'l',
  đ: 'd',
  ð: 'd',
  þ: 'th',
};

/** @returns a valid slug; `client` when the name has no letter or digit of the Latin alphabet */
export function slugOf(name: string): string {
  const text = name
    .toLowerCase()
    .normalize('NFKD')
    .replace(/[ßæœøłđðþ]/g, (letter) => spelled[letter] ?? '')
    // An apostrophe does not split a word: "Joe's" is "joes".
    .replace(/[\p{M}'’]/gu, '')
    .replace(/[^a-z0-9]+/g, '-');
  return trimmed(text.replace(/^-/, ''), maxLength) || 'client';
}

/** The slug itself, then with `-2`, `-3`, … */
export function* slugsFrom(name: string): Generator<string, never> {
  const slug = slugOf(name);
  yield slug;
  for (let no = 2; ; no += 1) yield `${trimmed(slug, maxLength - `-${no}`.length)}-${no}`;
}

function trimmed(text: string, length: number): string {
  return text.slice(0, length).replace(/-+$/, '');
}
