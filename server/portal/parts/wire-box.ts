/**
 * Whether a client's assistants report their calls to this server; points them here, previewing the changes first, and back.
 */
import { html, type TemplateResult } from 'lit';
import type { UnwireAnswer, WireAnswer, WiringAnswer, WiringState } from '../../contract.ts';
import { moment } from '../pure/format.ts';
import { get, post } from './api.ts';
import { confirm } from './confirm.ts';
import { Resource } from './resource.ts';
import { pathOf } from './scope.ts';
import { ScopedElement } from './scoped-element.ts';
import { Work } from './work.ts';

type Known = WiringAnswer['assistants'][number];

/** What wiring again may repair. */
const mendable: WiringState[] = ['draft', 'refused', 'elsewhere', 'secret', 'messages'];

export class WireBoxElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    answer: { state: true },
    eager: { attribute: false },
  };
  declare answer: WireAnswer | UnwireAnswer | null;
  /** Shows the changes at once, so that consent is one click. */
  declare eager: boolean;

  constructor() {
    super();
    this.answer = null;
    this.eager = false;
  }

  #work = new Work(this);
  #wiring = new Resource<WiringAnswer>(this, () => get(pathOf(this.scope, '/wiring')));

  protected override reload(): void {
    this.answer = null;
    this.#work.clear();
    void this.#wiring.load(true);
    if (this.eager) void this.#wire(true);
  }

  protected override render() {
    return html`<section>
      <h2>Call reporting</h2>
      <p class="muted small">Vapi must report every call to this server. Reports that went to the assistant’s own server are forwarded to it.</p>
      ${this.#wiring.show(({ assistants }) => this.#known(assistants))}
      ${this.answer ? this.#shown(this.answer) : ''}
      ${this.#work.show()}
      ${this.#buttons(this.#wiring.data?.assistants ?? [])}
    </section>`;
  }

  #known(assistants: Known[]) {
    return html`<ul>
      ${assistants.map(
        (known) => html`<li class="breaks">
          ${known.name ?? known.assistantId}: ${this.#state(known)}
        </li>`,
      )}
    </ul>`;
  }

  #state({ state, problem, lastReportAt }: Known): TemplateResult {
    if (problem !== null) return html`<strong class="warn">calls are not reported.</strong> ${problem}`;
    if (state === 'connected')
      return html`<span class="good">connected</span>, last report ${moment(lastReportAt ?? '', this.scope.timeZone)}`;
    return state === 'waiting'
      ? html`reports here at Vapi; connected once a call was reported. Make a test call.`
      : html`not connected`;
  }

  #buttons(assistants: Known[]) {
    const { isBusy } = this.#work;
    const { answer } = this;
    const isPreview = answer !== null && 'dryRun' in answer && answer.dryRun;
    const hasChanges = isPreview && answer.assistants.some(({ changed }) => changed);
    const isBroken = assistants.some(({ state }) => mendable.includes(state));
    const isWired = assistants.some(({ state }) => state !== 'not-wired');
    return html`<p class="row">
      ${isBroken ? html`<button class="main" aria-disabled=${isBusy} @click=${this.#mend}>Wire again</button>` : ''}
      <button aria-disabled=${isBusy} @click=${() => this.#wire(true)}>Preview changes at Vapi</button>
      ${hasChanges ? html`<button class="main" aria-disabled=${isBusy} @click=${() => this.#wire(false)}>Apply changes</button>` : ''}
      ${isWired ? html`<button aria-disabled=${isBusy} @click=${this.#unwire}>Stop reporting here</button>` : ''}
    </p>`;
  }

  #shown(answer: WireAnswer | UnwireAnswer) {
    if (!('dryRun' in answer)) {
      return html`<ul>
        ${answer.assistants.map(({ name, assistantId, url, problem }) => html`<li class="breaks">${name ?? assistantId}: ${problem ?? (url === null ? 'reports nowhere' : `reports to ${url} again`)}</li>`)}
      </ul>`;
    }
    const { dryRun, assistants, notes } = answer;
    return html`<ul>
        ${assistants.map(
          ({ name, assistantId, changed, server, forwardUrl, problem }) => html`<li class="breaks">
            ${name ?? assistantId}:
            ${
              problem ??
              (changed
                ? html`${dryRun ? 'would report' : 'reports'} to ${server.after.url}${server.before?.url ? html` instead of ${server.before.url}` : ''}${forwardUrl ? html`, forwarded to ${forwardUrl}` : ''}`
                : 'already reports here')
            }
          </li>`,
        )}
      </ul>
      ${notes.map((note) => html`<p class="warn small">${note}</p>`)}`;
  }

  #wire(isDry: boolean): Promise<void> {
    const path = pathOf(this.scope, `/wire?dry-run=${isDry}`);
    return this.#ask<WireAnswer>(path, isDry ? '' : 'Done: Vapi now reports to this server.');
  }

  #mend = async () => {
    const isSure = await confirm({
      title: 'Wire again?',
      text: 'At Vapi, the server of each assistant of this client is set to this server again. What another server of theirs received is forwarded to it.',
      action: 'Wire again',
    });
    if (isSure) await this.#wire(false);
  };

  #unwire = async () => {
    const isSure = await confirm({
      title: 'Stop reporting here?',
      text: 'At Vapi, each assistant goes back to the server it had before. Calls are then booked only by comparison with Vapi, minutes later, and a budget may be exceeded meanwhile.',
      action: 'Stop reporting',
      danger: true,
    });
    if (isSure) await this.#ask<UnwireAnswer>(pathOf(this.scope, '/unwire'), 'Done: nothing reports here.');
  };

  /** @param done said when no assistant has a problem */
  async #ask<Answer extends WireAnswer | UnwireAnswer>(path: string, done: string): Promise<void> {
    const isDone = await this.#work.do(async () => {
      this.answer = await post<Answer>(path);
      await this.#wiring.load();
    });
    if (!isDone || this.answer?.assistants.some(({ problem }) => problem !== null)) return;
    this.#work.done = done;
    this.requestUpdate();
  }
}
customElements.define('wire-box', WireBoxElement);
