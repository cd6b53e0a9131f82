/** Where the visitor writes. A separate chunk, for elements whose mode has text. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { CallController } from '../call-controller.ts';
import { type CallState, isActive } from '../call-state.ts';
import type { Chat } from '../chat.ts';
import type { Failure } from '../failure.ts';
import { failureTexts, type Strings } from '../strings/en.ts';
import type { FollowsLog } from './follows-log.ts';
import { icon } from './icons.ts';
import { defineKeepTranscript } from './keep-transcript.ts';
import { KeyboardRoom } from './keyboard.ts';
import { richText } from './rich-text.ts';

const sendIcon = icon('M5 12h13M12 5.500l6.500 6.500-6.500 6.500');

export class ComposerElement extends LitElement {
  static override properties = { strings: { attribute: false }, busy: { attribute: false } };

  declare strings: Strings;
  /** Whether an answer is on its way. */
  declare busy: boolean;
  /** Resolves to false when the text should stay in the field. */
  write: (text: string) => Promise<boolean> = async () => false;
  /** How the panel shows what the assistant has written. */
  rich = richText;
  /** The current state of the conversation. */
  state!: () => CallState;

  constructor() {
    super();
    new KeyboardRoom(this);
    this.busy = false;
  }

  /** Into the panel's own tree, to share its style sheet and parts. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  protected override render(): TemplateResult {
    const { strings } = this;
    return html`<form class="composer" part="composer" @submit=${this.#send}>
      <textarea part="input" rows="1" maxlength="4000" aria-label=${strings.messageLabel} placeholder=${strings.messageLabel}
        enterkeyhint="send" @keydown=${this.#onKey} @input=${this.#followLog}></textarea>
      <button class="primary square" part="button send" aria-label=${strings.messageSend} aria-disabled=${this.busy}>${sendIcon}</button>
    </form>${this.#keep()}`;
  }

  /** Once something was written. After a call, the transcript is kept elsewhere; during one, it is incomplete. */
  #keep(): TemplateResult | typeof nothing {
    const { strings } = this;
    const state = this.state();
    if (!state.transcript.length || state.seconds !== null || isActive(state)) return nothing;
    return html`<vapi-agent-keep .strings=${strings} .transcript=${state.transcript}></vapi-agent-keep>`;
  }

  /** Why the last message or its answer did not arrive. */
  trouble({ code }: Failure): string {
    const { strings } = this;
    if (code === 'interrupted') return strings.answerBroken;
    const { title, help } = failureTexts(strings, code);
    // Some titles are about calls.
    return /^(vapi|call|serv)/.test(code) ? strings.messageFailed : `${title}. ${help}`;
  }

  #send = async (event: Event): Promise<void> => {
    event.preventDefault();
    const input = this.querySelector('textarea');
    const text = input?.value.trim();
    if (!input || !text || this.busy) return;
    input.value = '';
    const isSent = await this.write(text);
    // In front of what was written meanwhile.
    if (!isSent) input.value = [text, input.value].filter(Boolean).join('\n');
  };

  #onKey = (event: KeyboardEvent): void => {
    // Not while an input method is choosing characters; in Safari the key that ends this comes after it, with this code.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.querySelector('form')?.requestSubmit();
  };

  /** Growing here takes room from the conversation. */
  #followLog = (): void => this.closest<FollowsLog>('vapi-agent-panel')?.followLog();
}

/** What is written goes into the live call, otherwise to the assistant as a chat. */
export function createComposer(strings: Strings, controller: CallController, chat: Chat): ComposerElement {
  defineKeepTranscript();
  const tag = 'vapi-agent-composer';
  if (!customElements.get(tag)) customElements.define(tag, ComposerElement);
  const composer = document.createElement(tag) as ComposerElement;
  composer.strings = strings;
  composer.state = () => controller.state;
  composer.write = async (text) => {
    if (controller.state.phase !== 'live') return !isActive(controller.state) && chat.write(text);
    const isSent = controller.send(text);
    const failure: Failure | null = isSent ? null : { code: 'server_error', retryAfterSeconds: null };
    controller.dispatch({ type: 'writing', writing: false, failure });
    return isSent;
  };
  return composer;
}
