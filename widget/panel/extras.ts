/** The parts of the panel that only some visitors need: each is a chunk, loaded when needed. */
import type { CallController } from '../call-controller.ts';
import type { Host } from '../call-host.ts';
import { type CallState, isActive } from '../call-state.ts';
import type { Chat } from '../chat.ts';
import type { Failure } from '../failure.ts';
import { lazy } from '../lazy.ts';
import { ignore } from '../waiting.ts';
import type { PanelElement } from './panel.ts';

export class Extras {
  #host: Host;
  #panel: PanelElement;
  #controller: CallController;
  #isComposing = false;
  #chat: Chat | null = null;

  constructor(panel: PanelElement, controller: CallController, host: Host) {
    this.#host = host;
    this.#panel = panel;
    this.#controller = controller;
  }

  /** Loads the conversation's styles, on intent. */
  prepare(): void {
    lazy(() => import('./conversation-style.ts')).then(
      ({ conversationStyle }) => this.#panel.addStyle(conversationStyle),
      ignore,
    );
  }

  /** Loads the composer; its text goes into the live call, otherwise to the assistant as a chat. */
  async compose(): Promise<void> {
    if (this.#panel.composer || this.#isComposing) return;
    this.#isComposing = true;
    this.prepare();
    try {
      const [{ createComposer }, { Chat }] = await Promise.all([
        lazy(() => import('./composer.ts')),
        lazy(() => import('../chat.ts')),
        this.#style(),
      ]);
      const chat = new Chat(this.#controller, this.#host);
      const composer = createComposer();
      composer.strings = this.#panel.strings;
      composer.state = () => this.#controller.state;
      composer.write = async (text) => {
        const { phase } = this.#controller.state;
        if (phase !== 'live') return !isActive(this.#controller.state) && chat.write(text);
        const isSent = this.#controller.send(text);
        const failure: Failure | null = isSent ? null : { code: 'server_error', retryAfterSeconds: null };
        this.#controller.dispatch({ type: 'writing', writing: false, failure });
        return isSent;
      };
      this.#chat = chat;
      this.#panel.composer = composer;
    } finally {
      this.#isComposing = false;
    }
  }

  /** The visitor does not agree to what a message requires. */
  decline(): void {
    this.#chat?.decline();
  }

  /** Another tenant: the conversation with the last one is over. */
  forget(): void {
    this.#chat?.forget();
  }

  /** Styles of fields and forms, which the panel itself does not have. */
  async #style(): Promise<void> {
    const { formStyle } = await lazy(() => import('./form-style.ts'));
    this.#panel.addStyle(formStyle);
  }

  /** Opens or closes the sound settings of the call, or of the next one. */
  async toggleSettings(): Promise<void> {
    if (this.#panel.extra) {
      this.#panel.extra = null;
      return;
    }
    const [{ createSettings }] = await Promise.all([lazy(() => import('./settings.ts')), this.#style()]);
    if (!['live', 'error'].includes(this.#controller.state.phase)) return;
    const settings = createSettings();
    settings.strings = this.#panel.strings;
    settings.sound = this.#controller.sound;
    settings.onSound = (sound) => this.#controller.setSound(sound);
    this.#panel.extra = settings;
  }

  /** Follows the call: settings belong to a live one, feedback and transcript to a finished one. */
  async follow(state: CallState, before: CallState): Promise<void> {
    if (state.phase === before.phase) return;
    if (isActive(state)) this.prepare();
    this.#panel.extra = null;
    if (state.seconds === null || before.seconds !== null) return;
    const [{ createAfterCall }] = await Promise.all([lazy(() => import('./after-call.ts')), this.#style()]);
    if (this.#controller.state !== state) return;
    const afterCall = createAfterCall();
    afterCall.strings = this.#panel.strings;
    afterCall.transcript = state.transcript;
    afterCall.sendFeedback = this.#controller.feedbackSender();
    this.#panel.extra = afterCall;
  }
}
