/** A table that scrolls sideways where it does not fit. */
import { html, nothing, type TemplateResult } from 'lit';

export type Head =
  | string
  | TemplateResult
  | readonly [text: string | TemplateResult, look: string, sorted?: 'ascending' | 'descending' | undefined];

/** @param caption for screen readers @param heads of the columns, with a class if any; false = left out @param rows `tr` elements */
export function table(caption: string, heads: (Head | false)[], rows: TemplateResult | TemplateResult[]) {
  const head = (one: Head | false) => {
    if (one === false) return '';
    const [text, look, sorted = nothing] = Array.isArray(one) ? one : [one, ''];
    return html`<th scope="col" class=${look} aria-sort=${sorted}>${text}</th>`;
  };
  return html`<div class="scroll">
    <table>
      <caption class="unseen">${caption}</caption>
      <thead><tr>${heads.map(head)}</tr></thead>
      <tbody>${rows}</tbody>
    </table>
  </div>`;
}
