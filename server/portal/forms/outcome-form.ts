/** Which calls of a client count as its outcome: entered as conditions, tried on past calls, then saved. */
import { html } from 'lit';
import type { OutcomeAnswer, TenantView, TriedOutcome } from '../../contract.ts';
import { get, send } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { Work } from '../parts/work.ts';
import { count, endedClasses, endedWord, moment, plural } from '../pure/format.ts';
import {
  aboutChoices,
  conditionOf,
  type EnteredCondition,
  enteredOf,
  ruleWords,
  valueKind,
} from '../pure/outcome-words.ts';
import { choice, choices, field } from './fields.ts';
import { Form, readForm } from './form.ts';

interface Entered {
  name?: string;
  match?: string;
  conditions?: EnteredCondition[];
}

const tried = 200;
const shownCalls = 10;

export class OutcomeFormElement extends ScopedElement {
  static override styles = [shared, formStyle];
  static override properties = {
    ...ScopedElement.properties,
    tenant: { attribute: false },
    entered: { state: true },
    result: { state: true },
  };
  declare tenant: TenantView;
  /** With conditions added, changed and removed; null = as saved. */
  declare entered: Entered | null;
  /** Of the last try. */
  declare result: TriedOutcome | null;

  constructor() {
    super();
    this.entered = null;
    this.result = null;
  }

