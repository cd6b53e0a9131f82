/** What follows a call: keeping the transcript, rating it. A separate chunk, loaded when a call ends. */
import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { Rating } from '../../server/contract.ts';
import type { CallController } from '../call-controller.ts';
import type { Strings } from '../strings/en.ts';
import type { Line } from '../transcript.ts';
import { ignore } from '../waiting.ts';
import { icon } from './icons.ts';
import { defineKeepTranscript } from './keep-transcript.ts';
import { KeyboardRoom } from './keyboard.ts';
import type { PanelElement } from './panel.ts';

const thumbUp = icon(
  'M7 11v9H4v-9zM7 11l4-7.500c1.6 0 2.500 1 2.200 2.700L12.600 9.500h5.900a1.500 1.500 0 0 1 1.500 1.800l-1.400 7.200a1.900 1.900 0 0 1-1.900 1.500H7',
);
const thumbDown = icon(
  'M17 13V4h3v9zM17 13l-4 7.500c-1.600 0-2.500-1-2.200-2.700l.6-3.300H5.500A1.500 1.500 0 0 1 4 12.700l1.400-7.200A1.900 1.900 0 0 1 7.300 4H17',
);

export class AfterCallElement extends LitElement {
  static override properties = {
    strings: { attribute: false },
    transcript: { attribute: false },
    sendFeedback: { attribute: false },
    rating: { state: true },
    stage: { state: true },
  };

  declare strings: Strings;
  declare transcript: readonly Line[];
  /** Null where feedback has no recipient. Rejects when it could not be sent. */
  declare sendFeedback: ((rating: Rating, comment: string) => Promise<void>) | null;
  declare rating: Rating | null;
  declare stage: 'asking' | 'sending' | 'thanks' | 'failed';

  /** Settles with the last rating that was sent. */
  #delivered: Promise<void> = Promise.resolve();

  constructor() {
    super();
    new KeyboardRoom(this);
    this.rating = null;
    this.stage = 'asking';
  }

  /** Into the panel's own tree, to share its style sheet and parts. */
  protected override createRenderRoot(): HTMLElement {
    return this;
  }

  /** Growing here takes room from the conversation. */
  protected override updated(): void {
    this.closest<PanelElement>('vapi-agent-panel')?.followLog();
  }

  protected override render(): TemplateResult {
    const { strings, rating, stage } = this;
    // One at a time: there is no room for both beside the transcript.
    const isWriting = rating !== null && stage !== 'thanks';
    return html`<div class="after" part="after-call">
      ${this.sendFeedback ? this.#feedback() : nothing}
      ${
        this.transcript.length > 0 && !isWriting
          ? html`<vapi-agent-keep .strings=${strings} .transcript=${this.transcript}></vapi-agent-keep>`
          : nothing
      }
    </div>`;
  }

  #feedback(): TemplateResult {
    const { strings, stage, rating } = this;
    if (stage === 'thanks')
      return html`<p role="status" tabindex="-1"><bdi>${strings.feedbackThanks}</bdi></p>`;
    const thumb = (
      value: Rating,
      name: string,
      icon: unknown,
    ) => html`<button type="button" class="plain" part="button rate"
      aria-pressed=${rating === value} aria-label=${name} @click=${() => this.#rate(value)}>${icon}</button>`;
    return html`<form part="feedback" @submit=${this.#send}>
      <fieldset><legend>${strings.feedbackTitle}</legend>
        <span>${thumb('good', strings.feedbackGood, thumbUp)}${thumb('bad', strings.feedbackBad, thumbDown)}</span>
      </fieldset>
      ${
        rating
          ? html`<label>${strings.feedbackComment}<textarea rows="2" maxlength="1000"></textarea></label>
            <button class="plain" part="button send-feedback" ?disabled=${stage === 'sending'}>${strings.feedbackSend}</button>`
          : nothing
      }
      <p role="alert">${stage === 'failed' ? strings.feedbackFailed : nothing}</p>
    </form>`;
  }

  /** Sent at the first press: few visitors write a comment, and the page may be left. */
  async #rate(rating: Rating): Promise<void> {
    if (rating === this.rating) return;
    this.rating = rating;
    this.stage = 'asking';
    try {
      await this.#deliver(rating, '');
    } catch {
      // The button below tries again.
      if (this.stage === 'asking') this.stage = 'failed';
    }
  }

  /** One after the other: the server keeps the last. */
  #deliver(rating: Rating, comment: string): Promise<void> {
    const sent = this.#delivered.then(() => this.sendFeedback?.(rating, comment));
    this.#delivered = sent.catch(ignore);
    return sent;
  }

  #send = async (event: Event): Promise<void> => {
    event.preventDefault();
    if (!this.rating || this.stage === 'sending') return;
    const comment = this.querySelector('textarea')?.value.trim() ?? '';
    this.stage = 'sending';
    try {
      await this.#deliver(this.rating, comment);
      this.stage = 'thanks';
      await this.updateComplete;
      // The button that had the focus is gone.
      this.querySelector<HTMLElement>('[role=status]')?.focus();
    } catch {
      this.stage = 'failed';
    }
  };
}

export function createAfterCall(panel: PanelElement, controller: CallController): AfterCallElement {
  defineKeepTranscript();
  const tag = 'vapi-agent-after-call';
  if (!customElements.get(tag)) customElements.define(tag, AfterCallElement);
  const afterCall = document.createElement(tag) as AfterCallElement;
  afterCall.strings = panel.strings;
  afterCall.transcript = controller.state.transcript;
  afterCall.sendFeedback = controller.feedbackSender();
  return afterCall;
}
