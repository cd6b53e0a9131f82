/** An action the user started: one at a time, with its outcome. */
import { html, type ReactiveController, type ReactiveControllerHost, type TemplateResult } from 'lit';
import { say } from '../language/words.ts';
import { Refusal } from './api.ts';

export class Work implements ReactiveController {
  isBusy = false;
  refusal: Refusal | null = null;
  /** The message shown after success. */
  done = '';
  #host: ReactiveControllerHost;

  constructor(host: ReactiveControllerHost) {
    this.#host = host;
    host.addController(this);
  }

  hostConnected(): void {}

  /** Clears the last outcome. */
  clear(): void {
    this.refusal = null;
    this.done = '';
    this.#host.requestUpdate();
  }

  /** Ignores calls while one is running: a double click must not pay twice. @returns whether it succeeded */
  async do(work: () => Promise<unknown>, done = ''): Promise<boolean> {
    if (this.isBusy) return false;
    this.clear();
    this.isBusy = true;
    try {
      await work();
      this.done = done;
    } catch (error) {
      this.refusal = error instanceof Refusal ? error : new Refusal(0, 'unknown', say('failed'));
    }
    this.isBusy = false;
    this.#host.requestUpdate();
    return this.refusal === null;
  }

  /** Always rendered, because screen readers announce only changes to a region that already exists. */
  show(): TemplateResult {
    return html`<p class="good" role="status">${this.done}</p>
      ${this.refusal ? html`<p class="problem" role="alert">${this.refusal.message}</p>` : ''}`;
  }
}