  #outcome = new Resource<OutcomeAnswer>(this, () => get(this.#path()));
  #work = new Work(this);
  #form = new Form(this, {
    discarded: () => this.#forget(),
    send: async (body) => {
      this.#outcome.data = await send<OutcomeAnswer>('PUT', this.#path(), this.#bodyOf(body as Entered));
      this.#forget();
    },
    done: 'Saved. It judges calls from now on; those before keep theirs.',
  });

  protected override reload(): void {
    this.#form.reset();
    this.#work.clear();
    this.#forget();
    void this.#outcome.load(true);
  }

  #forget(): void {
    this.entered = null;
    this.result = null;
  }

  #path(rest = ''): string {
    return pathOf(this.scope, `/outcome${rest}`);
  }

  #bodyOf({ name = '', match, conditions = [] }: Entered) {
    const { outputs } = this.tenant.results;
    return { name, match, conditions: conditions.map((one) => conditionOf(one, outputs)) };
  }

  protected override render() {
    return html`<section>
      <h2>Outcome</h2>
      <p class="muted">What the client wants its calls to lead to. Each call is judged when its results come; what counts is summed up by day, with its cost.</p>
      ${this.#outcome.show((outcome) => this.#content(outcome))}
    </section>`;
  }

  #content(outcome: OutcomeAnswer) {
    const { mayWrite } = this.scope;
    return html`${this.#form.show(this.#fields(outcome), 'Save', mayWrite)}
      ${
        mayWrite
          ? html`<p class="row">
              <button type="button" @click=${this.#try} aria-disabled=${this.#work.isBusy}>Try on the latest ${tried} calls</button>
              ${outcome.current?.rule ? html`<button type="button" class="danger" @click=${this.#stop} aria-disabled=${this.#work.isBusy}>Stop counting</button>` : ''}
            </p>`
          : ''
      }
      ${this.#work.show()} ${this.#work.refusal?.errors.map(({ message }) => html`<p class="bad small">${message}</p>`) ?? ''}
      ${this.result ? this.#tried(this.result) : ''}
      ${this.#history(outcome)}`;
  }

  #fields({ current }: OutcomeAnswer) {
    const { errors } = this.#form;
    const saved: Entered = {
      name: current?.name ?? '',
      match: current?.rule?.match ?? 'all',
      conditions: current?.rule?.conditions.map(enteredOf) ?? [this.#first()],
    };
    const { name, match = 'all', conditions = [] } = this.entered ?? saved;
    return html`<div class="fields">
        ${field(errors, { name: 'name', label: 'What is counted', value: name, required: true, placeholder: 'Appointments', hint: 'As the client reads it.' })}
        ${choice(errors, {
          ...{ name: 'match', label: 'A call counts if', value: match },
          choices: [
            ['all', 'all conditions are met'],
            ['any', 'any condition is met'],
          ],
        })}
      </div>
      ${conditions.map((condition, index) => this.#condition(condition, index))}
      <p><button type="button" id="add" @click=${() => this.#change((all) => [...all, this.#first()])}>Add a condition</button></p>`;
  }

  #first(): EnteredCondition {
    return { what: aboutChoices(this.tenant.results.outputs)[0]?.[0] ?? 'success', value: 'yes' };
  }

  #condition({ what = 'success', value = '' }: EnteredCondition, index: number) {
    const { errors } = this.#form;
    const { outputs } = this.tenant.results;
    const at = `conditions.${index}`;
    const known = aboutChoices(outputs);
    // Of an output that is no longer kept.
    const all = known.some(([one]) => one === what) ? known : [...known, [what, what] as [string, string]];
    const changed = () => this.#change((each) => each.with(index, { ...each[index], value: '' }));
    return html`<fieldset>
      <legend>Condition ${index + 1}</legend>
      <div class="fields" @change=${(event: Event) => (event.target as HTMLElement).id === `${at}.what` && changed()}>
        ${choice(errors, { name: `${at}.what`, label: 'What', value: what, choices: all })}
        ${this.#value(`${at}.value`, what, value)}
      </div>
      <p><button type="button" aria-label="Remove condition ${index + 1}" @click=${() => this.#change((each) => each.toSpliced(index, 1))}>Remove</button></p>
    </fieldset>`;
  }

  #value(name: string, what: string, value: string | string[]) {
    const { errors } = this.#form;
    const kind = valueKind(what, this.tenant.results.outputs);
    if (kind === 'classes')
      return choices(errors, {
        ...{ name, label: 'One of', values: Array.isArray(value) ? value : [] },
        choices: endedClasses.map((one) => [one, endedWord(one)] as const),
      });
    if (kind === 'yes-no')
      return choice(errors, {
        ...{ name, label: 'Value', value: String(value) },
        choices: [
          ['yes', 'Yes'],
          ['no', 'No'],
        ],
      });
    return field(errors, {
      name,
      label: 'Value',
      value,
      required: true,
      ...(kind === 'text' ? {} : { hint: 'A number.' }),
    });
  }

  #read(): Entered | null {
    const form = this.renderRoot.querySelector('form');
    return form && (readForm(form, {}, 'usd').body as Entered);
  }

  /** Keeps what else was entered. */
  async #change(change: (all: EnteredCondition[]) => EnteredCondition[]): Promise<void> {
    const entered = this.#read();
    if (!entered) return;
    this.entered = { ...entered, conditions: change(entered.conditions ?? []) };
    this.result = null;
    this.#form.reset();
    this.#form.touch();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#add')?.focus();
  }

  #try = () =>
    this.#work.do(async () => {
      this.result = null;
      const { match, conditions } = this.#bodyOf(this.#read() ?? {});
      this.result = await send<TriedOutcome>('POST', this.#path('/try'), { match, conditions, calls: tried });
    });

  #stop = async () => {
    const question = {
      title: 'Stop counting?',
      text: 'Calls from now on are not judged. What is counted remains.',
      action: 'Stop counting',
      danger: true,
    };
    if (!(await confirm(question))) return;
    await this.#work.do(async () => {
      this.#outcome.data = await send<OutcomeAnswer>('DELETE', this.#path());
      this.#form.reset();
      this.#forget();
    });
  };

  #tried({ calls, counts, withoutResults, judged }: TriedOutcome) {
    const { base, timeZone } = this.scope;
    const counting = judged.filter((call) => call.counts).slice(0, shownCalls);
    return html`<div role="status">
      <p><strong>${count(counts)} of the latest ${plural(calls, 'call')} would count.</strong>
        ${withoutResults > 0 ? html`Of ${count(withoutResults)} no output or evaluation is kept.` : ''}</p>
      ${counting.length === 0 ? '' : html`<p class="muted small">The latest that would count:</p>`}
      <ul>${counting.map(({ id, createdAt }) => html`<li><a href="${base}/calls/${encodeURIComponent(id)}">${moment(createdAt, timeZone)}</a></li>`)}</ul>
    </div>`;
  }

  #history({ versions }: OutcomeAnswer) {
    if (versions.length === 0) return '';
    const { timeZone } = this.scope;
    const { outputs } = this.tenant.results;
    return html`<h3>Versions</h3>
      <ul>${versions.map(
        ({ version, name, rule, from }) =>
          html`<li>${version}, calls from ${moment(from, timeZone)}: ${rule ? html`<strong>${name}</strong>, if ${ruleWords(rule, outputs)}` : 'nothing is counted'}</li>`,
      )}</ul>
      <p class="muted small">Time zone: ${timeZone}.</p>`;
  }
}
customElements.define('outcome-form', OutcomeFormElement);
