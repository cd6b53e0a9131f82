/** Filters of a list of calls by how they ended and what they achieved; their names are those of the address. */
import { html } from 'lit';
import { endedWords } from '../pure/format.ts';
import type { ListAddress } from '../pure/list-address.ts';

export const resultFilterNames = [
  'endedClass',
  'outcome',
  'success',
  'rating',
  'language',
  'minSeconds',
] as const;

const yesNo: [string, string][] = [
  ['yes', 'Yes'],
  ['no', 'No'],
];

/** A choice in a row of filters, after one that filters nothing. */
export function filterSelect(name: string, label: string, all: [string, string][], chosen = '') {
  return html`<label>${label}<select name=${name}>
    ${[['', 'All'] as const, ...all].map(([value, text]) => html`<option value=${value} .selected=${value === chosen}>${text}</option>`)}
  </select></label>`;
}

/** @param hasResults whether the reader sees what calls achieved */
export function resultFilterFields(
  address: ListAddress<(typeof resultFilterNames)[number]>,
  hasResults: boolean,
) {
  return html`${filterSelect('endedClass', 'Ended as', Object.entries(endedWords), address.endedClass)}
    ${hasResults ? filterSelect('outcome', 'Outcome', yesNo, address.outcome) : ''}
    ${hasResults ? filterSelect('success', 'Success', yesNo, address.success) : ''}
    ${filterSelect(
      ...(['rating', 'Rating'] as const),
      [
        ['good', 'Good'],
        ['bad', 'Bad'],
      ],
      address.rating,
    )}
    ${hasResults ? html`<label>Language<input name="language" size="6" maxlength="30" placeholder="de" spellcheck="false" .value=${address.language ?? ''}></label>` : ''}
    <label>Seconds from<input name="minSeconds" inputmode="numeric" size="6" maxlength="6" .value=${address.minSeconds ?? ''}></label>`;
}

/** What is entered in fields with these names; an empty one is undefined. */
export function enteredIn<Name extends string>(root: ParentNode, names: readonly Name[]): ListAddress<Name> {
  const entered = names.flatMap((name) => {
    const text = root.querySelector<HTMLInputElement>(`[name="${name}"]`)?.value.trim();
    return text ? [[name, text]] : [];
  });
  return Object.fromEntries(entered) as ListAddress<Name>;
}
