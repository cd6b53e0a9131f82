/** The operator's start: the month so far beside the one before, who earns and who loses, and the first steps. */
import { css, html, LitElement } from 'lit';
import type { ClientRow, ClientsAnswer } from '../../contract.ts';
import { get } from '../parts/api.ts';
import { firstSteps } from '../parts/first-steps.ts';
import { EagerResource } from '../parts/resource.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { dollars, duration, money, monthName } from '../pure/format.ts';
import { monthPlus } from '../pure/zone.ts';

interface Months {
  /** The clients with the largest margin, and all clients' sums. */
  best: ClientsAnswer;
  /** Those with the smallest. */
  worst: ClientsAnswer;
  before: ClientsAnswer;
}

const shown = 5;

export class HomeElement extends LitElement {
  static override styles = [
    shared,
    css`
      .tiles { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr)); gap: 1rem; margin-bottom: 1rem; }
      .tiles section { margin: 0; }
      .detail { color: var(--muted); }
      .detail, .figures .before { font-size: 0.8125rem; font-weight: 400; line-height: 1.25rem; letter-spacing: 0; }
      .pair { display: grid; grid-template-columns: repeat(auto-fit, minmax(min(24rem, 100%), 1fr)); gap: 0 1rem; align-items: start; }
    `,
  ];
  static override properties = {
    now: { attribute: false },
    mayWrite: { attribute: false },
    hasSeller: { attribute: false },
  };
  /** The server's time, ISO-8601. */
  declare now: string;
  declare mayWrite: boolean;
  declare hasSeller: boolean;

  #months = new EagerResource<Months>(this, async () => {
    const list = (query: Record<string, string>) =>
      get<ClientsAnswer>(
        `billing/tenants?${new URLSearchParams({ sort: 'margin', limit: String(shown), ...query })}`,
      );
    const [best, worst, before] = await Promise.all([
      list({}),
      list({ order: 'asc' }),
      list({ month: monthPlus(this.now.slice(0, 7), -1), limit: '1' }),
    ]);
    return { best, worst, before };
  });

  protected override render() {
    return html`<div class="row heading">
        <h1>Overview</h1>
        ${this.mayWrite ? html`<a class="button" href="#/new-client">New client</a>` : ''}
      </div>
      ${this.#months.show((months) => this.#content(months))}`;
  }

  #content({ best, worst, before }: Months) {
    if (best.totals.tenants === 0) return firstSteps(this.hasSeller);
    return html`${this.hasSeller ? '' : html`<p class="warn">No invoice can be issued until you enter your business details under <a href="#/settings">Settings</a>.</p>`}
      <p class="muted">${monthName(best.month)} so far, beside all of ${monthName(before.month)}.</p>
      <div class="tiles">${tilesOf(best, before).map(tile)}</div>
      <div class="pair">
        ${ranking('Largest margin', best.tenants)}
        ${ranking('Smallest margin', worst.tenants)}
      </div>`;
  }
}
customElements.define('home-view', HomeElement);

interface Tile {
  name: string;
  now: string;
  before: string;
  /** A second figure of the same. */
  detail?: string;
}

function tilesOf({ totals: now }: ClientsAnswer, { totals: before }: ClientsAnswer): Tile[] {
  return [
    { name: 'Revenue', now: sums(now, 'priceCents'), before: sums(before, 'priceCents') },
    { name: 'Cost', now: dollars(now.costMicros), before: dollars(before.costMicros) },
    {
      name: 'Margin',
      now: share(now),
      before: `${share(before)}, ${sums(before, 'marginCents')}`,
      detail: sums(now, 'marginCents'),
    },
    { name: 'Talk time', now: duration(now.seconds), before: duration(before.seconds) },
  ];
}

/** Currencies are not added. */
function sums({ prices }: ClientsAnswer['totals'], of: 'priceCents' | 'marginCents'): string {
  return prices.map((price) => money(price[of], price.currency)).join(' + ') || '–';
}

/** Of the price; in one currency only, since others are not added. */
function share({ prices }: ClientsAnswer['totals']): string {
  const [price, other] = prices;
  if (!price || other || price.priceCents <= 0) return '–';
  return `${((price.marginCents / price.priceCents) * 100).toFixed(1)} %`;
}

function tile({ name, now, before, detail = '' }: Tile) {
  return html`<section><dl class="figures"><div>
    <dt>${name}</dt>
    <dd>${now} <span class="detail">${detail}</span></dd>
    <dd class="muted small before">Before: ${before}</dd>
  </div></dl></section>`;
}

function ranking(title: string, rows: ClientRow[]) {
  const priced = rows.filter(({ marginCents }) => marginCents !== null);
  return html`<section>
    <h2>${title}</h2>
    ${
      priced.length === 0
        ? html`<p class="muted">No client has a price yet.</p>`
        : table(
            title,
            ['Client', ['Price', 'number wide'], ['Margin', 'number']],
            priced.map(
              ({ tenant, name, currency, priceCents, marginCents }) => html`<tr>
                <th scope="row"><a data-row href="#/tenants/${tenant}">${name}</a></th>
                <td class="number wide">${money(priceCents ?? 0, currency ?? 'usd')}</td>
                <td class="number ${(marginCents ?? 0) < 0 ? 'bad' : ''}">${money(marginCents ?? 0, currency ?? 'usd')}</td>
              </tr>`,
            ),
          )
    }
  </section>`;
}
