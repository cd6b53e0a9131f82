/** Notices about clients, newest first, including undelivered ones. */
import { html, LitElement } from 'lit';
import type { NoticesAnswer, NoticeView } from '../../contract.ts';
import { moment } from '../pure/format.ts';
import { get } from './api.ts';
import { EagerResource } from './resource.ts';
import { showMore } from './show-more.ts';
import { shared } from './style.ts';
import { table } from './table.ts';
import { Work } from './work.ts';

const path = 'notices?limit=20';

export class NoticesElement extends LitElement {
  static override styles = [shared];

  #list = new EagerResource<NoticesAnswer>(this, () => get(path));
  #work = new Work(this);

  protected override render() {
    return html`<section>
      <h2>Notices</h2>
      <p class="muted small">Times are in UTC. Each notice also goes to the client’s alert address; without one, notices about invoices and keys go to your agency’s address.</p>
      ${this.#list.show((list) => this.#table(list))}
      ${this.#work.show()}
    </section>`;
  }

  #table({ notices, nextCursor }: NoticesAnswer) {
    if (notices.length === 0) return html`<p>No notices yet.</p>`;
    return html`${table('Notices, newest first', ['Client', 'Notice', ['When', 'wide']], notices.map(row))}
      ${nextCursor ? html`<p>${showMore(this.#list, 'notices', path, this.#work)}</p>` : ''}`;
  }
}
customElements.define('notices-section', NoticesElement);

function row({ at, kind, tenant, title, text, pending }: NoticeView) {
  const when = moment(at, 'UTC');
  return html`<tr>
    <th scope="row"><a href="#/tenants/${tenant}">${tenant}</a></th>
    <td>
      ${title.charAt(0).toUpperCase()}${title.slice(1)}
      <div class="muted small">${text}${pending ? ' Not delivered yet.' : ''}</div>
      ${kind === 'not-reporting' || kind === 'key-not-changed' ? html`<a class="small" href="#/tenants/${tenant}/settings">Open settings</a>` : ''}
      <span class="narrow muted small">${when}</span>
    </td>
    <td class="wide nowrap">${when}</td>
  </tr>`;
}
