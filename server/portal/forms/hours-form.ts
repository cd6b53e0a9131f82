import { html } from 'lit';
import type { OpeningHours, TenantView } from '../../contract.ts';
import { choices, field } from './fields.ts';
import { readForm } from './form.ts';
import { TenantForm } from './tenant-form.ts';

const days = [
  [1, 'Mon'],
  [2, 'Tue'],
  [3, 'Wed'],
  [4, 'Thu'],
  [5, 'Fri'],
  [6, 'Sat'],
  [7, 'Sun'],
] as const;

interface Body {
  limits?: { hours?: OpeningHours | null };
}

/** When calls may start: always, or in weekly intervals. */
export class HoursFormElement extends TenantForm {
  static override properties = { ...TenantForm.properties, hours: { state: true } };
  /** With intervals added and removed; null = as saved. */
  declare hours: OpeningHours | null;

  constructor() {
    super();
    this.hours = null;
  }

  protected readonly heading = 'Opening hours';

  protected override reload(): void {
    super.reload();
    this.hours = null;
  }

  protected override saved(): void {
    this.hours = null;
  }

  protected override changes(body: Body) {
    const hours = body.limits?.hours ?? [];
    return { limits: { hours: hours.length > 0 ? hours : null } };
  }

  protected override fields({ timeZone, limits }: TenantView) {
    const { errors } = this.form;
    const intervals = this.hours ?? limits.hours ?? [];
    return html`<p>${intervals.length === 0 ? 'Always open.' : `Open during these intervals (time zone: ${timeZone}). An interval that ends before it starts continues into the next day.`}</p>
      ${intervals.map((interval, index) => {
        const path = `limits.hours.${index}`;
        return html`<fieldset>
          <legend>Interval ${index + 1}</legend>
          ${choices(errors, { name: `${path}.days`, label: 'Starts on', values: interval.days, choices: days })}
          <div class="fields">
            ${field(errors, { name: `${path}.from`, label: 'From', type: 'time', value: interval.from, required: true })}
            ${field(errors, { name: `${path}.to`, label: 'To', type: 'time', value: interval.to, required: true })}
          </div>
          <p><button type="button" aria-label="Remove interval ${index + 1}" @click=${() => this.#change((all) => all.toSpliced(index, 1))}>Remove</button></p>
        </fieldset>`;
      })}
      <p><button type="button" id="add" @click=${() => this.#change((all) => [...all, { days: [1, 2, 3, 4, 5], from: '09:00', to: '17:00' }])}>
        ${intervals.length === 0 ? 'Set opening hours' : 'Add interval'}
      </button></p>`;
  }

  /** Keeps what was entered in the other intervals. */
  async #change(change: (all: OpeningHours) => OpeningHours): Promise<void> {
    const form = this.renderRoot.querySelector('form');
    if (!form) return;
    const { body } = readForm(form, {}, 'usd');
    this.hours = change((body as Body).limits?.hours ?? []);
    this.form.reset();
    this.form.touch();
    await this.updateComplete;
    this.renderRoot.querySelector<HTMLElement>('#add')?.focus();
  }
}
customElements.define('hours-form', HoursFormElement);
