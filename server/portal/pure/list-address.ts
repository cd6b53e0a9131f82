/** A list's filters, order and page as a part of its address, so that it can be shared and Back works. Pure. */

export type ListAddress<Name extends string> = Partial<Record<Name, string>>;

/** @param query the part of the address behind the question mark @param names of what the list has; others are left out */
export function readList<Name extends string>(query: string, names: readonly Name[]): ListAddress<Name> {
  const given = new URLSearchParams(query);
  const found = names.flatMap((name) => (given.get(name) ? [[name, given.get(name)]] : []));
  return Object.fromEntries(found) as ListAddress<Name>;
}

/** @param start of the list: `#/calls` */
export function listHash(start: string, address: Record<string, string | undefined>): string {
  const query = queryOf(address);
  return query === '' ? start : `${start}?${query}`;
}

/** As a query for the server, too. */
export function queryOf(address: Record<string, string | undefined>): string {
  return String(
    new URLSearchParams(Object.entries(address).flatMap(([name, value]) => (value ? [[name, value]] : []))),
  );
}
