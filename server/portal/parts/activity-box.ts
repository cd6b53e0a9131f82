/** A tenant's conversations by day, beside the days before: the period is chosen here, the sums are the server's. */
import { css, html } from 'lit';
import type { UsageAnswer, UsageRow } from '../../contract.ts';
import { say, sayCount } from '../language/words.ts';
import { change, count, dayName, duration, exactMoney, period } from '../pure/format.ts';
import { dayIn, dayPlus, daysFrom } from '../pure/zone.ts';
import { get } from './api.ts';
import { lazily } from './lazy.ts';
import { Resource } from './resource.ts';
import { pathOf } from './scope.ts';
import { ScopedElement } from './scoped-element.ts';
import { table } from './table.ts';

const ranges = [7, 30, 90];
/** A chart of more days is not readable. */
const mostDays = 366;

interface Activity {
  days: string[];
  now: UsageAnswer;
  /** The same number of days before them. */
  before: UsageAnswer;
}

export class ActivityElement extends ScopedElement {
  static override styles = [
    ...ScopedElement.styles,
    css`
      day-chart, day-chart:not(:defined) { display: block; min-height: 15.5rem; }
      .row { margin-bottom: 0.75rem; }
    `,
  ];
  static override properties = {
    ...ScopedElement.properties,
    first: { state: true },
    last: { state: true },
    problem: { state: true },
  };
  /** The chosen days, `YYYY-MM-DD`. */
  declare first: string;
  declare last: string;
  /** Why the entered days are not shown. */
  declare problem: string;

  constructor() {
    super();
    this.first = '';
    this.last = '';
    this.problem = '';
  }

  #activity = new Resource<Activity>(this, async () => {
    const days = daysFrom(this.first, this.last);
    const usage = (from: string, to: string) =>
      get<UsageAnswer>(pathOf(this.scope, `/usage?by=day&from=${from}&to=${to}`));
    const after = dayPlus(this.last, 1);
    const [now, before] = await Promise.all([
      usage(this.first, after),
      usage(dayPlus(this.first, -days.length), this.first),
    ]);
    return { days, now, before };
  });

  protected override reload(): void {
    lazily(() => import('./day-chart.ts'));
    this.#show(30);
  }

  /** Up to today. */
  #show(days: number): void {
    const today = dayIn(this.scope.timeZone, this.scope.now);
    this.#load(dayPlus(today, 1 - days), today);
  }

  #load(first: string, last: string): void {
    [this.first, this.last, this.problem] = [first, last, ''];
    void this.#activity.load();
  }

  protected override render() {
    const length = daysFrom(this.first, this.last).length;
    const today = dayIn(this.scope.timeZone, this.scope.now);
    const isLatest = this.last === today;
    return html`<h2>${say('byDay')}</h2>
      <form class="row" @submit=${this.#choose} @change=${this.#choose}>
        <span class="row" role="group" aria-label=${say('period')}>
          ${ranges.map((days) => html`<button type="button" aria-pressed=${isLatest && length === days ? 'true' : 'false'} @click=${() => this.#show(days)}>${sayCount('days', days)}</button>`)}
        </span>
        <label>${say('from')}<input type="date" name="first" required max=${today} .value=${this.first}></label>
        <label>${say('to')}<input type="date" name="last" required max=${today} .value=${this.last}></label>
      </form>
      ${this.problem ? html`<p class="problem" role="alert">${this.problem}</p>` : ''}
      ${this.#activity.show((activity) => this.#content(activity))}`;
  }

  #choose = (event: Event) => {
    event.preventDefault();
    const data = new FormData(event.currentTarget as HTMLFormElement);
    const [first, last] = [String(data.get('first')), String(data.get('last'))];
    // A date that is still being entered.
    if (first === '' || last === '') return;
    if (first > last) this.problem = say('daysOrder');
    else if (dayPlus(first, mostDays) <= last) this.problem = say('daysMost', { n: mostDays });
    else if (first !== this.first || last !== this.last) this.#load(first, last);
    else this.problem = '';
  };

  #content({ days, now, before }: Activity) {
    const { calls, seconds } = now.total;
    const earlier = before.total.calls;
    const mean = (total: UsageAnswer['total']) =>
      total.calls === 0 ? '–' : duration(Math.round(total.seconds / total.calls));
    return html`<dl class="figures plain">
        <div><dt>${say('conversations')}</dt><dd>${count(calls)} <span class="muted small">${change(calls, earlier)}</span></dd></div>
        <div><dt>${say('talkTime')}</dt><dd>${duration(seconds)} <span class="muted small">${say('was', { value: duration(before.total.seconds) })}</span></dd></div>
        <div><dt>${say('averageLength')}</dt><dd>${mean(now.total)} <span class="muted small">${say('was', { value: mean(before.total) })}</span></dd></div>
      </dl>
      <day-chart .days=${days} .values=${perDay(days, now.rows)} .earlier=${perDay(daysBefore(days), before.rows)}
        .summary=${say('chart', { period: period(now.from, now.to), now: count(calls), before: count(earlier) })}></day-chart>
      <details>
        <summary>${say('showTable')}</summary>
        ${this.#table(now.rows)}
      </details>`;
  }

  #table(rows: UsageRow[]) {
    if (rows.length === 0) return html`<p class="muted">${say('noConversations')}</p>`;
    const withCost = rows.some(({ costMicros }) => costMicros !== undefined);
    return table(
      say('conversationsByDay'),
      [
        say('day'),
        [say('conversations'), 'number'],
        [say('time'), 'number'],
        withCost && ['Cost', 'number wide'],
      ],
      rows.map(
        ({ key, calls = 0, seconds = 0, costMicros }) => html`<tr>
          <th scope="row">${dayName(key)}</th>
          <td class="number">${count(calls)}</td>
          <td class="number">${duration(seconds)}</td>
          ${withCost ? html`<td class="number wide">${exactMoney(costMicros ?? 0, 'usd')}</td>` : ''}
        </tr>`,
      ),
    );
  }
}
customElements.define('activity-box', ActivityElement);

function perDay(days: string[], rows: UsageRow[]): number[] {
  const byDay = new Map(rows.map(({ key, calls = 0 }) => [key, calls]));
  return days.map((day) => byDay.get(day) ?? 0);
}

const daysBefore = (days: string[]) => days.map((day) => dayPlus(day, -days.length));
