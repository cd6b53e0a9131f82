/** What a month would have cost under the plan in the form. */
import { html } from 'lit';
import type { Plan, SimulationAnswer } from '../../contract.ts';
import { post } from '../parts/api.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { table } from '../parts/table.ts';
import { Work } from '../parts/work.ts';
import { money, monthName, plural } from '../pure/format.ts';
import { monthIn, monthPlus } from '../pure/zone.ts';

export class PlanSimulatorElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    plan: { attribute: false },
    answer: { state: true },
  };
  declare plan: Plan;
  declare answer: SimulationAnswer | null;

  constructor() {
    super();
    this.answer = null;
  }

  #work = new Work(this);

  protected override reload(): void {
    this.#forget();
  }

  protected override updated(changed: Map<PropertyKey, unknown>): void {
    // The figures would mislead once the form holds a different plan.
    if (changed.has('plan') && this.answer) this.#forget();
  }

  #forget(): void {
    this.answer = null;
    this.#work.clear();
  }

  protected override render() {
    const now = monthIn(this.scope.timeZone, this.scope.now);
    const months = Array.from({ length: 13 }, (_, back) => monthPlus(now, -back));
    return html`<section>
      <h2>Try the plan on a past month</h2>
      <form class="row" @submit=${this.#simulate}>
        <label>
          Month
          <select name="month">
            ${months.map((month, back) => html`<option value=${month} ?selected=${back === 1}>${monthName(month)}${back === 0 ? ' so far' : ''}</option>`)}
          </select>
        </label>
        <button aria-disabled=${this.#work.isBusy}>What would it have cost?</button>
      </form>
      ${this.#work.show()} ${this.answer ? this.#result(this.answer) : ''}
    </section>`;
  }

  #result({ month, currency, days, ofDays, lines, totalCents, actualCents, openCalls }: SimulationAnswer) {
    const more = totalCents - actualCents;
    const difference =
      more === 0 ? 'the same' : `${money(Math.abs(more), currency)} ${more > 0 ? 'more' : 'less'}`;
    return html`<p role="status">
        With this plan ${monthName(month)} would have come to <strong>${money(totalCents, currency)}</strong> instead of
        ${money(actualCents, currency)}: ${difference}. Before tax${days < ofDays ? `, for the ${days} of ${ofDays} days with a plan` : ''}.
      </p>
      ${openCalls > 0 ? html`<p class="warn small">Not included: ${plural(openCalls, 'call')} with unknown length or cost.</p>` : ''}
      ${table(
        'The month under this plan',
        ['Item', ['Amount', 'number']],
        lines.map(
          ({ description, amountCents }) =>
            html`<tr><th scope="row">${description}</th><td class="number">${money(amountCents, currency)}</td></tr>`,
        ),
      )}`;
  }

  #simulate = (event: SubmitEvent) => {
    event.preventDefault();
    const month = String(new FormData(event.target as HTMLFormElement).get('month'));
    return this.#work.do(async () => {
      this.answer = null;
      this.answer = await post(pathOf(this.scope, '/simulate'), { month, plan: this.plan });
    });
  };
}
customElements.define('plan-simulator', PlanSimulatorElement);
