/** Checks a client's connection and the server, and says what to do; a test call only after its cost has been agreed to. */
import { css, html } from 'lit';
import type { DoctorAnswer, DoctorOutcome, DoctorRow } from '../../contract.ts';
import { post } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { pathOf, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { dollars } from '../pure/format.ts';

/** Sign and word, so that colour is not the only difference. */
const shown: Record<DoctorOutcome, readonly [sign: string, word: string, look: string]> = {
  pass: ['✓', 'Passed', 'good'],
  warn: ['!', 'Warning', 'warn'],
  fail: ['✗', 'Failed', 'bad'],
  skipped: ['–', 'Skipped', 'muted'],
};

export class DoctorElement extends ScopedElement {
  static override styles = [
    shared,
    css`
      /* On a phone the sentences of the last column get a line of their own. */
      @media (max-width: 44rem) {
        table, tbody { display: block; }
        thead { position: absolute; clip-path: inset(50%); }
        tr { display: grid; grid-template-columns: 1fr auto; column-gap: 1rem; padding: 0.75rem 0;
          border-bottom: 1px solid var(--line); }
        tr:last-child { border-bottom: 0; }
        tbody th, td { padding: 0; border: 0; }
        .breaks { grid-column: 1 / -1; }
      }
    `,
  ];
  static override properties = {
    ...ScopedElement.properties,
    server: { state: true },
    own: { state: true },
  };
  declare server: DoctorAnswer | null;
  declare own: DoctorAnswer | null;

  constructor() {
    super();
    this.server = null;
    this.own = null;
  }

  #work = new Work(this);
  /** Of the last run; 0 during one. */
  #failed = 0;

  protected override reload(): void {
    this.#failed = 0;
    this.server = null;
    this.own = null;
    this.#work.clear();
  }

  protected override render() {
    const { own, server, scope } = this;
    const { isBusy } = this.#work;
    return html`<h1>${titleOf(scope, 'Connection')}</h1>
      <section>
        <p>Checks key, assistants, call reports and this server, and says what to do. It changes nothing and costs nothing; only a test call does.</p>
        <p class=${this.#failed > 0 ? 'bad' : 'muted'} role="status">${isBusy ? 'Checking…' : this.#failed > 0 ? `Checked: ${this.#failed} failed.` : ''}</p>
        ${this.#work.show()}
        ${
          scope.mayWrite
            ? html`<p class="row">
              <button class="main" aria-disabled=${isBusy} @click=${() => this.#run(false)}>${own ? 'Run again' : 'Check the connection'}</button>
              ${own ? html`<button aria-disabled=${isBusy} @click=${this.#call}>Make a test call</button>` : ''}
            </p>`
            : html`<p>Your sign-in can only read; checking needs one that can write.</p>`
        }
      </section>
      ${own ? this.#rows('This client', own.rows) : ''}
      ${server ? this.#rows('Your server', server.rows) : ''}`;
  }

  #rows(heading: string, rows: DoctorRow[]) {
    return html`<section>
      <h2>${heading}</h2>
      ${table(
        heading,
        ['Check', 'Result', 'What was found'],
        rows.map(({ title, outcome, detail, fix }) => {
          const [sign, word, look] = shown[outcome];
          return html`<tr>
            <th scope="row">${title}</th>
            <td class="nowrap ${look}"><span aria-hidden="true">${sign}</span> ${word}</td>
            <td class="breaks">${detail}${fix ? html`<br><strong>What to do:</strong> ${fix}` : ''}</td>
          </tr>`;
        }),
      )}
    </section>`;
  }

  async #run(testCall: boolean): Promise<void> {
    if (this.#work.isBusy) return;
    this.#failed = 0;
    const isDone = await this.#work.do(async () => {
      this.own = await post<DoctorAnswer>(pathOf(this.scope, '/doctor'), { testCall });
      this.server = await post<DoctorAnswer>('doctor');
    });
    if (!isDone) return;
    this.#failed = (this.own?.failed ?? 0) + (this.server?.failed ?? 0);
    if (this.#failed === 0) this.#work.done = 'Checked: nothing failed.';
    this.requestUpdate();
  }

  #call = async () => {
    if (this.#work.isBusy) return;
    const { seconds, mostMicros } = this.own?.testCall ?? { seconds: 0, mostMicros: 0 };
    const question = {
      title: 'Make a test call?',
      text: `A real call is made at Vapi and ended after ${seconds} seconds. It may cost up to ${dollars(mostMicros)} and is on the client’s bill like any other.`,
      action: 'Make the call',
    };
    if (await confirm(question)) await this.#run(true);
  };
}
customElements.define('doctor-view', DoctorElement);
