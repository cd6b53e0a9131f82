/** Signals a worker of this process that there is work, so that it need not wait for its next check. */
export interface Doorbell {
  /** Wakes the current waiter, or the next one. */
  ring(): void;
  /** Resolves at a ring, or after `ms` milliseconds. For one waiter. */
  wait(ms: number): Promise<void>;
}

export function createDoorbell(): Doorbell {
  let rung = false;
  let answer: (() => void) | null = null;
  return {
    ring() {
      rung = true;
      answer?.();
    },
    async wait(ms) {
      if (!rung) {
        await new Promise<void>((resolve) => {
          const timer = setTimeout(resolve, ms);
          answer = () => {
            clearTimeout(timer);
            resolve();
          };
        });
      }
      rung = false;
      answer = null;
    },
  };
}
