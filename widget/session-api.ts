/**
 * All requests from the element to our server, and nothing else.
 *
 * Bodies are JSON sent as `text/plain`, which keeps each a simple request: the way from click to call needs no CORS
 * preflight. No cookies are sent.
 */
import type { Challenge } from 'altcha-lib';
import type {
  CallRequest,
  ChatRequest,
  FeedbackRequest,
  Grant,
  LeadRequest,
  Problem,
  SessionAnswer,
  SessionRequest,
  VariableValues,
  WidgetConfig,
} from '../server/contract.ts';
import { CallError, failureOfServer } from './failure.ts';
import { lazy } from './lazy.ts';

/** Creating a call includes our server's request to Vapi. */
const timeoutMs = 20_000;
/** A written answer arrives word by word. */
const answerTimeoutMs = 120_000;

export interface SessionApi {
  /** `GET /v1/widget/{tenant}` @param isFresh past any cache */
  widgetConfig(isFresh?: boolean): Promise<WidgetConfig>;
  /**
   * `POST /v1/sessions`, with a solved challenge if the tenant requires it. @param query `?ahead=true` ahead of a click
   */
  openSession(query?: string): Promise<SessionAnswer>;
  /** `POST /v1/calls`; throws {@link SessionGone} when another session is needed. */
  createCall(session: string, variableValues: VariableValues): Promise<Grant>;
  /** `POST /v1/calls/{callId}/end`; never rejects. As a beacon it survives the page. */
  endCall(callId: string, token: string, how: 'fetch' | 'beacon'): Promise<void>;
  /** `POST /v1/calls/{callId}/leave` as a beacon: the visitor goes to another page, `page` is its index. */
  leaveCall(callId: string, token: string, page: number): void;
  /** `POST /v1/calls/{callId}/rejoin`; false when the call cannot be continued. Never rejects. */
  rejoinCall(callId: string, token: string, page: number): Promise<boolean>;
  /** `POST /v1/chats`; `read` gets a good answer as a stream. Throws {@link SessionGone} if it needs a session. */
  chat(message: ChatRequest, read: (response: Response) => Promise<void>): Promise<void>;
  /** `POST /v1/{path}`, for parts that are loaded later. */
  request(path: 'leads', body: LeadRequest): Promise<void>;
  /** The solution of the challenge that the settings demand. @param query as of {@link openSession} */
  solved(config: WidgetConfig, query: string): Promise<string>;
  /** `POST /v1/calls/{callId}/feedback` */
  sendFeedback(callId: string, feedback: FeedbackRequest): Promise<void>;
}

/** The session was used or has expired, which a wrong clock can hide from us: a fresh one works. */
export class SessionGone extends Error {}

/** The tenant requires a solved challenge, which is unknown until its settings have arrived. */
class ChallengeNeeded extends Error {}

/**
 * @param server base URL of our server, with or without a slash at the end.
 * @param who the tenant, and the assistant if it is not the tenant's main one
 * @param known the tenant's settings as far as they are loaded: they save a refused request, and name the consent that
 *   was given before anything was started.
 * @param identity who the visitor is, as the site has signed it when a call or conversation is started
 * Unless noted otherwise, every method rejects with a {@link CallError} that says what the visitor can do.
 */
export function createSessionApi(
  server: string,
  who: Pick<SessionRequest, 'tenant' | 'assistant'>,
  known: () => WidgetConfig | null = () => null,
  identity?: () => string | null,
): SessionApi {
  const base = server.replace(/\/$/, '');
  const url = (path: string): string => `${base}/v1/${path}`;

  // JSON omits undefined values.
  const consent = (): Pick<CallRequest, 'consent' | 'identity'> => ({
    consent: known()?.consent?.version,
    identity: identity?.() || undefined,
  });
  const request = <Answer>(path: string, body?: object): Promise<Answer> => ask(url(path), body);
  const widgetConfig = (isFresh = false): Promise<WidgetConfig> =>
    ask(
      url(`widget/${encodeURIComponent(who.tenant)}`),
      undefined,
      undefined,
      isFresh ? 'reload' : 'default',
    );

  async function ask<Answer>(
    address: string,
    body?: object,
    read?: (response: Response) => Promise<Answer>,
    cache: RequestCache = 'default',
  ): Promise<Answer> {
    let response: Response;
    let answer: unknown;
    try {
      response = await fetch(address, {
        ...(body && { method: 'POST', body: JSON.stringify(body) }),
        cache,
        credentials: 'omit',
        signal: AbortSignal.timeout(read ? answerTimeoutMs : timeoutMs),
      });
      if (response.ok && read) return read(response);
      answer = await response.json().catch(() => null);
    } catch (error) {
      throw new CallError('network', `${address}: ${error}`);
    }
    if (response.ok && (answer || response.status === 204)) return answer as Answer;
    const problem = answer as Partial<Problem> | null;
    if (problem?.code === 'session_expired' || problem?.code === 'session_used') throw new SessionGone();
    if (problem?.code === 'challenge_required' && !(body && 'challenge' in body)) throw new ChallengeNeeded();
    throw new CallError(
      failureOfServer(problem?.code),
      problem?.detail ?? `${address} answered ${response.status}`,
      Number(response.headers.get('retry-after')) || null,
    );
  }

  async function openSession(query = ''): Promise<SessionAnswer> {
    let config = known();
    if (!config?.challenge) {
      try {
        return await request(`sessions${query}`, who);
      } catch (error) {
        if (!(error instanceof ChallengeNeeded)) throw error;
        config = await widgetConfig(true);
      }
    }
    return request(`sessions${query}`, { ...who, challenge: await solved(config, query) });
  }

  async function solved({ challenge }: WidgetConfig, query: string): Promise<string> {
    if (challenge?.kind !== 'altcha') throw new CallError('server_error', 'unknown challenge');
    const [{ solve }, puzzle] = await Promise.all([
      lazy(() => import('./challenge.ts')),
      ask<Challenge>(base + challenge.path + query),
    ]);
    return solve(puzzle);
  }

  return {
    request,
    solved,
    widgetConfig,
    openSession,
    createCall: (session, variableValues) =>
      request('calls', {
        session,
        ...(Object.keys(variableValues).length > 0 && { variableValues }),
        ...consent(),
      }),
    chat: (message, read) => ask(url('chats'), { ...message, ...(message.session && consent()) }, read),
    sendFeedback: (callId, { comment, ...feedback }) =>
      request(`calls/${encodeURIComponent(callId)}/feedback`, { ...feedback, ...(comment && { comment }) }),
    leaveCall(callId, token, page) {
      navigator.sendBeacon(url(`calls/${encodeURIComponent(callId)}/leave`), JSON.stringify({ token, page }));
    },
    rejoinCall: (callId, token, page) =>
      request(`calls/${encodeURIComponent(callId)}/rejoin`, { token, page }).then(
        () => true,
        () => false,
      ),
    async endCall(callId, token, how) {
      const address = url(`calls/${encodeURIComponent(callId)}/end`);
      const body = JSON.stringify({ token });
      if (how === 'beacon' && navigator.sendBeacon(address, body)) return;
      // A failure needs no handling: the call's own limits end it, and the visitor has left it anyway.
      await fetch(address, { method: 'POST', body, keepalive: true, credentials: 'omit' }).catch(() => {});
    },
  };
}
