/** Above every view: that the portal is seen as a client sees it, and the way to another client. */
import { css, html, LitElement } from 'lit';
import type { MeAnswer } from '../../contract.ts';
import { say } from '../language/words.ts';
import { moment } from '../pure/format.ts';
import { send } from './api.ts';
import { shared } from './style.ts';
import { Work } from './work.ts';

export class PersonBarElement extends LitElement {
  static override styles = [
    shared,
    css`
      .bar { display: flex; flex-wrap: wrap; gap: 0.5rem 1rem; align-items: center; max-width: 64rem; margin: 0 auto;
        padding: 0.5rem 1rem; }
      .bar p { margin: 0; }
      .viewing { border-bottom: 2px solid var(--accent); font-weight: 600; }
    `,
  ];
  static override properties = { me: { attribute: false } };
  declare me: MeAnswer;
  #stopping = new Work(this);

  protected override render() {
    const { viewing, places, tenant } = this.me;
    if (viewing) {
      return html`<aside class="bar viewing" aria-label="Seen as the client">
        <p>You see this portal as ${tenant?.name} does (${viewing.role}), until ${moment(viewing.until, 'UTC')} UTC.</p>
        <button @click=${this.#stop} aria-disabled=${this.#stopping.isBusy}>Stop</button>
        ${this.#stopping.show()}
      </aside>`;
    }
    if (!places) return '';
    return html`<div class="bar"><a href="choose">${say('changeClient')}</a></div>`;
  }

  #stop = async () => {
    const { me } = this;
    await this.#stopping.do(() => send('DELETE', 'me/view'));
    // Also when another tab, or the hour, was faster: the page that follows shows what is so.
    history.replaceState(null, '', me.tenant ? `#/tenants/${me.tenant.slug}` : '#/');
    location.reload();
  };
}
customElements.define('person-bar', PersonBarElement);
