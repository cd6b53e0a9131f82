/** Credits an invoice, or some of its lines, with a credit note. */
import { css, html } from 'lit';
import type { CreditNoteRequest, InvoiceView } from '../../contract.ts';
import { post } from '../parts/api.ts';
import { confirm } from '../parts/confirm.ts';
import { formStyle } from '../parts/form-style.ts';
import { Reference } from '../parts/reference.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { shared } from '../parts/style.ts';
import { money } from '../pure/format.ts';
import { choice, field } from './fields.ts';
import { Form } from './form.ts';

/** As the form holds it: amounts by line number. */
interface Written {
  reason: string;
  extent: 'whole' | 'lines';
  lines?: Record<string, number>;
}

export class CreditNoteElement extends ScopedElement {
  static override styles = [shared, formStyle, css`:host { margin-top: 1.25rem; }`];
  static override properties = {
    ...ScopedElement.properties,
    invoice: { attribute: false },
    byLine: { state: true },
  };
  declare invoice: InvoiceView;
  declare byLine: boolean;

  constructor() {
    super();
    this.byLine = false;
  }

  #reference = new Reference();
  #form = new Form(this, {
    send: (body) => this.#send(body as Written),
    currency: () => this.invoice.currency,
    discarded: () => {
      this.byLine = false;
    },
  });

  protected override reload(): void {
    this.byLine = false;
    this.#form.reset();
  }

  protected override render() {
    const { errors } = this.#form;
    const extents = [
      ['whole', 'Everything not yet credited'],
      ['lines', 'Selected lines'],
    ] as const;
    const fields = html`<div class="fields">
        ${field(errors, { name: 'reason', label: 'Reason', value: '', required: true, hint: 'Printed on the credit note.' })}
        <div @change=${this.#choose}>
          ${choice(errors, { name: 'extent', label: 'What to credit', value: 'whole', choices: extents })}
        </div>
      </div>
      ${this.byLine ? this.#lines() : ''}`;
    return html`<h2>Credit note</h2>
      ${this.#form.show(fields, 'Issue credit note', true)}`;
  }

  #lines() {
    const { document, currency } = this.invoice;
    return html`<div class="fields">
      ${document.lines
        .filter(({ amountCents }) => amountCents > 0)
        .map(({ no, description, amountCents }) =>
          field(this.#form.errors, {
            name: `lines.l${no}`,
            label: `Line ${no}: ${description}`,
            value: null,
            as: 'cents',
            currency,
            hint: `Out of ${money(amountCents, currency)} before tax; leave empty to credit nothing.`,
          }),
        )}
    </div>`;
  }

  #choose = (event: Event) => {
    this.byLine = (event.target as HTMLSelectElement).value === 'lines';
  };

  async #send({ reason, extent, lines = {} }: Written): Promise<boolean> {
    const parts = Object.entries(lines).map(([name, amountCents]) => ({
      line: Number(name.slice(1)),
      amountCents,
    }));
    const request: CreditNoteRequest = extent === 'lines' ? { reason, lines: parts } : { reason };
    const { number, currency } = this.invoice;
    const sum = parts.reduce((total, { amountCents }) => total + amountCents, 0);
    const what = extent === 'lines' ? `${money(sum, currency)} before tax` : 'everything not yet credited';
    const yes = await confirm({
      title: `Credit ${number}?`,
      text: `The credit note credits ${what}. It gets a number and cannot be changed afterwards.`,
      action: 'Issue',
    });
    if (!yes) return false;
    const path = pathOf(this.scope, `/invoices/${encodeURIComponent(this.invoice.id)}/credit-notes`);
    const { id } = await this.#reference.use((reference) =>
      post<InvoiceView>(path, { ...request, reference }),
    );
    location.hash = `${this.scope.base}/invoices/${id}`;
    return true;
  }
}
customElements.define('credit-note-form', CreditNoteElement);
