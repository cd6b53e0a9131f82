/**
 * Rough limits in front of everything, per visitor network, so that a flood costs little. They are kept in memory: each
 * process counts for itself. What a tenant may spend is decided by the store, not here.
 */
import type { RequestHandler } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { ApiError } from '../errors.ts';
import { networkOf } from './visitor-network.ts';

export interface FrontLimits {
  /** Counts one; refuses with `rate_limited` when there were too many. */
  widget: RequestHandler;
  sessions: RequestHandler;
  calls: RequestHandler;
  /**
   * Counts a failed proof of identity (a key, a link, a webhook's secret); throws `rate_limited` where a network fails
   * too often. To be asked after the proof has failed and never before it: whoever has the right one must not be locked
   * out by whoever has not, and guessing 128 bits or more gains nothing by it.
   */
  failedAuth(address: string | undefined): Promise<void>;
  /**
   * Counts what a client reads, per key or sign-in; refuses with `rate_limited` when it is too much.
   * @param points 1 for what is simply there; more for what has to be computed
   */
  clientRead(actor: string, points: number): Promise<void>;
  /** Tells once, with the refusals that make it so, when a tenant's pages have been refused often within ten minutes. */
  isRefusalBurst(tenantId: string, more: number): Promise<boolean>;
}

/** Requests per network and minute. */
const perMinute = { widget: 240, sessions: 60, calls: 60, failedAuth: 30 };
/** Points per client's key or sign-in and minute. */
const readsPerMinute = 300;
const burst = { refusals: 50, seconds: 600 };

export function createFrontLimits(): FrontLimits {
  const limiter = (points: number, duration = 60) => new RateLimiterMemory({ points, duration });
  const handler = (points: number): RequestHandler => {
    const counter = limiter(points);
    return async (req, _res, next) => {
      await consume(counter, networkOf(req.ip));
      next();
    };
  };
  const failures = limiter(perMinute.failedAuth);
  const reads = limiter(readsPerMinute);
  const refusals = limiter(burst.refusals, burst.seconds);
  return {
    widget: handler(perMinute.widget),
    sessions: handler(perMinute.sessions),
    calls: handler(perMinute.calls),
    failedAuth: (address) => consume(failures, networkOf(address)),
    clientRead: (actor, points) => consume(reads, actor, points),
    async isRefusalBurst(tenantId, more) {
      const { consumedPoints } = await refusals.penalty(tenantId, more);
      return consumedPoints >= burst.refusals && consumedPoints - more < burst.refusals;
    },
  };
}

async function consume(counter: RateLimiterMemory, key: string, points = 1): Promise<void> {
  try {
    await counter.consume(key, points);
  } catch (state) {
    if (state instanceof RateLimiterRes) throw tooMany(state);
    throw state;
  }
}

function tooMany(state: RateLimiterRes): ApiError {
  return new ApiError('rate_limited', { retryAfter: Math.max(1, Math.ceil(state.msBeforeNext / 1000)) });
}
