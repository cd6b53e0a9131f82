/** What Stripe keeps, and the rules it keeps it by, as far as invoices need them. */
import { randomBytes } from 'node:crypto';

export class StripeRefusal extends Error {
  readonly status: number;
  readonly type: string;
  readonly param: string | undefined;
  readonly code: string | undefined;
  constructor(
    status: number,
    message: string,
    param?: string,
    type = 'invalid_request_error',
    code?: string,
  ) {
    super(message);
    this.status = status;
    this.type = type;
    this.param = param;
    this.code = code;
  }
}

export interface KeptLine {
  id: string;
  object: 'line_item';
  amount: number;
  currency: string;
  description: string;
  metadata: Record<string, string>;
  period: { start: number; end: number };
}
export interface KeptInvoice {
  id: string;
  object: 'invoice';
  customer: string;
  currency: string;
  status: 'draft' | 'open' | 'paid' | 'uncollectible' | 'void';
  number: string | null;
  metadata: Record<string, string>;
  collection_method: 'charge_automatically' | 'send_invoice';
  days_until_due: number | null;
  auto_advance: boolean;
  attempted: boolean;
  /** Shown to who asks for them to be expanded. */
  intents: { id: string; object: 'payment_intent'; status: string }[];
  due_date: number | null;
  custom_fields: { name: string; value: string }[] | null;
  total: number;
  amount_remaining: number;
  hosted_invoice_url: string | null;
  created: number;
}
export interface KeptCustomer {
  id: string;
  object: 'customer';
  name: string | null;
  email: string | null;
  address: { line1?: string; line2?: string } | null;
  created: number;
  balance: number;
  metadata: Record<string, string>;
}
export interface KeptCreditNote {
  id: string;
  object: 'credit_note';
  invoice: string;
  amount: number;
  memo: string | null;
  status: 'issued' | 'void';
  metadata: Record<string, string>;
}
export interface KeptBalanceEntry {
  id: string;
  object: 'customer_balance_transaction';
  customer: string;
  amount: number;
  currency: string;
  description: string | null;
  metadata: Record<string, string>;
}

// biome-ignore lint/suspicious/noExplicitAny: checked against Stripe's types before it comes here
type Checked = any;

export interface Books {
  customers: KeptCustomer[];
  invoices: KeptInvoice[];
  lines: Map<string, KeptLine[]>;
  creditNotes: KeptCreditNote[];
  balance: KeptBalanceEntry[];
  /** A list of invoices does not show what is newer; as a rule it does. */
  listLagSeconds: number;
  listInvoices(customer?: string): KeptInvoice[];
  /** Ids of the invoices that were e-mailed, as often as they were. */
  sent: string[];
  createCustomer(parameters: Checked): KeptCustomer;
  updateCustomer(id: string, parameters: Checked): KeptCustomer;
  customer(id: string, status?: number): KeptCustomer;
  searchCustomers(query: string): KeptCustomer[];
  createInvoice(parameters: Checked): KeptInvoice;
  invoice(id: string): KeptInvoice;
  addLines(id: string, parameters: Checked): KeptInvoice;
  finalize(id: string, parameters: Checked): KeptInvoice;
  send(id: string): KeptInvoice;
  /** What has become of an attempt to charge it: `processing`, `requires_payment_method`, … */
  charge(id: string, status: string): KeptInvoice;
  /** Only what was paid outside: no money moves here. */
  pay(id: string, parameters: Checked): KeptInvoice;
  void(id: string): KeptInvoice;
  /** Only a draft can be. */
  delete(id: string): object;
  /** On an open invoice: it is lowered, and closed when nothing remains. */
  createCreditNote(parameters: Checked): KeptCreditNote;
  voidCreditNote(id: string): KeptCreditNote;
  credit(customer: string, parameters: Checked): KeptBalanceEntry;
}

/** What is new is not found by a search at once. */
const searchLagSeconds = 60;

