/**
 * Where the front limits are counted: in this process, or in a Redis or Valkey that all processes share. When that store
 * is away or silent, each process counts for itself until it is back; a request never fails because of it.
 */
import { createHmac } from 'node:crypto';
import type { Logger } from 'pino';
import {
  type RateLimiterAbstract,
  RateLimiterMemory,
  RateLimiterRedis,
  type RateLimiterRes,
} from 'rate-limiter-flexible';
import type { DerivedKey } from '../../base/derived-keys.ts';
import { warnOncePerOutage } from '../../base/outage.ts';

export interface Counter {
  /** Rejects with a `RateLimiterRes` when there were too many. */
  consume(key: string, points: number): Promise<RateLimiterRes>;
  /** Counts without a limit. */
  penalty(key: string, points: number): Promise<RateLimiterRes>;
}

export interface Counters {
  /**
   * @param name the same in every process and version that shares the store
   * @param points within the duration
   * @param duration seconds, from a key's first point
   */
  create(name: string, points: number, duration: number): Counter;
  close(): Promise<void>;
}

export const localCounters: Counters = {
  create: (_name, points, duration) => new RateLimiterMemory({ points, duration }),
  close: async () => {},
};

/** An answer takes a fraction of a millisecond; a store that needs longer than this, in milliseconds, counts as away. */
const answerMs = 250;
const reconnectMs = 1000;

/**
 * @param url `redis://` or `rediss://`; it may contain a password
 * @param keys for the names of what is counted: no visitor's address leaves the process
 */
export async function sharedCounters(url: string, [key]: DerivedKey[], log: Logger): Promise<Counters> {
  if (!key) throw new Error('there is no key');
  // Only here: most servers have no such store, and loading it takes longer than the rest of this folder.
  const { Redis } = await import('ioredis');
  const client = new Redis(url, {
    connectTimeout: 5000,
    // The connection is given up with the first late answer, so that a silent store delays few requests.
    socketTimeout: answerMs,
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    retryStrategy: () => reconnectMs,
  });
  client.on('error', warnOncePerOutage(log, 'Redis is unavailable; this process counts for itself'));
  return {
    create(name, points, duration) {
      const shared: RateLimiterAbstract = new RateLimiterRedis({
        ...{ storeClient: client, keyPrefix: `vapi-agent:${name}`, points, duration },
        // What is refused already need not be asked for again.
        inMemoryBlockOnConsumed: points + 1,
        rejectIfRedisNotReady: true,
        insuranceLimiter: new RateLimiterMemory({ points, duration }),
      });
      const nameOf = (text: string) => createHmac('sha256', key.key).update(text).digest('base64url');
      return {
        consume: (text, more) => shared.consume(nameOf(text), more),
        penalty: (text, more) => shared.penalty(nameOf(text), more),
      };
    },
    async close() {
      client.disconnect();
    },
  };
}
