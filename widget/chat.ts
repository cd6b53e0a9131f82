/**
 * A text conversation beside a call, or instead of one. Loaded with the composer, when the element's mode has text.
 * Written and spoken words share one transcript.
 */
import type { ChatEvent, VariableValues } from '../server/contract.ts';
import type { CallController } from './call-controller.ts';
import type { Host } from './call-host.ts';
import { hasConsented } from './consent-memory.ts';
import { CallError, failureOf } from './failure.ts';
import { SessionGone } from './session-api.ts';

const storageKey = 'vapi-agent.chat';
/** A control character, which no one writes. Texts, because libraries of old pages change how arrays are stored. */
const separator = '\u001e';

interface Kept {
  of: string;
  token: string;
  /** Each line begins with `u` or `a`, for user and assistant. */
  lines: string;
}

export class Chat {
  #call: CallController;
  #host: Host;
  /** The permission from the last answer; null at the start of a conversation. */
  #token: string | null = null;
  /** Numbers this conversation's messages; starts again if the conversation has to. */
  #variables: VariableValues | null = null;
  #begunBy = '';
  /** Whether the conversation is kept for the next page. */
  #isKept = false;
  /** The answer to the last message, as far as it has arrived. */
  #answer = '';

  constructor(call: CallController, host: Host) {
    this.#call = call;
    this.#host = host;
    this.#restore().catch(() => {});
  }

  /** The visitor does not agree. */
  decline: () => void = () => {};

  /** Another tenant means another conversation. */
  forget(): void {
    this.#token = null;
    if (this.#isKept) sessionStorage.removeItem(storageKey);
  }

  /**
   * Sends a message and shows the answer while it is written, as far as it arrives. @returns false when the message was
   * not sent and should stay in the field. Never rejects.
   */
  async write(message: string): Promise<boolean> {
    const call = this.#call;
    if (call.state.isWriting) return false;
    call.dispatch({ type: 'writing', writing: true, failure: null });
    this.#forgetOthers();
    const before = call.state.transcript;
    this.#answer = '';
    try {
      if (!(await this.#permission())) return false;
      call.dispatch({ type: 'written', piece: { role: 'user', text: message, final: true } });
      await this.#ask(message);
      this.#keep();
      return true;
    } catch (error) {
      const failure = failureOf(error);
      // Keep the part of the answer that arrived, and the question.
      if (this.#answer) this.#show(true);
      else call.dispatch({ type: 'unwritten', transcript: before });
      call.dispatch({ type: 'writing', writing: true, failure });
      this.#host.failed(error, failure);
      return this.#answer !== '';
    } finally {
      call.dispatch({ type: 'writing', writing: false, failure: call.state.chatFailure });
    }
  }

  /**
   * Shows the conversation of the previous page, and continues it. Only with the attribute that carries calls from page to
   * page, and the tenant's permission; what is kept is in the tab alone.
   */
  async #restore(): Promise<void> {
    const { element, settings } = this.#host;
    if ((element.getAttribute('rejoin') ?? 'false') === 'false') return;
    const { tenant, consent, rejoinCalls } = await settings.load();
    if (!rejoinCalls) return;
    const text = sessionStorage.getItem(storageKey);
    // Only now: a page that may not store anything has thrown.
    this.#isKept = true;
    // Withdrawn in another tab, or asked for again since.
    if (consent && !hasConsented(tenant, consent.version)) return sessionStorage.removeItem(storageKey);
    const kept = JSON.parse(text ?? '{}') as Partial<Kept>;
    const { state } = this.#call;
    if (
      kept.of !== this.#of() ||
      !kept.token ||
      !kept.lines ||
      state.transcript.length > 0 ||
      state.isWriting
    )
      return;
    this.#token = kept.token;
    this.#begunBy = kept.of;
    for (const line of kept.lines.split(separator)) {
      const role = line.startsWith('u') ? 'user' : 'assistant';
      this.#call.dispatch({ type: 'written', piece: { role, text: line.slice(1), final: true } });
    }
  }

  #keep(): void {
    if (!this.#isKept || this.#token === null) return;
    const lines = this.#call.state.transcript
      .map(({ role, final }) => role[0] + final.join(' '))
      .join(separator);
    try {
      sessionStorage.setItem(
        storageKey,
        JSON.stringify({ of: this.#begunBy, token: this.#token, lines } satisfies Kept),
      );
    } catch {
      // The page may not store anything, or it is full.
    }
  }

  /** Whose conversation it is. */
  #of(): string {
    const { element, settings } = this.#host;
    const { sub = '' } = payloadOf(element.getAttribute('identity'));
    return [settings.server(), element.getAttribute('tenant'), element.getAttribute('assistant'), sub].join(
      ' ',
    );
  }

  /** Someone else has signed in meanwhile, who must neither continue nor read it. */
  #forgetOthers(): void {
    const of = this.#of();
    if (this.#begunBy === of) return;
    if (this.#begunBy) this.#call.dispatch({ type: 'unwritten', transcript: [] });
    this.forget();
    this.#begunBy = of;
  }

  /** False when the page or the visitor said no. */
  async #permission(): Promise<boolean> {
    const call = this.#call;
    // Also before what the previous page began: it may have to start over.
    const variables = (this.#token === null ? null : this.#variables) ?? this.#host.beforeCall();
    if (!variables) return false;
    this.#variables = variables;
    const declined = new Promise<false>((resolve) => {
      this.decline = () => resolve(false);
    });
    const consent = this.#host.settings.consent(() => call.dispatch({ type: 'consent', asking: true }));
    const agreed = Promise.resolve(consent).then(() => true);
    return Promise.race([agreed, declined]).finally(() => call.dispatch({ type: 'consent', asking: false }));
  }

  async #ask(message: string): Promise<void> {
    const api = this.#host.settings.api();
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
          // Idle for too long, or the network has changed: the conversation starts over.
          this.#token = null;
          return false;
        },
      ));
    if (!isContinued) {
      const variableValues = this.#variables ?? {};
      const hasVariables = Object.keys(variableValues).length > 0;
      const first = { message, ...(hasVariables && { variableValues }) };
      await this.#call.withSession(api, (session) => api.chat({ session, ...first }, take));
    }
    this.#show(true);
  }

  #show(final: boolean): void {
    this.#call.dispatch({ type: 'written', piece: { role: 'assistant', text: this.#answer, final } });
  }
}

/** What the identity says, unverified: only so that one visitor's conversation is not another's on the same computer. */
function payloadOf(identity: string | null): { sub?: unknown } {
  try {
    const part = identity?.split('.')[1]?.replaceAll('-', '+').replaceAll('_', '/');
    return JSON.parse(atob(part ?? '')) ?? {};
  } catch {
    return {};
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