export function openBooks(nowMs: () => number): Books {
  const newId = (prefix: string) => `${prefix}_${randomBytes(9).toString('hex')}`;
  const nowSeconds = () => Math.floor(nowMs() / 1000);
  const books: Books = {
    customers: [],
    invoices: [],
    lines: new Map(),
    creditNotes: [],
    balance: [],
    sent: [],
    listLagSeconds: 0,

    createCustomer({ name = null, email = null, metadata = {} }) {
      const object = 'customer' as const;
      const address = null;
      const customer: KeptCustomer = {
        id: newId('cus'),
        object,
        name,
        email,
        address,
        created: nowSeconds(),
        balance: 0,
        metadata,
      };
      books.customers.push(customer);
      return customer;
    },

    customer(id, status = 400) {
      const found = books.customers.find((customer) => customer.id === id);
      if (!found) throw missing('customer', id, status);
      return found;
    },

    updateCustomer(id, { name, email, address }) {
      const customer = books.customer(id, 404);
      if (address !== undefined) customer.address = address;
      if (name !== undefined) customer.name = name;
      if (email !== undefined) customer.email = email;
      return customer;
    },

    searchCustomers(query) {
      const [, key = '', value] = /^metadata\['([^']+)'\]:'([^']*)'$/.exec(query) ?? [];
      if (value === undefined) throw new StripeRefusal(400, `cannot search for ${query}`, 'query');
      return books.customers.filter(
        ({ metadata, created }) => metadata[key] === value && created <= nowSeconds() - searchLagSeconds,
      );
    },

    createInvoice(parameters) {
      const { customer, currency = 'usd', number = null, metadata = {}, auto_advance = false } = parameters;
      const { custom_fields = null } = parameters;
      books.customer(customer);
      if (number !== null && books.invoices.some((invoice) => invoice.number === number)) {
        throw new StripeRefusal(400, `The invoice number ${number} is taken`, 'number');
      }
      const {
        collection_method = 'charge_automatically',
        days_until_due = null,
        due_date = null,
      } = parameters;
      if ((collection_method === 'send_invoice') !== (days_until_due !== null || due_date !== null)) {
        throw new StripeRefusal(400, 'days_until_due or due_date goes with send_invoice', 'due_date');
      }
      inFuture(due_date);
      const invoice: KeptInvoice = {
        id: newId('in'),
        object: 'invoice',
        ...{ customer, currency, number, metadata, collection_method, days_until_due, auto_advance },
        status: 'draft',
        attempted: false,
        intents: [],
        due_date,
        custom_fields,
        total: 0,
        amount_remaining: 0,
        hosted_invoice_url: null,
        created: nowSeconds(),
      };
      books.invoices.unshift(invoice);
      books.lines.set(invoice.id, []);
      return invoice;
    },

    listInvoices(customer) {
      if (customer) books.customer(customer);
      const until = nowSeconds() - books.listLagSeconds;
      return books.invoices.filter(
        (invoice) => (!customer || invoice.customer === customer) && invoice.created <= until,
      );
    },

    invoice(id) {
      const found = books.invoices.find((invoice) => invoice.id === id);
      if (!found) throw missing('invoice', id);
      return found;
    },

    addLines(id, { lines }) {
      const invoice = draft(id, 'add lines to');
      const kept = books.lines.get(id) ?? [];
      if (kept.length + lines.length > 250)
        throw new StripeRefusal(400, 'An invoice has at most 250 lines', 'lines');
      for (const line of lines) {
        const { amount, description = '', metadata = {}, period } = line;
        if (!Number.isInteger(amount)) throw new StripeRefusal(400, `Invalid integer: ${amount}`, 'amount');
        if (period && period.end < period.start) throw new StripeRefusal(400, 'end before start', 'period');
        const object = 'line_item' as const;
        kept.push({
          id: newId('il'),
          object,
          amount,
          currency: invoice.currency,
          description,
          metadata,
          period,
        });
      }
      invoice.total = kept.reduce((sum, { amount }) => sum + amount, 0);
      invoice.amount_remaining = invoice.total;
      return invoice;
    },

    finalize(id, { auto_advance = false }) {
      const invoice = draft(id, 'finalize');
      invoice.auto_advance = auto_advance;
      invoice.number ??= newId('NUM');
      invoice.hosted_invoice_url = `https://invoice.stripe.test/${id}`;
      inFuture(invoice.due_date);
      if (invoice.days_until_due !== null) invoice.due_date = nowSeconds() + invoice.days_until_due * 86_400;
      // The customer's balance counts on the next invoice that is finalized, and on no other.
      const customer = books.customer(invoice.customer);
      const due = invoice.total + customer.balance;
      invoice.amount_remaining = Math.max(0, due);
      customer.balance = Math.min(0, due);
      invoice.status = invoice.amount_remaining > 0 ? 'open' : 'paid';
      return invoice;
    },

    send(id) {
      const invoice = books.invoice(id);
      if (invoice.status !== 'open' || invoice.collection_method !== 'send_invoice') {
        throw new StripeRefusal(400, 'Only an open invoice that is sent can be sent');
      }
      if (!books.customer(invoice.customer).email) {
        throw new StripeRefusal(400, 'Missing email. In order to send invoices, the customer must have one.');
      }
      books.sent.push(id);
      return invoice;
    },

    charge(id, status) {
      const invoice = books.invoice(id);
      invoice.attempted = true;
      const object = 'payment_intent' as const;
      const [intent] = invoice.intents;
      if (intent) intent.status = status;
      else invoice.intents.push({ id: newId('pi'), object, status });
      return invoice;
    },

    pay(id, { paid_out_of_band = false }) {
      const invoice = books.invoice(id);
      if (!paid_out_of_band)
        throw new StripeRefusal(402, 'There is no payment method', undefined, 'card_error');
      if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
        throw new StripeRefusal(400, `You can only pay open invoices, this one is ${invoice.status}`);
      }
      invoice.status = 'paid';
      invoice.amount_remaining = 0;
      return invoice;
    },

    void(id) {
      const invoice = books.invoice(id);
      if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
        throw new StripeRefusal(400, `You can only void open invoices, this one is ${invoice.status}`);
      }
      invoice.status = 'void';
      return invoice;
    },

    delete(id) {
      const invoice = draft(id, 'delete');
      books.invoices.splice(books.invoices.indexOf(invoice), 1);
      return { id, object: 'invoice', deleted: true };
    },

    createCreditNote({ invoice: id, amount, credit_amount = 0, memo = null, metadata = {} }) {
      const invoice = books.invoice(id);
      if (invoice.status !== 'open' && invoice.status !== 'paid') {
        throw new StripeRefusal(400, `A credit note needs an open or paid invoice, not ${invoice.status}`);
      }
      if (!(amount > 0)) throw new StripeRefusal(400, 'One of amount or lines must be provided', 'amount');
      const lowered = invoice.status === 'open' ? Math.min(amount, invoice.amount_remaining) : 0;
      if (amount - lowered !== credit_amount) {
        throw new StripeRefusal(
          400,
          'What goes beyond the open amount must be refunded or credited',
          'amount',
        );
      }
      invoice.amount_remaining -= lowered;
      if (invoice.amount_remaining === 0) invoice.status = 'paid';
      const note = { id: newId('cn'), invoice: id, amount, memo, metadata };
      const kept: KeptCreditNote = { ...note, object: 'credit_note', status: 'issued' };
      books.creditNotes.unshift(kept);
      return kept;
    },

    voidCreditNote(id) {
      const note = books.creditNotes.find((kept) => kept.id === id);
      if (!note) throw missing('credit note', id);
      const invoice = books.invoice(note.invoice);
      if (invoice.status !== 'open' || note.status === 'void') {
        throw new StripeRefusal(400, 'You can only void a credit note of an open invoice, once');
      }
      note.status = 'void';
      invoice.amount_remaining += note.amount;
      return note;
    },

    credit(customer, { amount, currency, description = null, metadata = {} }) {
      books.customer(customer, 404).balance += amount;
      const object = 'customer_balance_transaction' as const;
      const entry = { id: newId('cbtxn'), object, customer, amount, currency, description, metadata };
      books.balance.unshift(entry);
      return entry;
    },
  };

  const missing = (what: string, id: string, status = 404) =>
    new StripeRefusal(status, `No such ${what}: '${id}'`, what, 'invalid_request_error', 'resource_missing');

  function inFuture(seconds: number | null): void {
    if (seconds === null || seconds > nowSeconds()) return;
    const message = 'Invalid timestamp: must be an integer Unix timestamp in the future.';
    throw new StripeRefusal(400, message, 'due_date');
  }

  function draft(id: string, what: string): KeptInvoice {
    const invoice = books.invoice(id);
    if (invoice.status === 'draft') return invoice;
    throw new StripeRefusal(400, `You can't ${what} an invoice that is ${invoice.status}`);
  }

  return books;
}
