/** What the lists of all calls and all invoices share: their order and their page are in the address. */
import { html, type TemplateResult } from 'lit';
import { type ListAddress, listHash } from '../pure/list-address.ts';
import type { Head } from './table.ts';

type Address = ListAddress<'sort' | 'order' | 'cursor'>;

/**
 * A column by which the list can be sorted: the first press from the largest, the second from the smallest.
 * @param start the list's address without its filters, such as `#/invoices`
 * @param sort by time is the order of an address that names none
 */
export function sortHead(start: string, address: Address, sort: string, label: string, look: string): Head {
  const { cursor: _cursor, sort: now = 'time', order = 'desc', ...rest } = address;
  const isNow = now === sort;
  const next = isNow && order === 'desc' ? 'asc' : undefined;
  const href = listHash(start, { ...rest, sort: sort === 'time' ? undefined : sort, order: next });
  const link = html`<a href=${href}>${label}</a>${isNow ? (order === 'asc' ? ' ↑' : ' ↓') : ''}`;
  return [link, look, isNow ? (order === 'asc' ? 'ascending' : 'descending') : undefined];
}

/** Nothing for a list of one page. */
export function pageLinks(
  start: string,
  { cursor, ...first }: Address,
  nextCursor: string | null,
): TemplateResult | string {
  if (!cursor && nextCursor === null) return '';
  return html`<nav class="row" aria-label="Pages">
    ${cursor ? html`<a class="button" href=${listHash(start, first)}>First page</a>` : ''}
    ${nextCursor === null ? '' : html`<a class="button" href=${listHash(start, { ...first, cursor: nextCursor })}>Next page</a>`}
  </nav>`;
}
