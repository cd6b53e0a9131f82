/** What was changed and by whom, newest first, by client, actor and action. */
import { html, LitElement } from 'lit';
import type { AuditAnswer, AuditEntry } from '../../contract.ts';
import { get } from '../parts/api.ts';
import { formStyle } from '../parts/form-style.ts';
import { EagerResource } from '../parts/resource.ts';
import { showMore } from '../parts/show-more.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { moment } from '../pure/format.ts';

const filters = [
  ['tenant', 'Client’s handle'],
  ['actor', 'Actor’s id'],
  ['action', 'Action'],
] as const;

export class AuditElement extends LitElement {
  static override styles = [shared, formStyle];

  #query = new URLSearchParams();
  #list = new EagerResource<AuditAnswer>(this, () => get(this.#path()));
  #more = new Work(this);

  #path(): string {
    return `audit?limit=50${this.#query.size > 0 ? `&${this.#query}` : ''}`;
  }

  protected override render() {
    return html`<h1>Audit log</h1>
      <section>
        <form @submit=${this.#filter}>
          <div class="fields">
            ${filters.map(([name, label]) => html`<div class="field"><label for=${name}>${label}</label><input id=${name} name=${name} maxlength="100"></div>`)}
          </div>
          <p><button>Filter</button></p>
        </form>
        ${this.#list.show((list) => this.#table(list))} ${this.#more.show()}
      </section>`;
  }

  #table({ entries, nextCursor }: AuditAnswer) {
    if (entries.length === 0) return html`<p>No entries.</p>`;
    return html`${table('Changes, newest first', ['Action', 'Client', ['Actor', 'wide'], ['When', 'wide']], entries.map(row))}
      ${nextCursor ? html`<p>${showMore(this.#list, 'entries', this.#path(), this.#more)}</p>` : ''}`;
  }

  #filter = (event: SubmitEvent) => {
    event.preventDefault();
    const given = new FormData(event.target as HTMLFormElement);
    this.#query = new URLSearchParams();
    for (const [name] of filters) {
      const value = String(given.get(name) ?? '').trim();
      if (value) this.#query.set(name, value);
    }
    void this.#list.load();
  };
}
customElements.define('audit-view', AuditElement);

function row({ at, actor, action, tenant, before, after }: AuditEntry) {
  const when = moment(at, 'UTC');
  return html`<tr>
    <th scope="row">${action}
      ${before || after ? html`<details><summary class="small">What changed</summary><pre class="small">${JSON.stringify({ before, after }, null, 2)}</pre></details>` : ''}
      <div class="narrow muted small">${actor}, ${when}</div>
    </th>
    <td>${tenant ?? ''}</td>
    <td class="wide">${actor}</td>
    <td class="wide nowrap">${when}</td>
  </tr>`;
}
