/** The operator's clients, with their state and this month's figures. */
import { html, LitElement } from 'lit';
import type { MarginRow, TenantView } from '../../contract.ts';
import { getAll } from '../parts/api.ts';
import { firstSteps } from '../parts/first-steps.ts';
import { EagerResource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { count, dollars, duration, money, monthName } from '../pure/format.ts';

interface Row {
  tenant: TenantView;
  /** Missing if the client has nothing in this month. */
  margin: MarginRow | undefined;
}

export class TenantsElement extends LitElement {
  static override styles = [shared];
  static override properties = {
    now: { attribute: false },
    mayWrite: { attribute: false },
    hasSeller: { attribute: false },
  };
  /** The server's time, ISO-8601. */
  declare now: string;
  declare mayWrite: boolean;
  /** Whether the business details are entered. */
  declare hasSeller: boolean;

  #rows = new EagerResource<Row[]>(this, async () => {
    const [tenants, margins] = await Promise.all([
      getAll<'tenants', TenantView>('tenants?limit=200', 'tenants'),
      getAll<'rows', MarginRow>(`billing/margin?month=${this.now.slice(0, 7)}&limit=200`, 'rows'),
    ]);
    const bySlug = new Map(margins.map((margin) => [margin.tenant, margin]));
    return tenants.map((tenant) => ({ tenant, margin: bySlug.get(tenant.slug) }));
  });

  protected override render() {
    return html`<div class="row heading">
        <h1>Clients</h1>
        ${this.mayWrite ? html`<a class="button" href="#/new-client">New client</a>` : ''}
      </div>
      ${this.#rows.show((rows) =>
        rows.length === 0
          ? firstSteps(this.hasSeller)
          : html`${this.hasSeller ? '' : html`<p class="warn">No invoice can be issued until you enter your business details under <a href="#/agency">Your agency</a>.</p>`}
            ${this.#table(rows)}`,
      )}`;
  }

  #table(rows: Row[]) {
    const usage = ['Calls', 'Time', 'Cost'].map((name) => [name, 'number wide'] as const);
    return html`<section>
      <h2>${monthName(this.now.slice(0, 7))} so far</h2>
      ${table(
        'Clients, with this month’s figures',
        ['Client', 'State', ...usage, ['Price', 'number'], ['Margin', 'number wide']],
        rows.map(
          ({ tenant, margin }) => html`<tr>
            <th scope="row"><a href="#/tenants/${tenant.slug}">${tenant.name}</a></th>
            <td>${stateBadge(tenant.status)}</td>
            <td class="number wide">${margin ? count(margin.calls) : '–'}</td>
            <td class="number wide">${margin ? duration(margin.seconds) : '–'}</td>
            <td class="number wide">${margin ? dollars(margin.costMicros) : '–'}</td>
            <td class="number">${margin ? money(margin.revenueCents, margin.currency) : '–'}</td>
            <td class="number wide">${margin ? money(margin.marginCents, margin.currency) : '–'}</td>
          </tr>`,
        ),
      )}
      <p class="muted small">Cost is what Vapi charges you; price is what the plan charges the client, before tax.</p>
    </section>`;
  }
}
customElements.define('tenants-view', TenantsElement);

export function stateBadge(status: TenantView['status']) {
  return html`<span class="badge ${status === 'active' ? 'good' : 'warn'}">${status}</span>`;
}
