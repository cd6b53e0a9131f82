/** A tenant's month so far: talk time, the bill so far, and the projected bill. */
import { css, html } from 'lit';
import type {
  CreditsAnswer,
  MarginRow,
  OutcomesAnswer,
  PlanTermsView,
  PlanVersionView,
  PreviewAnswer,
  UsageAnswer,
} from '../../contract.ts';
import { say, sayCount } from '../language/words.ts';
import { get } from '../parts/api.ts';
import { lazily } from '../parts/lazy.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf, titleOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { table } from '../parts/table.ts';
import { count, dayName, dollars, duration, money, monthName } from '../pure/format.ts';

interface Month {
  usage: UsageAnswer;
  /** Null for a client that is not shown what it pays. */
  bill: Bill | null;
  /** Only for the operator. */
  margin: MarginRow | null;
  /** Null for a reader that is not shown what calls achieved. */
  outcomes: OutcomesAnswer | null;
}

interface Bill {
  preview: PreviewAnswer;
  plan: PlanTermsView | PlanVersionView | null;
  credits: CreditsAnswer;
}

export class OverviewElement extends ScopedElement {
  static override styles = [
    ...ScopedElement.styles,
    css`
      activity-box:not(:defined) { display: block; min-height: 27rem; }
    `,
  ];
  #month = new Resource<Month>(this, async () => {
    const { scope } = this;
    const [usage, bill, outcomes] = await Promise.all([
      get<UsageAnswer>(pathOf(scope, '/usage?by=day')),
      scope.access.invoices ? this.#bill() : null,
      scope.access.results && scope.permissions.includes('calls.read')
        ? get<OutcomesAnswer>(pathOf(scope, '/outcomes'))
        : null,
    ]);
    const margin =
      scope.isOperator && bill
        ? await get<MarginRow>(pathOf(scope, `/margin?month=${bill.preview.month}`))
        : null;
    return { usage, bill, margin, outcomes };
  });

  async #bill(): Promise<Bill> {
    const { scope } = this;
    const [preview, plan, credits] = await Promise.all([
      get<PreviewAnswer>(pathOf(scope, '/preview')),
      get<{ current: Bill['plan'] }>(pathOf(scope, '/plan')),
      get<CreditsAnswer>(pathOf(scope, '/credits')),
    ]);
    return { preview, plan: plan.current, credits };
  }

  protected override reload(): void {
    lazily(() => import('../parts/activity-box.ts'));
    void this.#month.load(true);
  }

  protected override render() {
    return html`<h1>${titleOf(this.scope, say('overview'))}</h1>
      ${this.#month.show((month) => this.#content(month))}`;
  }

  #content({ usage, bill, margin, outcomes }: Month) {
    const month = usage.from.slice(0, 7);
    const { calls, seconds, costMicros = 0, callsWithoutCost = 0 } = usage.total;
    return html`<section>
        <h2>${say('soFar', { month: monthName(month) })}</h2>
        <dl class="figures">
          ${figure(say('calls'), count(calls))} ${figure(say('time'), duration(seconds))}
          ${outcomes ? outcomeFigures(outcomes) : ''}
          ${bill ? billFigures(bill) : ''}
          ${margin ? figure('Your cost', dollars(costMicros)) : ''}
          ${margin && bill?.plan ? figure('Your margin', money(margin.marginCents, bill.preview.currency)) : ''}
        </dl>
        ${bill && bill.preview.openCalls > 0 ? html`<p class="muted small">${sayCount('openCalls', bill.preview.openCalls)}</p>` : ''}
        ${callsWithoutCost > 0 ? html`<p class="warn small">Vapi has not reported the cost of ${count(callsWithoutCost)} of them yet.</p>` : ''}
      </section>
      <section>
        <activity-box .scope=${this.scope}></activity-box>
      </section>
      ${bill ? billSections(bill) : ''}`;
  }
}
customElements.define('overview-view', OverviewElement);

function figure(name: string, value: string) {
  return html`<div><dt>${name}</dt><dd>${value}</dd></div>`;
}

/** Nothing while nothing is counted. */
function outcomeFigures({ name, total }: OutcomesAnswer) {
  const { outcomes, judged, costPerOutcomeMicros = null } = total;
  if (name === null && judged === 0) return '';
  return html`${figure(name ?? say('outcomes'), say('countedOf', { n: count(outcomes), calls: count(judged) }))}
    ${costPerOutcomeMicros === null ? '' : figure('Your cost per outcome', dollars(costPerOutcomeMicros))}`;
}

function billFigures({ preview: { currency, soFar, atThisPace }, plan, credits }: Bill) {
  return html`${plan ? figure(say('billSoFar'), money(soFar.totalCents, currency)) : ''}
    ${plan ? figure(say('projected'), money(atThisPace.totalCents, currency)) : ''}
    ${credits.entries.length > 0 ? figure(say('creditLeft'), money(credits.balanceCents, credits.currency)) : ''}`;
}

function billSections({ preview, plan }: Bill) {
  return html`<section>
      <h2>${say('breakdown')}</h2>
      ${preview.soFar.lines.length === 0 ? html`<p class="muted">${say('nothingYet')}</p>` : lineTable(preview)}
    </section>
    <section>
      <h2>${say('plan')}</h2>
      ${planText(plan)}
    </section>`;
}

function lineTable({ soFar, currency }: PreviewAnswer) {
  return html`${table(
    say('breakdown'),
    [say('item'), [say('amount'), 'number']],
    soFar.lines.map(
      (line) =>
        html`<tr><td><span lang="en" dir="auto">${line.description}</span></td><td class="number">${money(line.amountCents, currency)}</td></tr>`,
    ),
  )}
  <p class="muted small">${say('canChange')}</p>`;
}

function planText(plan: Bill['plan']) {
  if (!plan) return html`<p class="muted">${say('noPlan')}</p>`;
  if ('plan' in plan) {
    if (!plan.plan) return html`<p class="muted">The plan ended on ${dayName(plan.from)}.</p>`;
    const markups = plan.plan.rates.flatMap(({ channels, price }) =>
      price.kind === 'cost-plus'
        ? [`Markup on the cost of ${channels.join(', ')}: ${price.markupBps / 100}%`]
        : [],
    );
    return html`<p><strong>${plan.plan.name}</strong>, from ${dayName(plan.from)}</p>
      ${terms([...(plan.terms ?? []), ...markups])}`;
  }
  return html`<p><strong>${plan.name}</strong></p>
    ${terms(plan.terms)}`;
}

function terms(list: string[]) {
  return html`<ul>
    ${list.map((term) => html`<li><span lang="en" dir="auto">${term}</span></li>`)}
  </ul>`;
}
