/** The button that appends the next page of a list. */
import { html } from 'lit';
import { say } from '../language/words.ts';
import { atCursor, get, type Page } from './api.ts';
import type { Resource } from './resource.ts';
import type { Work } from './work.ts';

/** @param path of the list, without a cursor @param name of its rows in the answer */
export function showMore<Name extends string, Row, List extends Page<Name, Row>>(
  list: Resource<List>,
  name: Name,
  path: string,
  work: Work,
) {
  const load = () =>
    work.do(async () => {
      const shown = list.data;
      if (!shown || shown.nextCursor === null) return;
      const next = await get<List>(atCursor(path, shown.nextCursor));
      // Another list may have been loaded in the meantime.
      if (shown === list.data) list.data = { ...shown, ...next, [name]: [...shown[name], ...next[name]] };
    });
  return html`<button @click=${load} aria-disabled=${work.isBusy}>${say('showMore')}</button>`;
}
