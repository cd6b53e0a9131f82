/**
 * Rough limits in front of everything, per visitor network, so that a flood costs little. They are kept in memory: each
 * process counts for itself. What a tenant may spend is decided by the store, not here.
 */
import type { RequestHandler } from 'express';
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import type { VisitorLimits } from '../../config.ts';
import { ApiError } from '../../errors.ts';
import { networkOf, networksPerSite, siteOf } from './visitor-network.ts';

export interface FrontLimits {
  /** Counts one; refuses with `rate_limited` when there were too many. */
  widget: RequestHandler;
  /**
   * A session, or the challenge before it. Those fetched ahead of a click (`?ahead=true`) are counted apart, so that many
   * visitors behind one address who only point at the button leave enough for the one who clicks.
   */
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

/** Failures per network and minute. */
const failuresPerMinute = 30;
/** Points per client's key or sign-in and minute. */
const readsPerMinute = 300;
const burst = { refusals: 50, seconds: 600 };

/** @param perMinute requests per network; those of an IPv6 /48 together get `networksPerSite` times as many */
export function createFrontLimits(perMinute: VisitorLimits): FrontLimits {
  const limiter = (points: number, duration = 60) => new RateLimiterMemory({ points, duration });
  const perNetwork = (points: number) => {
    const ofNetwork = limiter(points);
    const ofSite = limiter(points * networksPerSite);
    return async (address: string | undefined): Promise<void> => {
      await consume(ofNetwork, networkOf(address));
      const site = siteOf(address);
      if (site) await consume(ofSite, site);
    };
  };
  const handler = (count: (address: string | undefined) => Promise<void>): RequestHandler => {
    return async (req, _res, next) => {
      await count(req.ip);
      next();
    };
  };
  const ahead = handler(perNetwork(perMinute.ahead));
  const sessions = handler(perNetwork(perMinute.sessions));
  const reads = limiter(readsPerMinute);
  const refusals = limiter(burst.refusals, burst.seconds);
  return {
    widget: handler(perNetwork(perMinute.ahead)),
    sessions: (req, res, next) => (req.query.ahead === 'true' ? ahead : sessions)(req, res, next),
    calls: handler(perNetwork(perMinute.starts)),
    failedAuth: perNetwork(failuresPerMinute),
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
