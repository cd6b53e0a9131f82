/** Minutes per day as a bar chart, with the same data as a table. */
import { css, html, LitElement, svg } from 'lit';
import type { UsageRow } from '../../contract.ts';
import { count, dayName, duration, exactMoney, plural } from '../pure/format.ts';
import { shared } from './style.ts';
import { table } from './table.ts';

const width = 100;
const height = 30;

export class UsageChartElement extends LitElement {
  static override styles = [
    shared,
    css`
      svg { display: block; width: 100%; height: 10rem; }
      rect { fill: var(--accent); }
      .base { stroke: var(--line); stroke-width: 1; vector-effect: non-scaling-stroke; }
      .axis { display: flex; justify-content: space-between; }
      figure { margin: 0; }
      summary { min-height: 2rem; padding-top: 0.5rem; cursor: pointer; }
    `,
  ];
  static override properties = {
    days: { attribute: false },
    rows: { attribute: false },
    withCost: { attribute: false },
  };
  /** Every day of the period, `YYYY-MM-DD`. */
  declare days: string[];
  /** One row per day with calls. */
  declare rows: UsageRow[];
  declare withCost: boolean;

  constructor() {
    super();
    this.days = [];
    this.rows = [];
    this.withCost = false;
  }

  protected override render() {
    const byDay = new Map(this.rows.map((row) => [row.key, row]));
    const most = Math.max(60, ...this.rows.map(({ seconds = 0 }) => seconds));
    const slot = width / Math.max(1, this.days.length);
    const busiest = this.rows.reduce<UsageRow | null>(
      (best, row) => ((row.seconds ?? 0) > (best?.seconds ?? -1) ? row : best),
      null,
    );
    const summary = busiest
      ? `Talk time by day; the most was ${duration(busiest.seconds ?? 0)} on ${dayName(busiest.key)}.`
      : 'Talk time by day: no calls yet.';
    return html`<figure>
      <figcaption class="muted small">${summary}</figcaption>
      <svg viewBox="0 0 ${width} ${height}" preserveAspectRatio="none" role="img" aria-label=${summary}>
        ${this.days.map((day, index) => {
          const { seconds = 0, calls = 0 } = byDay.get(day) ?? {};
          if (seconds === 0) return '';
          const tall = Math.max(0.4, (seconds / most) * (height - 1));
          return svg`<rect x=${index * slot + slot * 0.15} y=${height - tall} width=${slot * 0.7} height=${tall}>
            <title>${dayName(day)}: ${plural(calls, 'call')}, ${duration(seconds)}</title></rect>`;
        })}
        <line class="base" x1="0" x2=${width} y1=${height} y2=${height}></line>
      </svg>
      <div class="axis muted small" aria-hidden="true">
        <span>${dayName(this.days[0] ?? '1970-01-01')}</span><span>${dayName(this.days.at(-1) ?? '1970-01-01')}</span>
      </div>
      <details>
        <summary>Show as table</summary>
        ${this.#table()}
      </details>
    </figure>`;
  }

  #table() {
    if (this.rows.length === 0) return html`<p class="muted">No calls yet.</p>`;
    return table(
      'Talk time by day',
      ['Day', ['Calls', 'number'], ['Time', 'number'], this.withCost && ['Cost', 'number']],
      this.rows.map(
        ({ key, calls = 0, seconds = 0, costMicros = 0 }) => html`<tr>
          <th scope="row">${dayName(key)}</th>
          <td class="number">${count(calls)}</td>
          <td class="number">${duration(seconds)}</td>
          ${this.withCost ? html`<td class="number">${exactMoney(costMicros, 'usd')}</td>` : ''}
        </tr>`,
      ),
    );
  }
}
customElements.define('usage-chart', UsageChartElement);
