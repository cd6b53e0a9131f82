/**
 * A text conversation beside the call, or instead of it. Comes with the composer, when the element's mode has one. What
 * is written lands in the same transcript as what is said.
 */
import type { ChatEvent, VariableValues } from '../server/contract.ts';
import type { CallAction, CallState } from './call-state.ts';
import { CallError, type Failure, failureOf } from './failure.ts';
import { type SessionApi, SessionGone } from './session-api.ts';

/** What the conversation needs of the call's controller. */
export interface ChatHost {
  state(): CallState;
  dispatch(action: CallAction): void;
  api(): SessionApi;
  /** Sends with a session: the one that was fetched ahead, or a fresh one. */
  withSession(api: SessionApi, send: (session: string) => Promise<void>): Promise<void>;
  /** The last word of the page: the variables of the conversation, or null to call it off. */
  beforeCall(): VariableValues | null;
  /** Resolves once the visitor has agreed to what the tenant demands. */
  consent(ask: () => void): Promise<void>;
  /** For the page's event and the site's developer. */
  failed(error: unknown, failure: Failure): void;
}

export class Chat {
  #host: ChatHost;
  /** The permission that the last answer brought; null at the beginning of a conversation. */
  #token: string | null = null;
  /** Of this conversation; should it have to start over, they count again. */
  #variables: VariableValues = {};
  /** As much as has come of the answer to the last message. */
  #answer = '';

  constructor(host: ChatHost) {
    this.#host = host;
  }

  /** The visitor does not want to agree. */
  decline: () => void = () => {};

  /** Another tenant, another conversation. */
  forget(): void {
    this.#token = null;
  }

  /**
   * Sends a message and shows the answer as it is written, as far as it came. @returns false when it was not sent: the
   * visitor's words should stay where they are. Never rejects.
   */
  async write(message: string): Promise<boolean> {
    const host = this.#host;
    if (host.state().isWriting) return false;
    host.dispatch({ type: 'writing', writing: true, failure: null });
    const before = host.state().transcript;
    this.#answer = '';
    try {
      if (!(await this.#permission())) return false;
      host.dispatch({ type: 'written', piece: { role: 'user', text: message, final: true } });
      await this.#ask(message);
      return true;
    } catch (error) {
      const failure = failureOf(error);
      // What has come of the answer stands, and with it the question.
      if (this.#answer) this.#show(true);
      else host.dispatch({ type: 'unwritten', transcript: before });
      host.dispatch({ type: 'writing', writing: true, failure });
      host.failed(error, failure);
      return this.#answer !== '';
    } finally {
      host.dispatch({ type: 'writing', writing: false, failure: host.state().chatFailure });
    }
  }

  /** False when the page or the visitor said no. */
  async #permission(): Promise<boolean> {
    const host = this.#host;
    const variables = this.#token === null ? host.beforeCall() : this.#variables;
    if (!variables) return false;
    this.#variables = variables;
    const declined = new Promise<false>((resolve) => {
      this.decline = () => resolve(false);
    });
    const agreed = host.consent(() => host.dispatch({ type: 'consent', asking: true })).then(() => true);
    const answer = await Promise.race([agreed, declined]).finally(() =>
      host.dispatch({ type: 'consent', asking: false }),
    );
    return answer;
  }

  async #ask(message: string): Promise<void> {
    const api = this.#host.api();
    const take = (response: Response): Promise<void> =>
      readEvents(response, (event) => {
        if ('chat' in event) this.#token = event.chat;
        else {
          this.#answer += event.delta;
          this.#show(false);
        }
      }).catch((error) => {
        throw new CallError('interrupted', String(error));
      });
    const token = this.#token;
    const isContinued =
      token !== null &&
      (await api.chat({ chat: token, message }, take).then(
        () => true,
        (error) => {
          if (!(error instanceof SessionGone)) throw error;
          // It has rested too long, or the network has changed: the assistant starts over.
          this.#token = null;
          return false;
        },
      ));
    if (!isContinued) {
      const hasVariables = Object.keys(this.#variables).length > 0;
      const first = { message, ...(hasVariables && { variableValues: this.#variables }) };
      await this.#host.withSession(api, (session) => api.chat({ session, ...first }, take));
    }
    this.#show(true);
  }

  #show(final: boolean): void {
    this.#host.dispatch({ type: 'written', piece: { role: 'assistant', text: this.#answer, final } });
  }
}

/** The `data:` lines of server-sent events. @throws when the stream breaks off before its last event */
async function readEvents(response: Response, tell: (event: ChatEvent) => void): Promise<void> {
  const decoder = new TextDecoder();
  const reader = response.body?.getReader();
  let rest = '';
  let isWhole = false;
  for (let piece = await reader?.read(); piece?.value; piece = await reader?.read()) {
    const lines = (rest + decoder.decode(piece.value, { stream: true })).split('\n');
    rest = lines.pop() ?? '';
    for (const line of lines) {
      if (!line.startsWith('data:')) continue;
      const event = JSON.parse(line.slice(5)) as ChatEvent;
      isWhole ||= 'chat' in event;
      tell(event);
    }
  }
  if (!isWhole) throw new Error('the answer broke off');
}
