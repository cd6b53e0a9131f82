/** The part of the address after the hash: which view, and which of its lists. Pure. */

export interface Address {
  /** Split at slashes. */
  route: string[];
  /** Behind the question mark; only lists have one. */
  query: string;
}

/** @param hash with or without `#` */
export function addressIn(hash: string): Address {
  const [path = '', query = ''] = hash.replace(/^#?\/?/, '').split(/\?(.*)/s);
  return { route: path.split('/').filter(Boolean).map(decode), query };
}

/** A broken escape is shown as it is: the address may have been cut where it was pasted. */
function decode(piece: string): string {
  try {
    return decodeURIComponent(piece);
  } catch {
    return piece;
  }
}

/** Where an operator's address of an earlier version leads now; null if it is current. */
export function movedTo({ route: [view = '', ...rest], query }: Address): string | null {
  if (view === '' && query !== '') return `#/clients?${query}`;
  if (view === 'agency' && rest.length === 0) return '#/settings';
  return null;
}
