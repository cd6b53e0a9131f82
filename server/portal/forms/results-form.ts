/** What is kept of each call's results, and for how long. */
import { html } from 'lit';
import type { KeptResults, OutputType, TenantView } from '../../contract.ts';
import { choice, field, flag } from './fields.ts';
import { readForm } from './form.ts';
import { TenantForm } from './tenant-form.ts';

type Outputs = KeptResults['outputs'];

const types: readonly (readonly [OutputType, string])[] = [
  ['boolean', 'Yes or no'],
  ['number', 'Number'],
  ['text', 'Text'],
];

interface Body {
  results?: Partial<KeptResults>;
  contentRetentionDays?: number | null;
}

export class ResultsFormElement extends TenantForm {
  static override properties = { ...TenantForm.properties, entered: { state: true } };
  /** With outputs added and removed; null = as saved. */
  declare entered: Body | null;

  constructor() {
    super();
    this.entered = null;
  }

  protected readonly heading = 'What is kept of each call';

  protected override reload(): void {
    super.reload();
    this.entered = null;
  }

  protected override saved(): void {
    this.entered = null;
  }

  /** Replaced as a whole: a removed last output leaves no field. */
  protected override changes({ results, ...body }: Body) {
    return { ...body, results: { outputs: [], ...results } };
  }

  protected override fields(tenant: TenantView) {
    const { errors } = this.form;
    const { results, contentRetentionDays } = this.entered ?? tenant;
    const { summary = false, outputs = [] } = results ?? {};
    return html`<p class="muted">Kept here sealed, from Vapi’s analysis of each call, until the call’s content is deleted. From calls that are reported after you save.</p>
      <p>${flag('results.summary', 'Keep the summary of each call', summary)}</p>
      ${outputs.map((output, index) => this.#output(output, index))}
      <p><button type="button" id="add" @click=${() => this.#change((all) => [...all, { name: '', path: '', type: 'boolean', label: '', shown: true }])}>
        ${outputs.length === 0 ? 'Keep a structured output' : 'Add an output'}
      </button></p>
      ${tenant.clientAccess.results === true ? '' : html`<p class="muted small">A client sees results only while “What calls achieved” is shown under “What the client sees”.</p>`}
      <div class="fields">
        ${field(errors, { name: 'contentRetentionDays', label: 'Delete content after days', as: 'whole', value: contentRetentionDays, empty: 'null', hint: 'Summaries and outputs here; transcripts and recordings at Vapi. Empty: never deleted by this server.' })}
      </div>`;
  }

  #output({ name, path, type, label, shown }: Outputs[number], index: number) {
    const { errors } = this.form;
    const at = `results.outputs.${index}`;
    return html`<fieldset>
      <legend>Output ${index + 1}</legend>
      <div class="fields">
        ${field(errors, { name: `${at}.label`, label: 'Label', value: label, required: true, hint: 'Shown beside the value: “Appointment booked”.' })}
        ${field(errors, { name: `${at}.path`, label: 'Where Vapi has it', value: path, required: true, placeholder: 'appointment.confirmed', hint: 'The structured output’s name, then the fields within, with dots.' })}
        ${field(errors, { name: `${at}.name`, label: 'Short name', value: name, required: true, placeholder: 'booked', hint: 'For rules. Letters, digits and _.' })}
        ${choice(errors, { name: `${at}.type`, label: 'Type', value: type, choices: types, hint: 'A value of another type counts as absent.' })}
      </div>
      <p>${flag(`${at}.shown`, 'Show it to the client', shown)}</p>
      <p><button type="button" aria-label="Remove output ${index + 1}" @click=${() => this.#change((all) => all.toSpliced(index, 1))}>Remove</button></p>
    </fieldset>`;
  }

  /** Keeps what else was entered. */
  async #change(change: (all: Outputs) => Outputs): Promise<void> {
    const form = this.renderRoot.querySelector('form');
    if (!form) return;
    const { results, ...others } = readForm(form, {}, 'usd').body as Body;
    this.entered = { ...others, results: { ...results, outputs: change(results?.outputs ?? []) } };
    this.form.reset();
    this.form.touch();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#add')?.focus();
  }
}
customElements.define('results-form', ResultsFormElement);
