/** Fetches a session ahead of the click, so that the click does not wait for it. */
import type { SessionAnswer } from '../server/contract.ts';
import { CallError } from './failure.ts';
import { type SessionApi, SessionGone } from './session-api.ts';
import { quiet } from './waiting.ts';

/** A session counts as stale this long before it expires, so that it does not expire on its way. */
const marginMs = 5000;

/** A refusal ahead of the click also answers a click within this time. */
const refusalStandsMs = 10_000;

export class SessionAhead {
  #api: () => SessionApi;
  #session: Promise<SessionAnswer> | null = null;
  /** Milliseconds since the epoch. */
  #until = 0;
  /** Fetching ahead has failed: it is not tried again before the visitor asks for a call. */
  #refused = false;

  /** @param api throws when there is no tenant to ask for */
  constructor(api: () => SessionApi) {
    this.#api = api;
  }

  /** Silent: errors show when the visitor asks for the call. */
  prepare(): void {
    if (this.#refused || (this.#session && Date.now() < this.#until)) return;
    try {
      const session = quiet(this.#api().openSession('?ahead=true'));
      this.#session = session;
      this.#until = Number.POSITIVE_INFINITY;
      session.then(
        ({ expiresAt }) => {
          if (this.#session === session) this.#until = Date.parse(expiresAt) - marginMs;
        },
        () => {
          if (this.#session !== session) return;
          this.#until = Date.now() + refusalStandsMs;
          this.#refused = true;
        },
      );
    } catch {
      // Without a tenant there is nothing to fetch.
    }
  }

  forget(): void {
    this.#session = null;
    this.#refused = false;
  }

  /** The one fetched ahead, or a fresh one. */
  take(api: SessionApi): Promise<SessionAnswer> {
    const session = Date.now() < this.#until ? this.#session : null;
    this.forget();
    if (!session) return api.openSession();
    return session.catch((error) => {
      // The server has just refused. Only a broken connection or too many sessions fetched ahead is worth a second
      // request: clicks are counted separately.
      if (error instanceof CallError && !/^(network|rate_limited)$/.test(error.failure.code)) throw error;
      return api.openSession();
    });
  }
}

/**
 * Sends with the given session, and once more with a fresh one if the server no longer accepts it. A request refused
 * for that reason has started nothing.
 */
export async function withSession<Answer>(
  api: SessionApi,
  session: string,
  send: (session: string) => Promise<Answer>,
): Promise<Answer> {
  try {
    return await send(session);
  } catch (error) {
    if (!(error instanceof SessionGone)) throw error;
  }
  const fresh = await api.openSession();
  return send(fresh.session).catch((error) => {
    throw error instanceof SessionGone ? new CallError('server_error', 'a fresh session was refused') : error;
  });
}
