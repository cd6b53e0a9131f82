/** A client's website: its snippet, the websites that may use the agent, and those refused. */
import { html } from 'lit';
import type { BlockedOriginView, TenantView } from '../../contract.ts';
import { field } from '../forms/fields.ts';
import { get, post } from '../parts/api.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { count, moment } from '../pure/format.ts';
import '../parts/snippet-box.ts';
import { TenantForm, tenantSaved } from '../forms/tenant-form.ts';
import '../parts/talk-box.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';

class OriginsFormElement extends TenantForm {
  protected readonly heading = 'Allowed websites';

  protected override fields({ allowedOrigins }: TenantView) {
    return html`<div class="fields">
      ${field(this.form.errors, {
        ...{ name: 'allowedOrigins', label: 'Addresses', as: 'lines', rows: 4, value: allowedOrigins },
        empty: 'keep',
        isBroad: true,
        hint: 'One per line, such as https://www.example.com; https://*.example.com covers all its subdomains. If the list is empty, no website can use the agent.',
      })}
    </div>`;
  }
}
customElements.define('origins-form', OriginsFormElement);

export class SiteElement extends ScopedElement {
  static override properties = { ...ScopedElement.properties, tenant: { attribute: false } };
  declare tenant: TenantView;

  #blocked = new Resource<{ blockedOrigins: BlockedOriginView[] }>(this, () =>
    get(pathOf(this.scope, '/blocked-origins')),
  );
  #work = new Work(this);

  protected override reload(): void {
    this.#work.clear();
    void this.#blocked.load(true);
  }

  protected override render() {
    const { scope, tenant } = this;
    return html`<h1>${titleOf(scope, 'Website')}</h1>
      <snippet-box .scope=${scope} .item=${tenant.updatedAt} .tenant=${tenant}></snippet-box>
      <section>
        <h2>Try it</h2>
        <talk-box .scope=${scope}></talk-box>
      </section>
      <origins-form .scope=${scope} .tenant=${tenant}></origins-form>
      <section>
        <h2>Refused websites</h2>
        ${this.#work.show()}
        ${this.#blocked.show(({ blockedOrigins }) => this.#table(blockedOrigins))}
      </section>`;
  }

  #table(blocked: BlockedOriginView[]) {
    if (blocked.length === 0) return html`<p class="muted">None.</p>`;
    const { timeZone, mayWrite } = this.scope;
    return html`${table(
      'Refused websites',
      ['Website', ['Attempts', 'number'], ['Last seen', 'wide'], html`<span class="unseen">Allow</span>`],
      blocked.map(
        ({ origin, count: times, lastSeen }) => html`<tr>
          <th scope="row" class="breaks">${names[origin] ?? origin}</th>
          <td class="number">${count(times)}</td>
          <td class="wide">${moment(lastSeen, timeZone)}</td>
          <td class="number">
            ${mayWrite && !(origin in names) ? html`<button aria-disabled=${this.#work.isBusy} aria-label="Allow ${origin}" @click=${() => this.#allow(origin)}>Allow</button>` : ''}
          </td>
        </tr>`,
      ),
    )}
      <p class="muted small">Allow only websites of the client: anyone who copies the snippet also appears here. Time zone: ${timeZone}.</p>`;
  }

  #allow(origin: string): Promise<boolean> {
    return this.#work.do(async () => {
      const detail = await post<TenantView>(pathOf(this.scope, '/allowed-origins'), { origin });
      this.dispatchEvent(new CustomEvent(tenantSaved, { detail, bubbles: true, composed: true }));
      await this.#blocked.load();
    }, `${origin} is now allowed.`);
  }
}
customElements.define('site-view', SiteElement);

/** Counted as groups, and cannot be allowed. */
const names: Record<string, string> = {
  '(none)': 'requests without an address',
  '(malformed)': 'requests with an invalid address',
  '(others)': 'all others',
};
