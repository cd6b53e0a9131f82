/** Notices about clients, newest first, including undelivered ones. */
import { html, LitElement } from 'lit';
import type { NoticesAnswer, NoticeView } from '../../contract.ts';
import { moment } from '../pure/format.ts';
import { get } from './api.ts';
import { Resource } from './resource.ts';
import { shared } from './style.ts';
import { Work } from './work.ts';

const path = 'notices?limit=20';

export class NoticesElement extends LitElement {
  static override styles = [shared];

  #list = new Resource<NoticesAnswer>(this, () => get(path));
  #work = new Work(this);

  override connectedCallback(): void {
    super.connectedCallback();
    void this.#list.load();
  }

  protected override render() {
    return html`<section>
      <h2>Notices</h2>
      <p class="muted small">Times are in UTC. Each notice also goes to the client’s alert address; without one, invoice notices go to your agency’s address.</p>
      ${this.#list.show((list) => this.#table(list))}
      ${this.#work.show()}
    </section>`;
  }

  #table({ notices, nextCursor }: NoticesAnswer) {
    if (notices.length === 0) return html`<p>No notices yet.</p>`;
    return html`<div class="scroll">
        <table>
          <caption class="unseen">Notices, newest first</caption>
          <thead><tr><th scope="col">Client</th><th scope="col">Notice</th><th scope="col" class="wide">When</th></tr></thead>
          <tbody>${notices.map(row)}</tbody>
        </table>
      </div>
      ${nextCursor ? html`<p><button @click=${() => this.#more(nextCursor)} aria-disabled=${this.#work.isBusy ? 'true' : 'false'}>Show more</button></p>` : ''}`;
  }

  #more(cursor: string): Promise<boolean> {
    return this.#work.do(async () => {
      const shown = this.#list.data;
      const next = await get<NoticesAnswer>(`${path}&cursor=${encodeURIComponent(cursor)}`);
      if (shown && shown === this.#list.data) {
        this.#list.data = { ...next, notices: [...shown.notices, ...next.notices] };
      }
    });
  }
}
customElements.define('notices-section', NoticesElement);

function row({ at, tenant, title, text, pending }: NoticeView) {
  const when = moment(at, 'UTC');
  return html`<tr>
    <th scope="row"><a href="#/tenants/${tenant}">${tenant}</a></th>
    <td>
      ${title.charAt(0).toUpperCase()}${title.slice(1)}
      <div class="muted small">${text}${pending ? ' Not delivered yet.' : ''}</div>
      <span class="narrow muted small">${when}</span>
    </td>
    <td class="wide nowrap">${when}</td>
  </tr>`;
}
