/** What waits, by whose it is: owners take turns, so that one with much waiting delays no other by more than one turn. */

export interface Turns<Item> {
  add(owner: string, item: Item): void;
  /** @returns the next owner's oldest item; undefined when nothing waits */
  take(): Item | undefined;
  /** Takes all of which this holds, whosever turn it is. */
  takeAll(isTaken: (item: Item) => boolean): Item[];
}

export function createTurns<Item>(): Turns<Item> {
  /** Never empty lists; the first owner is next. */
  const waiting = new Map<string, Item[]>();
  return {
    add(owner, item) {
      const items = waiting.get(owner);
      if (items) items.push(item);
      else waiting.set(owner, [item]);
    },
    take() {
      for (const [owner, items] of waiting) {
        const item = items.shift();
        waiting.delete(owner);
        if (items.length > 0) waiting.set(owner, items);
        return item;
      }
      return undefined;
    },
    takeAll(isTaken) {
      const taken: Item[] = [];
      for (const [owner, items] of [...waiting]) {
        taken.push(...items.filter(isTaken));
        const left = items.filter((item) => !isTaken(item));
        if (left.length > 0) waiting.set(owner, left);
        else waiting.delete(owner);
      }
      return taken;
    },
  };
}
