/** The parts of the panel that only some visitors need: each is a chunk, loaded when needed. */
import type { CallController } from '../call-controller.ts';
import type { Host } from '../call-host.ts';
import { type CallState, isActive } from '../call-state.ts';
import type { Chat } from '../chat.ts';
import type { Failure } from '../failure.ts';
import { lazy } from '../lazy.ts';
import { ignore } from '../waiting.ts';
import type { LeadElement } from './lead.ts';
import type { PanelElement } from './panel.ts';

export class Extras {
  #host: Host;
  #panel: PanelElement;
  #controller: CallController;
  #isComposing = false;
  #chat: Chat | null = null;
  /** Kept, with what was typed, until another tenant is named. */
  #lead: LeadElement | null = null;

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

  /** Loads the composer. */
  async compose(): Promise<void> {
    if (this.#panel.composer || this.#isComposing) return;
    this.#isComposing = true;
    this.prepare();
    try {
      const [{ createComposer }, { Chat }] = await Promise.all([
        this.#form(() => import('./composer.ts')),
        lazy(() => import('../chat.ts')),
      ]);
      const chat = new Chat(this.#controller, this.#host);
      this.#chat = chat;
      this.#panel.composer = createComposer(this.#panel.strings, this.#controller, chat);
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
    this.#lead = null;
  }

  /** A part with fields, and their styles, which the panel itself does not have. */
  async #form<Chunk>(part: () => Promise<Chunk>): Promise<Chunk> {
    const [chunk, { formStyle }] = await Promise.all([lazy(part), lazy(() => import('./form-style.ts'))]);
    this.#panel.addStyle(formStyle);
    return chunk;
  }

  /** Opens or closes the sound settings of the call, or of the next one. */
  async toggleSettings(): Promise<void> {
    if (this.#panel.showsSettings()) {
      this.#panel.extra = null;
      return;
    }
    const { createSettings } = await this.#form(() => import('./settings.ts'));
    if (!['live', 'error'].includes(this.#controller.state.phase)) return;
    this.#panel.extra = createSettings(this.#panel, this.#controller);
  }

  /** Follows the call: settings belong to a live one, feedback and transcript to a finished one. */
  async follow(state: CallState, before: CallState): Promise<void> {
    const why = state.failure ?? state.chatFailure;
    if (why && state.seconds === null && why !== (before.failure ?? before.chatFailure))
      this.#offerLead(why).catch(ignore);
    if (state.phase === before.phase) return;
    if (isActive(state)) this.prepare();
    this.#panel.extra = null;
    if (state.seconds === null || before.seconds !== null) return;
    const { createAfterCall } = await this.#form(() => import('./after-call.ts'));
    if (this.#controller.state !== state) return;
    this.#panel.extra = createAfterCall(this.#panel, this.#controller);
  }

  /** Instead of a dead end: a message, where the tenant takes one. */
  async #offerLead({ code }: Failure): Promise<void> {
    const { settings } = this.#host;
    if (!(await settings.load()).leads) return;
    const { offerLead } = await this.#form(() => import('./lead.ts'));
    this.#lead = offerLead(code, this.#lead, this.#panel, this.#controller, settings);
  }
}
