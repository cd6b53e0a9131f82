/** Tells a worker of this process that there is something to do, so that it need not wait until it looks again. */
export interface Doorbell {
  /** Heard by whoever waits, or by the next who does. */
  ring(): void;
  /** Ends at a ring, or after `ms` milliseconds. For one waiter. */
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
