/** Timers that can all be cancelled at once, so that a closed emulator keeps no process alive. */
export class Timers {
  #pending = new Set<NodeJS.Timeout>();

  /** Runs `action` after `ms`; the returned function cancels it. */
  after(ms: number, action: () => void): () => void {
    const timer = setTimeout(() => {
      this.#pending.delete(timer);
      action();
    }, ms);
    this.#pending.add(timer);
    return () => {
      clearTimeout(timer);
      this.#pending.delete(timer);
    };
  }

  /** Resolves after `ms`; never, if `clear()` comes first: waiting code is then dropped. */
  wait(ms: number): Promise<void> {
    return new Promise((resolve) => this.after(ms, resolve));
  }

  clear(): void {
    for (const timer of this.#pending) clearTimeout(timer);
    this.#pending.clear();
  }
}
