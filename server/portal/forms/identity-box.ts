/** The key with which the client's site signs who its visitors are: made, replaced, removed; shown once. */
import { html } from 'lit';
import type { IdentityKeyView, MadeIdentityKey, TenantView } from '../../contract.ts';
import { get, send } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import '../parts/copy-field.ts';
import { formStyle } from '../parts/form-style.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { Work } from '../parts/work.ts';
import { moment } from '../pure/format.ts';

export class IdentityBoxElement extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = {
    ...ScopedElement.properties,
    tenant: { attribute: false },
    made: { state: true },
  };
  declare tenant: TenantView;
  /** The key that was just made, whole. */
  declare made: string | null;

  constructor() {
    super();
    this.made = null;
  }

  #keys = new Resource<IdentityKeyView>(this, () => get(pathOf(this.scope, '/identity-key')));
  #work = new Work(this);

  protected override reload(): void {
    this.made = null;
    this.#work.clear();
    void this.#keys.load(true);
  }

  protected override render() {
    return html`<section>
      <h2>Signed identities</h2>
      <p class="muted small">With a key the client’s own site can prove to the assistant who is signed in there. Without it, what a page says about its visitor can be changed by anyone.</p>
      ${this.#keys.show((keys) => this.#shown(keys))}
    </section>`;
  }

  #shown({ key, createdAt, previousUntil }: IdentityKeyView) {
    const { isBusy } = this.#work;
    const { timeZone, accessMode } = this.tenant;
    return html`<p>${key === null ? 'There is no key.' : `${key}, made ${moment(createdAt ?? '', timeZone)}.`}
        ${previousUntil ? `The key before is accepted until ${moment(previousUntil, timeZone)}.` : ''}</p>
      ${key !== null && accessMode !== 'proxy' ? html`<p class="warn">Calls with an identity are refused while browsers get a key: they must start through this server.</p>` : ''}
      ${
        this.made
          ? html`<p class="warn small">Copy it now to the site’s server: it is not shown again, and must not be in a page.</p>
              <copy-field .label=${'New key'} .text=${this.made}></copy-field>`
          : ''
      }
      ${this.#work.show()}
      <p class="row">
        <button aria-disabled=${isBusy} @click=${() => this.#make(key)}>${key === null ? 'Make an identity key' : 'Replace the identity key'}</button>
        ${key === null ? '' : html`<button class="danger" aria-disabled=${isBusy} @click=${this.#remove}>Remove the identity key</button>`}
      </p>`;
  }

  async #make(key: string | null): Promise<void> {
    const isSure =
      key === null ||
      (await confirm({
        title: 'Replace the identity key?',
        text: 'The site must sign with the new key within a day; until then both are accepted.',
        action: 'Replace',
      }));
    if (!isSure) return;
    await this.#do(async () => {
      this.made = (await send<MadeIdentityKey>('POST', pathOf(this.scope, '/identity-key'), {})).key;
    });
  }

  #remove = async () => {
    const isSure = await confirm({
      title: 'Remove the identity key?',
      text: 'From then on calls of visitors whose page names an identity are refused. Take it off the site first.',
      action: 'Remove',
      danger: true,
    });
    if (!isSure) return;
    await this.#do(async () => {
      await send('DELETE', pathOf(this.scope, '/identity-key'));
      this.made = null;
    });
  };

  async #do(work: () => Promise<void>): Promise<void> {
    if (await this.#work.do(work)) await this.#keys.load();
  }
}
customElements.define('identity-box', IdentityBoxElement);
