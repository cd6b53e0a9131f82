/** What the operator can do with an invoice in its current state. */
import { html } from 'lit';
import type { BillingAccount, FinalizedInvoice, InvoiceView } from '../../contract.ts';
import { get, post } from '../parts/api.ts';
import { askReason, confirm, type Question } from '../parts/confirm.ts';
import '../forms/credit-note-form.ts';
import { Resource } from '../parts/resource.ts';
import { pathOf } from '../parts/scope.ts';
import { ScopedElement } from '../parts/scoped-element.ts';
import { Work } from '../parts/work.ts';
import { money } from '../pure/format.ts';

type Action = 'finalize' | 'push' | 'paid';

/** @fires invoice-changed when the invoice shown may be outdated */
export class InvoiceActionsElement extends ScopedElement {
  static override properties = {
    ...ScopedElement.properties,
    invoice: { attribute: false },
    isCrediting: { state: true },
    notCompared: { state: true },
  };
  declare invoice: InvoiceView;
  declare isCrediting: boolean;
  /** Why the month was not compared with Vapi's records before it was finalized. */
  declare notCompared: string | null;

  constructor() {
    super();
    this.isCrediting = false;
    this.notCompared = null;
  }

  #account = new Resource<BillingAccount>(this, () => get(pathOf(this.scope, '/billing')));
  #work = new Work(this);

  protected override reload(): void {
    this.isCrediting = false;
    this.notCompared = null;
    this.#work.clear();
    void this.#account.load(true);
  }

  protected override render() {
    const { status, kind } = this.invoice;
    const isOpen = status === 'finalized' || status === 'overdue';
    const collection = this.#account.data?.collection;
    return html`<div class="row">
        ${status === 'draft' ? this.#button('finalize', 'Finalize', this.#finalizing()) : ''}
        ${isOpen && this.scope.hasStripe && collection && collection !== 'manual' ? this.#button('push', 'Send to Stripe', this.#pushing(collection)) : ''}
        ${isOpen ? this.#button('paid', kind === 'invoice' ? 'Mark as paid' : 'Mark as settled', this.#settling()) : ''}
        ${
          kind === 'invoice' && status !== 'draft' && status !== 'void'
            ? html`<button aria-expanded=${this.isCrediting} @click=${this.#toggle}>Credit note</button>`
            : ''
        }
        ${status !== 'draft' && status !== 'void' && !(status === 'paid' && this.invoice.dueCents !== 0) ? html`<button class="danger" aria-disabled=${this.#work.isBusy} @click=${this.#void}>Void</button>` : ''}
      </div>
      ${this.#work.show()}
      ${this.notCompared ? html`<p class="warn">It was not compared with Vapi’s records: ${this.notCompared}. Any difference goes on the next invoice.</p>` : ''}
      ${this.isCrediting ? html`<credit-note-form .scope=${this.scope} .invoice=${this.invoice}></credit-note-form>` : ''}`;
  }

  #due(): string {
    return money(this.invoice.dueCents, this.invoice.currency);
  }

  #button(action: Action, label: string, question: Omit<Question, 'action'>) {
    return html`<button aria-disabled=${this.#work.isBusy} @click=${() => this.#act(action, { ...question, action: label })}>${label}</button>`;
  }

  #finalizing(): Omit<Question, 'action'> {
    const { totalCents, currency } = this.invoice;
    return {
      title: 'Finalize this invoice?',
      text: `It gets its number and can no longer be changed. The total is ${money(totalCents, currency)}, and your client can see it from then on.`,
    };
  }

  #pushing(collection: 'send' | 'charge'): Omit<Question, 'action'> {
    const { email } = this.#account.data?.buyer ?? {};
    const how =
      collection === 'send'
        ? `Stripe e-mails it${email ? ` to ${email}` : ''}.`
        : 'Stripe charges the client’s payment method.';
    return { title: `Send ${this.invoice.number} to Stripe?`, text: `${how} The amount is ${this.#due()}.` };
  }

  #settling(): Omit<Question, 'action'> {
    const { kind, number, dueCents, leftToPayCents, currency } = this.invoice;
    const amount = money(kind === 'invoice' ? leftToPayCents : -dueCents, currency);
    return kind === 'invoice'
      ? {
          title: `Was ${number} paid?`,
          text: `${amount} was paid outside Stripe. This cannot be undone.`,
        }
      : { title: `Is ${number} settled?`, text: `${amount} was refunded. This cannot be undone.` };
  }

  async #act(action: Action, question: Question): Promise<void> {
    if (!(await confirm(question))) return;
    await this.#work.do(async () => {
      const { notCompared = null } = await post<FinalizedInvoice>(`${this.#path()}/${action}`);
      this.notCompared = notCompared;
    });
    this.#tell();
  }

  #void = async () => {
    const reason = await askReason({
      title: `Void ${this.invoice.number}?`,
      text: 'It no longer counts, here or in Stripe, and its calls can be billed again. It keeps its number. This cannot be undone.',
      action: 'Void',
      reason: 'Reason (for your own records)',
      danger: true,
    });
    if (reason === null) return;
    await this.#work.do(() => post(`${this.#path()}/void`, reason ? { reason } : {}));
    this.#tell();
  };

  #toggle = () => {
    this.isCrediting = !this.isCrediting;
  };

  #path(): string {
    return pathOf(this.scope, `/invoices/${encodeURIComponent(this.invoice.id)}`);
  }

  /** After a refusal too: the state may not be the one shown. */
  #tell(): void {
    this.dispatchEvent(new Event('invoice-changed'));
  }
}
customElements.define('invoice-actions', InvoiceActionsElement);
