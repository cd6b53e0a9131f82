/** Work beside the requests: repeated, one piece at a time, until it is stopped. */
import type { Logger } from 'pino';
import { StoreUnavailable } from './store-unavailable.ts';

export interface Worker {
  /** Resolves after the current piece of work. */
  stop(): Promise<void>;
}

/**
 * @param work one piece; returns whether there is more to do right away
 * @param pauseMs how long to wait when there is not, and after a failure
 */
export function startWorker(
  log: Logger,
  pauseMs: number,
  work: (isStopped: () => boolean) => Promise<boolean>,
): Worker {
  let stopped = false;
  let wake: () => void = () => {};
  const isStopped = () => stopped;
  const loop = async () => {
    while (!stopped) {
      const more = await work(isStopped).catch((error: unknown) => {
        logFailure(log, error);
        return false;
      });
      if (more || stopped) continue;
      await new Promise<void>((resolve) => {
        const timer = setTimeout(resolve, pauseMs);
        wake = () => {
          clearTimeout(timer);
          resolve();
        };
      });
    }
  };
  const finished = loop();
  return {
    stop() {
      stopped = true;
      wake();
      return finished;
    },
  };
}

/** An unavailable database is logged once per outage, where it was noticed (`outage.ts`). */
export function logFailure(log: Logger, error: unknown): void {
  if (!(error instanceof StoreUnavailable)) log.error({ err: error }, 'background work failed');
}
