/**
 * Work on rows that are due, several at a time. The places are shared out by tenant, so that one whose server hangs, or
 * whose work fails, does not delay another's.
 */
import type { Logger } from 'pino';
import { createDeliveryPlaces } from './delivery-places.ts';
import { createDoorbell, type Doorbell } from './doorbell.ts';
import { logFailure, type Worker } from './worker.ts';

export interface SharedWork<Row> {
  /** How many rows are worked on at the same time. */
  atOnce: number;
  /** How many of them one tenant's may be; default half. One keeps a tenant's rows in their order. */
  each?: number;
  /** How long to wait when nothing is due, in milliseconds. */
  pauseMs: number;
  /** Rung when there is work. */
  bell?: Doorbell;
  /**
   * Takes the next row that is due, so that no other process takes it.
   * @param closedTo tenants whose rows are left for later
   */
  takeDue(closedTo: string[]): Promise<Row | null>;
  /** @returns whether it was done; null when that says nothing about the tenant's server */
  work(row: Row): Promise<boolean | null>;
}

/** Runs until it is stopped; a stop waits for the rows in progress. */
export function startSharedWorker<Row extends { tenantId: string }>(
  log: Logger,
  { atOnce, each, pauseMs, bell = createDoorbell(), takeDue, work }: SharedWork<Row>,
): Worker {
  const places = createDeliveryPlaces(atOnce, each);
  const underWay = new Set<Promise<void>>();
  let stopped = false;
  const failed = (error: unknown) => {
    logFailure(log, error);
    return null;
  };
  const loop = async () => {
    while (!stopped) {
      const row = places.isFull() ? null : await takeDue(places.closedTo()).catch(failed);
      if (!row) {
        await bell.wait(pauseMs);
        continue;
      }
      places.take(row.tenantId);
      const one = work(row)
        .catch(failed)
        .then((done) => {
          places.give(row.tenantId, done);
          underWay.delete(one);
          bell.ring();
        });
      underWay.add(one);
    }
    await Promise.all(underWay);
  };
  const finished = loop();
  return {
    stop() {
      stopped = true;
      bell.ring();
      return finished;
    },
  };
}
