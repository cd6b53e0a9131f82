/** What visitors left when no one could talk to them: answered, noted and deleted here. */
import { css, html } from 'lit';
import { live } from 'lit/directives/live.js';
import type { LeadReason, LeadState, LeadsAnswer, LeadView } from '../../contract.ts';
import { field } from '../forms/fields.ts';
import { Form } from '../forms/form.ts';
import { get, saveCsv, send } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { empty } from '../parts/empty.ts';
import { formStyle } from '../parts/form-style.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { showMore } from '../parts/show-more.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { moment, plural } from '../pure/format.ts';

const states: Record<LeadState, string> = { new: 'New', contacted: 'Contacted', done: 'Done' };
const stateEntries = Object.entries(states) as [LeadState, string][];
const reasons: Record<LeadReason, string> = {
  'outside-hours': 'Outside opening hours',
  paused: 'Agent paused',
  limit: 'Limit reached',
  busy: 'All lines busy',
  microphone: 'No microphone',
  failure: 'Call failed',
};

export class LeadsElement extends ScopedElement {
  static override styles = [
    shared,
    formStyle,
    css`
      .message { max-width: 32rem; margin: 0 0 0.25rem; white-space: pre-line; overflow-wrap: anywhere; }
      .contact { overflow-wrap: anywhere; font-weight: 400; }
    `,
  ];
  static override properties = {
    ...ScopedElement.properties,
    state: { state: true },
    noting: { state: true },
  };
  /** Only those in this state; empty for all. */
  declare state: LeadState | '';
  /** The id of the one whose note is being written. */
  declare noting: string | null;

  constructor() {
    super();
    this.state = '';
    this.noting = null;
  }

