/**
 * Every request of the element to our server, and nothing else.
 *
 * Bodies are JSON sent as `text/plain`: that keeps each of them a simple request, so the way from click to call needs
 * no CORS preflight. No cookies go along.
 */
import type { Grant, Problem, SessionAnswer, VariableValues, WidgetConfig } from '../server/contract.ts';
import { CallError, failureOfServer } from './failure.ts';

/** Creating a call includes a request of the server to Vapi. */
const timeoutMs = 20_000;

export interface SessionApi {
  /** `GET /v1/widget/{tenant}` */
  widgetConfig(): Promise<WidgetConfig>;
  /** `POST /v1/sessions` */
  openSession(): Promise<SessionAnswer>;
  /** `POST /v1/calls`; throws {@link SessionGone} when another session is needed. */
  createCall(session: string, variableValues: VariableValues): Promise<Grant>;
  /** `POST /v1/calls/{callId}/end`; never rejects. As a beacon it survives the page. */
  endCall(callId: string, token: string, how: 'fetch' | 'beacon'): Promise<void>;
}

/** The session was used or has expired, which a wrong clock can hide from us: a fresh one will do. */
export class SessionGone extends Error {}

/**
 * @param server base URL of our server, with or without a slash at the end.
 * Every method but `endCall` rejects with a {@link CallError} that says what the visitor can do.
 */
export function createSessionApi(server: string, tenant: string): SessionApi {
  const url = (path: string): string => `${server.replace(/\/$/, '')}/v1/${path}`;

  async function request<Answer>(path: string, body?: object): Promise<Answer> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(url(path), {
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
        credentials: 'omit',
        signal: AbortSignal.timeout(timeoutMs),
      });
      answer = await response.json().catch(() => null);
    } catch (error) {
      throw new CallError('network', `${url(path)}: ${error}`);
    }
    if (response.ok && answer) return answer as Answer;
    const problem = answer as Partial<Problem> | null;
    if (problem?.code === 'session_expired' || problem?.code === 'session_used') throw new SessionGone();
    const retryAfter = Number(response.headers.get('retry-after') ?? Number.NaN);
    throw new CallError(
      failureOfServer(problem?.code),
      problem?.detail ?? `${url(path)} answered ${response.status}`,
      Number.isFinite(retryAfter) ? retryAfter : null,
    );
  }

  return {
    widgetConfig: () => request(`widget/${encodeURIComponent(tenant)}`),
    openSession: () => request('sessions', { tenant }),
    createCall: (session, variableValues) =>
      request('calls', { session, ...(Object.keys(variableValues).length > 0 && { variableValues }) }),
    async endCall(callId, token, how) {
      const address = url(`calls/${encodeURIComponent(callId)}/end`);
      const body = JSON.stringify({ token });
      if (how === 'beacon' && navigator.sendBeacon(address, body)) return;
      // Nothing to do about a failure: the call's own limits end it, and the visitor has left it anyway.
      await fetch(address, { method: 'POST', body, keepalive: true, credentials: 'omit' }).catch(() => {});
    },
  };
}
