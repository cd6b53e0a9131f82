/** Something that a person has asked for: one thing at a time, and what has become of it. */
import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { Refusal } from './api.ts';

export class Work implements ReactiveController {
  isBusy = false;
  refusal: Refusal | null = null;
  /** What is said once it went well. */
  done = '';
  #host: ReactiveControllerHost;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {}

  /** Forgets what has become of the last. */
  clear(): void {
    this.refusal = null;
    this.done = '';
    this.#host.requestUpdate();
  }

  /** What is asked for meanwhile is not done: a double click must not pay twice. @returns whether it went well */
  async do(work: () => Promise<unknown>, done = ''): Promise<boolean> {
    if (this.isBusy) return false;
    this.clear();
    this.isBusy = true;
    try {
      await work();
      this.done = done;
    } catch (error) {
      this.refusal = error instanceof Refusal ? error : new Refusal(0, 'unknown', 'That did not work.');
    }
    this.isBusy = false;
    this.#host.requestUpdate();
    return this.refusal === null;
  }

  /** Always drawn, because only a place that is there already is read out when its text comes. */
  show(): TemplateResult {
    return html`<p class="good" role="status">${this.done}</p>
      ${this.refusal ? html`<p class="problem" role="alert">${this.refusal.message}</p>` : ''}`;
  }
}
