/** The address of a list of clients, so that a search or an order can be shared and the browser's Back works. Pure. */
import type { ClientSort } from '../../contract.ts';

/** As in the address: the server checks the values. */
export type ListAddress = Partial<Record<(typeof names)[number], string>>;
const names = ['search', 'filter', 'sort', 'order', 'cursor'] as const;

/** @param query the part behind the question mark */
export function listAddress(query: string): ListAddress {
  const given = new URLSearchParams(query);
  return Object.fromEntries(names.flatMap((name) => (given.get(name) ? [[name, given.get(name)]] : [])));
}

export function clientsHash(address: ListAddress): string {
  const query = new URLSearchParams(names.flatMap((name) => (address[name] ? [[name, address[name]]] : [])));
  return query.size === 0 ? '#/clients' : `#/clients?${query}`;
}

/** The address that sorts by a column, the other way if it already does, from the first page; and how it is sorted now. */
export function sortedBy(
  { cursor: _cursor, ...address }: ListAddress,
  sort: ClientSort,
): { hash: string; direction: 'ascending' | 'descending' | undefined } {
  const usual = sort === 'name' ? 'asc' : 'desc';
  const isNow = (address.sort ?? 'name') === sort;
  const now = isNow ? (address.order ?? usual) : undefined;
  const next = now === undefined ? usual : now === 'asc' ? 'desc' : 'asc';
  const { order: _order, ...rest } = address;
  return {
    hash: clientsHash({ ...rest, sort, ...(next === usual ? {} : { order: next }) }),
    direction: now === undefined ? undefined : now === 'asc' ? 'ascending' : 'descending',
  };
}
