/** @returns the known word that `word` was probably meant to be: a third of its letters may differ; null when none is */
export function nearest(word: string, known: string[]): string | null {
  let best = Math.ceil(word.length / 3) + 1;
  let found: string | null = null;
  for (const other of known) {
    const far = distance(word, other);
    if (far < best) [best, found] = [far, other];
  }
  return found;
}

/** How many letters must be inserted, removed, replaced, or swapped with the next one. */
function distance(one: string, other: string): number {
  const rows = [Array.from({ length: other.length + 1 }, (_, index) => index)];
  const at = (row: number, column: number) => rows[row]?.[column] ?? Infinity;
  for (let row = 1; row <= one.length; row += 1) {
    rows[row] = [row];
    for (let column = 1; column <= other.length; column += 1) {
      const same = one[row - 1] === other[column - 1];
      const swapped = one[row - 1] === other[column - 2] && one[row - 2] === other[column - 1];
      rows[row]?.push(
        Math.min(
          at(row - 1, column - 1) + (same ? 0 : 1),
          at(row - 1, column) + 1,
          at(row, column - 1) + 1,
          swapped ? at(row - 2, column - 2) + 1 : Infinity,
        ),
      );
    }
  }
  return at(one.length, other.length);
}

/** The end of a message that names what was not found; empty when nothing is near. */
export function didYouMean(like: string | null | undefined, quoted = (name: string) => `“${name}”`): string {
  return like ? ` Did you mean ${quoted(like)}?` : '';
}
