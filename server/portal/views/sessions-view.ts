/** Where this person is signed in, and ending that. */
import { html, LitElement } from 'lit';
import type { SessionsAnswer, SessionView } from '../../contract.ts';
import { get, send } from '../parts/api.ts';
import '../parts/passkeys-section.ts';
import { EagerResource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { moment } from '../pure/format.ts';

export class SessionsElement extends LitElement {
  static override styles = [shared];
  static override properties = { mayEnd: { attribute: false } };
  /** Not someone who only looks at the portal as a client sees it. */
  declare mayEnd: boolean;

  constructor() {
    super();
    this.mayEnd = false;
  }

  #sessions = new EagerResource<SessionsAnswer>(this, () => get('me/sessions'));
  #work = new Work(this);

  protected override render() {
    return html`<h1>Your sessions</h1>
      <section>${this.#sessions.show((list) => this.#table(list))} ${this.#work.show()}</section>
      ${this.mayEnd ? html`<passkeys-section></passkeys-section>` : ''}`;
  }

  #table({ sessions }: SessionsAnswer) {
    if (sessions.length === 0)
      return html`<p>You signed in by a link without an account. Sign out to end this session.</p>`;
    return html`${table('Sessions', ['Browser', ['Last used', 'wide'], this.mayEnd ? 'Actions' : 'Which'], sessions.map(this.#row))}
      ${this.mayEnd && sessions.length > 1 ? html`<p><button @click=${() => this.#end('')}>End all others</button></p>` : ''}`;
  }

  #row = ({ id, isThis, userAgent, lastUsedAt, tenant }: SessionView) => html`<tr>
    <th scope="row">${userAgent ?? 'Unknown browser'}${tenant ? html`<div class="muted small">${tenant}</div>` : ''}</th>
    <td class="wide nowrap">${lastUsedAt ? moment(lastUsedAt, 'UTC') : ''}</td>
    <td>${isThis ? 'This one' : !this.mayEnd ? '' : html`<button aria-label="End the session of ${userAgent ?? 'an unknown browser'}" @click=${() => this.#end(`/${id}`)}>End</button>`}</td>
  </tr>`;

  async #end(rest: string): Promise<void> {
    await this.#work.do(() => send('DELETE', `me/sessions${rest}`), 'Ended.');
    await this.#sessions.load();
  }
}
customElements.define('sessions-view', SessionsElement);
