/** A small pseudo-random number generator (xorshift32): the same seed gives the same demo on every machine. */
export class Random {
  #state: number;

  /** @param seed any integer but 0 */
  constructor(seed: number) {
    this.#state = seed | 0;
  }

  /** From 0 inclusive to 1 exclusive. */
  next(): number {
    this.#state ^= this.#state << 13;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    return (this.#state >>> 0) / 2 ** 32;
  }

  /** An integer, both ends included. */
  between(least: number, most: number): number {
    return least + Math.floor(this.next() * (most - least + 1));
  }
}
