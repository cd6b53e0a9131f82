import type { OpeningHours, TenantView } from '../../contract.ts';
import { readForm } from './form.ts';
import { hoursFields } from './hours-fields.ts';
import { TenantForm } from './tenant-form.ts';

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
    const intervals = this.hours ?? limits.hours ?? [];
    return hoursFields(this.form.errors, 'limits.hours', intervals, timeZone, (how) => this.#change(how));
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
