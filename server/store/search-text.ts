/** How names are searched and sorted: without case and accents, by rules that are the same on both engines. Pure. */

export function folded(text: string): string {
  return text.normalize('NFKD').replace(/\p{M}/gu, '').toLowerCase();
}

/** The tenant's `search_text`: what a search looks in, and the order of a list by name. */
export function searchTextOf({ name, slug }: { name: string; slug: string }): string {
  return `${folded(name)} ${slug}`;
}

/** A `like` pattern, with `\` as its escape, for texts that contain all of this. */
export function containing(text: string): string {
  return `%${folded(text).replace(/[\\%_]/g, '\\$&')}%`;
}
