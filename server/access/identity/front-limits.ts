/**
 * Coarse limits in front of everything, per visitor network, so that a flood costs little. What a tenant may spend is
 * decided by the store, not here.
 */
import type { RequestHandler } from 'express';
import { RateLimiterRes } from 'rate-limiter-flexible';
import type { VisitorLimits } from '../../config.ts';
import { ApiError } from '../../errors.ts';
import type { Counter, Counters } from './counters.ts';
import { networkOf, networksPerSite, siteOf } from './visitor-network.ts';

export interface FrontLimits {
  /** Counts a request; refuses with `rate_limited` when there were too many. */
  widget: RequestHandler;
  /**
   * A session, or the challenge before it. Those fetched ahead of a click (`?ahead=true`) are counted separately, so that
   * many visitors behind one address who only point at the button leave enough for the one who clicks.
   */
  sessions: RequestHandler;
  calls: RequestHandler;
  /**
   * Counts failed authentication (a key, a link, a webhook's secret); throws `rate_limited` when a network fails too
   * often. Call it only after authentication has failed: a caller with valid credentials is never locked out by someone
   * else's failures, and guessing 128 bits or more gains nothing from that.
   */
  failedAuth(address: string | undefined): Promise<void>;
  /** A request for a link by e-mail; refuses with `rate_limited` when there were too many. */
  linkRequest(address: string | undefined): Promise<void>;
  /** The beginning of a sign-in that waits for the browser's answer; refuses with `rate_limited` as above. */
  attempt(address: string | undefined): Promise<void>;
  /**
   * Whether this e-mail address may be sent one more link; the answer to the request must not depend on it. Counted per
   * network first, so that a stranger's requests do not use up the person's own.
   */
  mayMailLink(email: string, address: string | undefined): Promise<boolean>;
  /** Whether this place may send this address one more invitation; counted apart, so that none takes a link's place. */
  mayMailInvitation(place: string, email: string): Promise<boolean>;
  /**
   * Counts a client's reads, per key or sign-in; refuses with `rate_limited` when there are too many.
   * @param points 1 for stored data; more for what has to be computed
   */
  clientRead(actor: string, points: number): Promise<void>;
  /** True once per burst: for the refusals with which a tenant's count within ten minutes reaches the limit. */
  isRefusalBurst(tenantId: string, more: number): Promise<boolean>;
}

/** Failures per network and minute. */
const failuresPerMinute = 30;
/** Points per client's key or sign-in and minute. */
const readsPerMinute = 300;
/**
 * Requests for a link per network and minute, and links per e-mail address and hour: that one network, and that all of
 * them, may have sent.
 */
const linkRequests = { perMinute: 10, perHour: 6, ofAllPerHour: 30 };
/** Sign-ins that begin, per network and minute: an office of people, but no flood of rows. */
const attemptsPerMinute = 60;
/** E-mails with an invitation per place and day: revoking one makes room for another, but not for its e-mail. */
const invitationsPerDay = 200;
const burst = { refusals: 50, seconds: 600 };

/** @param perMinute requests per network; an IPv6 /48 as a whole gets `networksPerSite` times as many */
export function createFrontLimits(perMinute: VisitorLimits, counters: Counters): FrontLimits {
  const perNetwork = (name: string, points: number) => {
    const ofNetwork = counters.create(name, points, 60);
    const ofSite = counters.create(`${name}-site`, points * networksPerSite, 60);
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
  const ahead = handler(perNetwork('ahead', perMinute.ahead));
  const sessions = handler(perNetwork('sessions', perMinute.sessions));
  const reads = counters.create('reads', readsPerMinute, 60);
  const links = counters.create('network-links', linkRequests.perHour, 3600);
  const linksOfAll = counters.create('links', linkRequests.ofAllPerHour, 3600);
  const invitations = counters.create('invitations', linkRequests.perHour, 3600);
  const invitationsOfPlace = counters.create('place-invitations', invitationsPerDay, 86_400);
  const refusals = counters.create('refusals', burst.refusals, burst.seconds);
  return {
    widget: handler(perNetwork('widget', perMinute.ahead)),
    sessions: (req, res, next) => (req.query.ahead === 'true' ? ahead : sessions)(req, res, next),
    calls: handler(perNetwork('starts', perMinute.starts)),
    failedAuth: perNetwork('failures', failuresPerMinute),
    linkRequest: perNetwork('link-requests', linkRequests.perMinute),
    attempt: perNetwork('sign-in-attempts', attemptsPerMinute),
    mayMailLink: async (email, address) =>
      (await isWithin(links, `${networkOf(address)} ${email}`)) && isWithin(linksOfAll, email),
    mayMailInvitation: async (place, email) =>
      (await isWithin(invitations, email)) && isWithin(invitationsOfPlace, place),
    clientRead: (actor, points) => consume(reads, actor, points),
    async isRefusalBurst(tenantId, more) {
      const { consumedPoints } = await refusals.penalty(tenantId, more);
      return consumedPoints >= burst.refusals && consumedPoints - more < burst.refusals;
    },
  };
}

async function consume(counter: Counter, key: string, points = 1): Promise<void> {
  try {
    await counter.consume(key, points);
  } catch (state) {
    if (state instanceof RateLimiterRes) throw tooMany(state);
    throw state;
  }
}

const isWithin = (counter: Counter, key: string): Promise<boolean> =>
  consume(counter, key).then(
    () => true,
    () => false,
  );

function tooMany(state: RateLimiterRes): ApiError {
  return new ApiError('rate_limited', { retryAfter: Math.max(1, Math.ceil(state.msBeforeNext / 1000)) });
}
