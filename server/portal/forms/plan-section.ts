/** A client's plans: current, past and future, and the form for the next one. */
import { html } from 'lit';
import type { Plan, PlanPreset, PlanVersionView } from '../../contract.ts';
import { get, Refusal, send } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { dayName } from '../pure/format.ts';
import { completed, notAPlan, withKind, withRates, withTiers } from '../pure/plan-shape.ts';
import { field } from './fields.ts';
import { Form, readForm } from './form.ts';
import { planFields, type Reshape } from './plan-fields.ts';
import './plan-simulator.ts';
import '../parts/as-default.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { table } from '../parts/table.ts';
import { planWords } from '../pure/plan-words.ts';
import { monthIn, monthPlus } from '../pure/zone.ts';

interface Plans {
  current: PlanVersionView | null;
  versions: PlanVersionView[];
  presets: PlanPreset[];
}

export class PlanSectionElement extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = {
    ...ScopedElement.properties,
    draft: { state: true },
    from: { state: true },
    isUnread: { state: true },
    jsonProblem: { state: true },
  };
  /** The plan in the form, as far as it can be read. */
  declare draft: Plan | null;
  /** The day on which it would start. */
  declare from: string;
  /** A field is not a valid amount, or empty although required. */
  declare isUnread: boolean;
  declare jsonProblem: string | null;

  constructor() {
    super();
    this.draft = null;
    this.from = '';
    this.isUnread = false;
    this.jsonProblem = null;
  }

  #plans = new Resource<Plans>(this, async () => {
    const [plans, { presets }] = await Promise.all([
      get<Omit<Plans, 'presets'>>(pathOf(this.scope, '/plan')),
      get<{ presets: PlanPreset[] }>('billing/presets'),
    ]);
    return { ...plans, presets };
  });
  #form = new Form(this, {
    start: () => ({ plan: this.draft }),
    currency: () => this.draft?.currency ?? 'usd',
    send: (body) => this.#set(body),
    discarded: () => void this.#begin(),
  });

  protected override reload(): void {
    void this.#begin();
  }

  /** @returns false when cancelled */
  async #set(body: object): Promise<boolean> {
    const path = pathOf(this.scope, '/plan');
    try {
      await send('PUT', path, body);
    } catch (error) {
      // The server wants such a day confirmed: a wrong year would bill every month since.
      const [, why = ''] =
        error instanceof Refusal ? (/^(.*?)[^.]*"backdate"/.exec(error.message) ?? []) : [];
      if (!why) throw error;
      const action = 'Set it anyway';
      if (!(await confirm({ title: 'Bill past months?', text: why, action, danger: true }))) {
        return false;
      }
      await send('PUT', path, { ...body, backdate: true });
    }
    await this.#plans.load();
    return true;
  }

  async #begin(): Promise<void> {
    this.draft = null;
    await this.#plans.load(true);
    const plans = this.#plans.data;
    if (!plans) return;
    const { timeZone, now } = this.scope;
    const month = monthIn(timeZone, now);
    // With a plan, the change starts next month; without one, billing starts this month.
    this.from = `${plans.versions.length > 0 ? monthPlus(month, 1) : month}-01`;
    this.#take(plans.current?.plan ?? plans.presets[0]?.plan ?? null);
  }

  #take(plan: Plan | null): void {
    this.draft = plan && completed(structuredClone(plan));
    this.isUnread = false;
    this.jsonProblem = null;
    this.#form.reset();
  }

  protected override render() {
    return html`<section>
        <h2>Plan</h2>
        ${this.#plans.show((plans) => html`${this.#versions(plans)} ${this.#asDefault(plans)} ${this.draft ? this.#editor(plans, this.draft) : ''}`)}
      </section>
      ${this.draft && this.scope.permissions.includes('billing.manage') ? html`<plan-simulator .scope=${this.scope} .plan=${this.draft}></plan-simulator>` : ''}`;
  }

  #versions({ current, versions }: Plans) {
    if (versions.length === 0) return html`<p>There is no plan yet, so nothing is charged.</p>`;
    return table(
      'Plans',
      ['From', 'Plan'],
      versions.toReversed().map(
        ({ id, from, plan }) => html`<tr>
          <th scope="row">${dayName(from)}</th>
          <td>${plan?.name ?? 'no plan: nothing is charged'} ${id === current?.id ? html`<span class="badge good">Current</span>` : ''}</td>
        </tr>`,
      ),
    );
  }

  #asDefault({ current }: Plans) {
    if (!this.scope.mayWrite || !current?.plan) return '';
    return html`<as-default .label=${'Use this plan for new clients'} .what=${{ plan: current.plan }}></as-default>`;
  }

  #editor(plans: Plans, draft: Plan) {
    if (!this.scope.permissions.includes('billing.manage')) return '';
    const fixed = plans.versions.find(({ plan }) => plan)?.plan?.currency;
    const fields = html`<div @input=${this.#written}>
        ${planFields(this.#form.errors, draft, fixed !== undefined, this.#reshape)}
        <div class="fields">
          ${field(this.#form.errors, { name: 'from', label: 'Starts on', type: 'date', value: this.from, required: true, hint: `Time zone: ${this.scope.timeZone}. If it starts mid-month, the fee covers the remaining days.` })}
        </div>
      </div>
      <div class="card" id="words">
        ${this.isUnread ? html`<p class="warn">Some values above are not valid yet. Without them:</p>` : ''}
        ${planWords(draft, this.scope.name).map((sentence) => html`<p>${sentence}</p>`)}</div>`;
    return html`<h3>${plans.current ? 'New plan' : 'First plan'}</h3>
      <p class="field">
        <label for="beginning">Start from</label>
        <select id="beginning" @change=${this.#preset}>
          ${plans.current?.plan ? html`<option value="">the current plan</option>` : ''}
          ${plans.presets.map(({ name, description }) => html`<option value=${name}>${name}: ${description}</option>`)}
        </select>
      </p>
      ${this.#form.show(fields, 'Set this plan', true)}
      ${this.#json(draft)}
      ${plans.current?.plan ? this.#ending() : ''}`;
  }

  #json(draft: Plan) {
    return html`<details>
      <summary>Edit as JSON, including values without a field</summary>
      <p class="field">
        <label for="json">Plan</label>
        <textarea id="json" class="code" rows="14" spellcheck="false" .value=${JSON.stringify(draft, null, 2)}
          aria-invalid=${this.jsonProblem ? 'true' : 'false'} aria-describedby="json-problem"></textarea>
        <span class="bad small" id="json-problem" role="status">${this.jsonProblem ?? ''}</span>
      </p>
      <p><button @click=${this.#takeJson}>Apply to the form</button></p>
    </details>`;
  }

  #ending() {
    return html`<details>
      <summary>End billing</summary>
      <p>From that day on, nothing is charged until you set a new plan. Plans that start later are cancelled.</p>
      <form class="row" @submit=${this.#end}>
        <label>From <input type="date" name="day" required value=${this.from}></label>
        <button class="danger" aria-disabled=${this.#form.work.isBusy}>End billing</button>
      </form>
    </details>`;
  }

  #reshape: Reshape = {
    kind: (rate, kind) => {
      if (this.draft) this.draft = withKind(this.draft, rate, kind);
    },
    tiers: (rate, by) => {
      if (this.draft) this.draft = withTiers(this.draft, rate, by);
    },
    rates: async (by) => {
      if (this.draft) this.#take(withRates(this.draft, by));
      this.#form.touch();
      await this.updateComplete;
      this.renderRoot.querySelector<HTMLElement>('fieldset:last-of-type select')?.focus();
    },
  };

  #written = (event: Event) => {
    const { form } = event.target as HTMLInputElement;
    if (!form || !this.draft) return;
    const { body, errors } = readForm(form, { plan: this.draft }, this.draft.currency);
    const { plan, from } = body as { plan: Plan; from?: string };
    this.draft = completed(plan);
    this.isUnread = errors.length > 0;
    this.from = from ?? this.from;
  };

  #preset = (event: Event) => {
    const plans = this.#plans.data;
    if (!plans) return;
    const { value } = event.target as HTMLSelectElement;
    const chosen = plans.presets.find(({ name }) => name === value)?.plan ?? plans.current?.plan ?? null;
    const currency = plans.versions.find(({ plan }) => plan)?.plan?.currency;
    this.#take(chosen && { ...chosen, ...(currency ? { currency } : {}) });
  };

  #takeJson = () => {
    const text = this.renderRoot.querySelector<HTMLTextAreaElement>('#json')?.value ?? '';
    let plan: unknown;
    try {
      plan = JSON.parse(text);
    } catch {
      this.jsonProblem = 'This is not valid JSON.';
      return;
    }
    const problem = notAPlan(plan);
    if (problem) this.jsonProblem = `This is not a plan: ${problem}.`;
    else this.#take(plan as Plan);
  };

  #end = async (event: SubmitEvent) => {
    event.preventDefault();
    const from = String(new FormData(event.target as HTMLFormElement).get('day'));
    const question = {
      title: `End billing for ${this.scope.name}?`,
      text: `From ${dayName(from)} on, nothing is charged.`,
      action: 'End billing',
      danger: true,
    };
    if (!(await confirm(question))) return;
    await this.#form.work.do(
      async () => {
        await send('PUT', pathOf(this.scope, '/plan'), { plan: null, from });
        await this.#plans.load();
      },
      `From ${dayName(from)} on, nothing is charged.`,
    );
  };
}
customElements.define('plan-section', PlanSectionElement);
