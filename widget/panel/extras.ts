/** The parts of the panel that only some visitors need: each a chunk, loaded when it is its turn. */
import type { CallController } from '../call-controller.ts';
import type { CallState } from '../call-state.ts';
import { lazy } from '../lazy.ts';
import type { AfterCallElement } from './after-call.ts';
import type { PanelElement } from './panel.ts';
import type { SettingsElement } from './settings.ts';

export class Extras {
  #panel: PanelElement;
  #controller: CallController;

  constructor(panel: PanelElement, controller: CallController) {
    this.#panel = panel;
    this.#controller = controller;
  }

  /** Opens or closes the sound settings of the call. */
  async toggleSettings(): Promise<void> {
    if (this.#panel.extra) {
      this.#panel.extra = null;
      return;
    }
    const { createSettings } = await lazy(() => import('./settings.ts'));
    if (this.#controller.state.phase !== 'live') return;
    const settings = createSettings();
    settings.strings = this.#panel.strings;
    settings.sound = this.#controller.sound;
    settings.onSound = (sound) => this.#controller.setSound(sound);
    await this.#show(settings);
  }

  /** Follows the call: settings belong to a live one, feedback and transcript to one that is over. */
  async follow(state: CallState, before: CallState): Promise<void> {
    if (state.phase === before.phase) return;
    this.#panel.extra = null;
    if (state.seconds === null || before.seconds !== null) return;
    const { createAfterCall } = await lazy(() => import('./after-call.ts'));
    if (this.#controller.state !== state) return;
    const afterCall = createAfterCall();
    afterCall.strings = this.#panel.strings;
    afterCall.transcript = state.transcript;
    afterCall.sendFeedback = this.#controller.feedbackSender();
    await this.#show(afterCall);
  }

  async #show(part: SettingsElement | AfterCallElement): Promise<void> {
    this.#panel.extra = part;
    await this.#panel.updateComplete;
    await part.updateComplete;
    this.#panel.followLog();
  }
}
