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
  return html`<div class="scroll" @click=${openRow}>
    <table>
      <caption class="unseen">${caption}</caption>
      <thead><tr>${heads.map(head)}</tr></thead>
      <tbody>${rows}</tbody>
    </table>
  </div>`;
}

/** A press anywhere on a row opens it, if its head is a link with `data-row`; the link itself is for the keyboard. */
function openRow(event: MouseEvent): void {
  const target = event.target as HTMLElement;
  const isUsed =
    event.defaultPrevented ||
    event.button !== 0 ||
    target.closest('a, button, input, select, summary, label');
  // Someone who selects a text in the row does not want to leave it.
  if (isUsed || getSelection()?.toString()) return;
  const link = target.closest('tr')?.querySelector<HTMLAnchorElement>('a[data-row]');
  if (!link) return;
  if (event.metaKey || event.ctrlKey) open(link.href, '_blank', 'noopener');
  else link.click();
}
