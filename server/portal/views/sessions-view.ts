/** Where this person is signed in, and ending that. */
import { html, LitElement } from 'lit';
import type { SessionsAnswer, SessionView } from '../../contract.ts';
import { languageNames } from '../language/languages.ts';
import { say } from '../language/words.ts';
import { get, send } from '../parts/api.ts';
import { chosenLanguage, rememberLanguage } from '../parts/language.ts';
import '../parts/passkeys-section.ts';
import { EagerResource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { moment } from '../pure/format.ts';

export class SessionsElement extends LitElement {
  static override styles = [shared];
  static override properties = { mayEnd: { attribute: false }, isClient: { attribute: false } };
  /** Not someone who only looks at the portal as a client sees it. */
  declare mayEnd: boolean;
  /** The operator's portal is in English. */
  declare isClient: boolean;

  constructor() {
    super();
    this.mayEnd = false;
    this.isClient = false;
  }

  #sessions = new EagerResource<SessionsAnswer>(this, () => get('me/sessions'));
  #work = new Work(this);

  protected override render() {
    return html`<h1>${say('sessions')}</h1>
      <section>${this.#sessions.show((list) => this.#table(list))} ${this.#work.show()}</section>
      ${this.isClient ? languageSection() : ''}
      ${this.mayEnd ? html`<passkeys-section></passkeys-section>` : ''}`;
  }

  #table({ sessions }: SessionsAnswer) {
    if (sessions.length === 0) return html`<p>${say('noAccount')}</p>`;
    return html`${table(say('sessionsTable'), [say('browser'), [say('lastUsed'), 'wide'], say(this.mayEnd ? 'actions' : 'which')], sessions.map(this.#row))}
      ${this.mayEnd && sessions.length > 1 ? html`<p><button @click=${() => this.#end('')}>${say('endOthers')}</button></p>` : ''}`;
  }

  #row = ({ id, isThis, userAgent, lastUsedAt, tenant }: SessionView) => html`<tr>
    <th scope="row">${userAgent ?? say('unknownBrowser')}${tenant ? html`<div class="muted small">${tenant}</div>` : ''}</th>
    <td class="wide nowrap">${lastUsedAt ? moment(lastUsedAt, 'UTC') : ''}</td>
    <td>${isThis ? say('thisOne') : !this.mayEnd ? '' : html`<button aria-label=${say('endSession', { browser: userAgent ?? say('unknownBrowser') })} @click=${() => this.#end(`/${id}`)}>${say('end')}</button>`}</td>
  </tr>`;

  async #end(rest: string): Promise<void> {
    await this.#work.do(() => send('DELETE', `me/sessions${rest}`), say('sessionEnded'));
    await this.#sessions.load();
  }
}
customElements.define('sessions-view', SessionsElement);

function languageSection() {
  const chosen = chosenLanguage();
  const change = (event: Event) => {
    rememberLanguage((event.target as HTMLSelectElement).value);
    location.reload();
  };
  return html`<section>
    <h2>${say('language')}</h2>
    <p><label>${say('languageHelp')}
      <select @change=${change}>
        <option value="" ?selected=${chosen === ''}>${say('languageOfBrowser')}</option>
        ${languageNames.map(([code, name]) => html`<option value=${code} lang=${code} ?selected=${chosen === code}>${name}</option>`)}
      </select>
    </label></p>
  </section>`;
}
