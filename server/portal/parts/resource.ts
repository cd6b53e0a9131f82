/** Data that a view loads from the server: waiting, loaded or failed. */
import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { say } from '../language/words.ts';
import { Refusal } from './api.ts';

export class Resource<Data> implements ReactiveController {
  data: Data | null = null;
  error: Refusal | null = null;
  #host: ReactiveControllerHost;
  #ask: () => Promise<Data>;
  /** Only the latest answer counts. */
  #round = 0;

  constructor(host: ReactiveControllerHost, ask: () => Promise<Data>) {
    this.#host = host;
    this.#ask = ask;
    host.addController(this);
  }

  hostConnected(): void {}

  /** Keeps the old data on screen until the answer arrives, so that nothing jumps. @param fresh clears it first */
  async load(fresh = false): Promise<void> {
    this.#round += 1;
    const round = this.#round;
    if (fresh) this.data = null;
    try {
      const data = await this.#ask();
      if (round !== this.#round) return;
      this.data = data;
      this.error = null;
    } catch (error) {
      if (round !== this.#round) return;
      this.error = error instanceof Refusal ? error : new Refusal(0, 'unknown', say('failed'));
    }
    this.#host.requestUpdate();
  }

  show(view: (data: Data) => TemplateResult): TemplateResult {
    if (this.error) {
      const missing = this.error.code === 'not_found';
      return html`<section role="alert">
        <h2>${missing ? say('missingTitle') : say('failedTitle')}</h2>
        <p>${missing ? say('missingHelp') : this.error.message}</p>
        ${missing ? '' : html`<button @click=${() => this.load()}>${say('tryAgain')}</button>`}
      </section>`;
    }
    if (this.data === null)
      return html`<div class="waiting" role="status"><span class="unseen">${say('loading')}</span></div>`;
    return view(this.data);
  }
}

/** Loads as soon as its host is on the page. */
export class EagerResource<Data> extends Resource<Data> {
  override hostConnected(): void {
    void this.load();
  }
}
