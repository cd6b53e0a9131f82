/** Filters of a list of calls by how they ended and what they achieved; their names are those of the address. */
import { html } from 'lit';
import { say } from '../language/words.ts';
import { endedClasses, endedWord } from '../pure/format.ts';
import type { ListAddress } from '../pure/list-address.ts';

export const resultFilterNames = [
  'endedClass',
  'outcome',
  'success',
  'rating',
  'language',
  'minSeconds',
] as const;

const yesNo = (): [string, string][] => [
  ['yes', say('yes')],
  ['no', say('no')],
];

/** A choice in a row of filters, after one that filters nothing. */
export function filterSelect(name: string, label: string, all: [string, string][], chosen = '') {
  return html`<label>${label}<select name=${name}>
    ${[['', say('all')] as const, ...all].map(([value, text]) => html`<option value=${value} .selected=${value === chosen}>${text}</option>`)}
  </select></label>`;
}

/** @param hasResults whether the reader sees what calls achieved */
export function resultFilterFields(
  address: ListAddress<(typeof resultFilterNames)[number]>,
  hasResults: boolean,
) {
  return html`${filterSelect(
    'endedClass',
    say('endedAs'),
    endedClasses.map((one) => [one, endedWord(one)]),
    address.endedClass,
  )}
    ${hasResults ? filterSelect('outcome', say('outcome'), yesNo(), address.outcome) : ''}
    ${hasResults ? filterSelect('success', say('success'), yesNo(), address.success) : ''}
    ${filterSelect(
      ...(['rating', say('rating')] as const),
      [
        ['good', say('good')],
        ['bad', say('bad')],
      ],
      address.rating,
    )}
    ${hasResults ? html`<label>${say('language')}<input name="language" size="6" maxlength="30" placeholder="de" spellcheck="false" .value=${address.language ?? ''}></label>` : ''}
    <label>${say('secondsFrom')}<input name="minSeconds" inputmode="numeric" size="6" maxlength="6" .value=${address.minSeconds ?? ''}></label>`;
}

/** What is entered in fields with these names; an empty one is undefined. */
export function enteredIn<Name extends string>(root: ParentNode, names: readonly Name[]): ListAddress<Name> {
  const entered = names.flatMap((name) => {
    const text = root.querySelector<HTMLInputElement>(`[name="${name}"]`)?.value.trim();
    return text ? [[name, text]] : [];
  });
  return Object.fromEntries(entered) as ListAddress<Name>;
}
