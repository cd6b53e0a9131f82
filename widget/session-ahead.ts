/** A session that is fetched ahead of the click, so that the click does not wait for it. */
import type { SessionAnswer } from '../server/contract.ts';
import { CallError } from './failure.ts';
import { type SessionApi, SessionGone } from './session-api.ts';
import { quiet } from './waiting.ts';

/** A session counts as stale this long before it expires, so that it is not refused on its way. */
const marginMs = 5000;

/** A refusal ahead of the click answers a click that follows this soon. */
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

  /** Silent: whatever is wrong shows when the visitor asks for the call. */
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

  /** The one that was fetched ahead, or a fresh one. */
  take(api: SessionApi): Promise<SessionAnswer> {
    const session = Date.now() < this.#until ? this.#session : null;
    this.forget();
    if (!session) return api.openSession();
    return session.catch((error) => {
      // The server has just said no; worth a second request is only a broken connection, and that too many have fetched
      // ahead: a click is counted apart.
      if (error instanceof CallError && !/^(network|rate_limited)$/.test(error.failure.code)) throw error;
      return api.openSession();
    });
  }
}

/**
 * Sends with the session at hand and, when the server no longer accepts that one, once more with a fresh one. Nothing has
 * been started by a request that was refused so.
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