  #list = new Resource<LeadsAnswer>(this, () => get(this.#path()));
  #work = new Work(this);
  #form = new Form(this, {
    done: '',
    send: async (body) => {
      if (this.noting === null) return;
      await this.#change(this.noting, body);
      this.noting = null;
    },
    discarded: () => {
      this.noting = null;
    },
  });

  protected override reload(): void {
    this.noting = null;
    this.#form.reset();
    this.#work.clear();
    void this.#list.load(true);
  }

  #path(): string {
    return pathOf(this.scope, `/leads?limit=50${this.state ? `&state=${this.state}` : ''}`);
  }

  protected override render() {
    const { scope, state } = this;
    return html`<h1>${titleOf(scope, 'Leads')}</h1>
      <section>
        <div class="row">
          <label>
            State
            <select @change=${this.#choose}>
              ${[['', 'All'] as const, ...stateEntries].map(([one, label]) => html`<option value=${one} ?selected=${one === state}>${label}</option>`)}
            </select>
          </label>
          ${scope.access.exports ? html`<button @click=${this.#save} aria-disabled=${this.#work.isBusy}>Download CSV</button>` : ''}
        </div>
        <p class="muted small">What visitors left when no one could talk to them. Time zone: ${scope.timeZone}.</p>
        ${this.#work.show()} ${this.#list.show((list) => this.#table(list))}
      </section>`;
  }

  #table({ leads, isOn, nextCursor }: LeadsAnswer) {
    const { scope } = this;
    if (leads.length === 0) {
      const none = this.state ? `No leads are ${states[this.state].toLowerCase()}.` : 'No leads yet.';
      const off = scope.isOperator
        ? html`<p class="muted small">Visitors are not offered the form. <a href="${scope.base}/settings">Turn it on in the settings.</a></p>`
        : html`<p class="muted small">Visitors are not offered the form at the moment.</p>`;
      return empty('leads', none, isOn ? '' : off);
    }
    const may = scope.permissions.includes('leads.manage');
    return html`${table(
      'Leads, newest first',
      ['Who', 'Message', 'State', may && 'Actions'],
      leads.map((lead) => this.#row(lead, may)),
    )}
      <p class="row">
        <span class="muted small" role="status">${plural(leads.length, 'lead')} shown${nextCursor ? '' : '; end of list'}.</span>
        ${nextCursor ? showMore(this.#list, 'leads', this.#path(), this.#work) : ''}
      </p>`;
  }

  #row(lead: LeadView, may: boolean) {
    const { id, at, state, reason, content, note, expiresAt } = lead;
    const { timeZone } = this.scope;
    const name = content?.name ?? 'Unreadable';
    return html`<tr>
      <th scope="row">
        ${name}
        ${content?.phone ? html`<div class="contact"><a href="tel:${content.phone.replace(/[^\d+]/g, '')}">${content.phone}</a></div>` : ''}
        ${content?.email ? html`<div class="contact"><a href="mailto:${encodeURIComponent(content.email)}">${content.email}</a></div>` : ''}
        <div class="muted small contact">${moment(at, timeZone)} · ${reasons[reason]}</div>
      </th>
      <td>
        ${content?.message ? html`<p class="message">${content.message}</p>` : html`<p class="muted message">No message.</p>`}
        ${content?.page ? html`<div class="muted small contact">${content.page}</div>` : ''}
        ${note ? html`<div class="message small"><strong>Note:</strong> ${note}</div>` : ''}
        <div class="muted small">${content ? html`Agreed to version ${content.consent.version}. ` : ''}Kept until ${moment(expiresAt, timeZone)}.</div>
        ${this.noting === id ? this.#noteForm(lead, name) : ''}
      </td>
      <td>${
        may
          ? html`<select aria-label="State of ${name}" .value=${live(state)} @change=${(event: Event) => this.#setState(lead, event)}>
              ${stateEntries.map(([one, label]) => html`<option value=${one} ?selected=${one === state}>${label}</option>`)}
            </select>`
          : states[state]
      }</td>
      ${
        may
          ? html`<td class="nowrap">
              <button aria-label="Note on ${name}" aria-expanded=${this.noting === id} @click=${() => this.#note(id)}>Note</button>
              <button aria-label="Delete ${name}" @click=${() => this.#delete(id, name)}>Delete</button>
            </td>`
          : ''
      }
    </tr>`;
  }

  #noteForm({ note }: LeadView, name: string) {
    const fields = html`<div class="fields">${field(this.#form.errors, {
      ...{ name: 'note', label: `Note on ${name}`, value: note ?? '', rows: 3 },
      ...{ isBroad: true, empty: 'null' as const },
    })}</div>`;
    return this.#form.show(fields, 'Save note', true);
  }

  async #change(id: string, body: object): Promise<void> {
    const path = pathOf(this.scope, `/leads/${encodeURIComponent(id)}`);
    const changed = await send<LeadView>('PATCH', path, body);
    const shown = this.#list.data;
    if (!shown) return;
    // It stays where it is until the list is loaded again, also in a list of another state.
    this.#list.data = { ...shown, leads: shown.leads.map((one) => (one.id === id ? changed : one)) };
    this.requestUpdate();
  }

  async #setState({ id }: LeadView, event: Event): Promise<void> {
    const state = (event.target as HTMLSelectElement).value;
    await this.#work.do(() => this.#change(id, { state }), 'Changed.');
    // A refused change must not look like a made one.
    this.requestUpdate();
  }

  async #note(id: string): Promise<void> {
    this.#form.reset();
    this.noting = this.noting === id ? null : id;
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('textarea[name=note]')?.focus();
  }

  async #delete(id: string, name: string): Promise<void> {
    const text = 'What this person wrote and your note are deleted. This cannot be undone.';
    if (!(await confirm({ title: `Delete the lead of ${name}?`, text, action: 'Delete', danger: true })))
      return;
    await this.#work.do(async () => {
      await send('DELETE', pathOf(this.scope, `/leads/${encodeURIComponent(id)}`));
      await this.#list.load();
    }, 'Deleted.');
  }

  #choose = (event: Event) => {
    this.state = (event.target as HTMLSelectElement).value as LeadState | '';
    this.noting = null;
    void this.#list.load(true);
  };

  #save = () =>
    this.#work.do(() =>
      saveCsv(
        pathOf(this.scope, `/leads${this.state ? `?state=${this.state}` : ''}`),
        `leads-${this.scope.slug}`,
      ),
    );
}
customElements.define('leads-view', LeadsElement);
