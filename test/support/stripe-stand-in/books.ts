/** The rules of Stripe's books, as far as invoices need them. */
import { randomBytes } from 'node:crypto';
import type { Books, KeptBalanceEntry, KeptCreditNote, KeptCustomer, KeptInvoice } from './kept.ts';
import { checkMost, isTooSmall, StripeRefusal } from './limits.ts';

export type * from './kept.ts';

/** New objects are not found by a search at once. */
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
        currency: null,
        metadata,
      };
      books.customers.push(customer);
      return customer;
    },

    deleteCustomer(id) {
      books.customer(id, 404).deleted = true;
      return { id, object: 'customer', deleted: true };
    },

    listCustomers: () => books.customers.filter(({ deleted }) => !deleted).reverse(),

    customer(id, status = 400) {
      const found = books.customers.find((customer) => customer.id === id);
      if (!found || found.deleted) throw missing('customer', id, status);
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
        ({ metadata, created, deleted }) =>
          !deleted && metadata[key] === value && created <= nowSeconds() - searchLagSeconds,
      );
    },

    createInvoice(parameters) {
      const { customer, currency = 'usd', number = null, metadata = {}, auto_advance = false } = parameters;
      const { custom_fields = null, footer = null, discounts } = parameters;
      inCurrency(books.customer(customer), currency);
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
        footer,
        inherits: discounts === undefined,
        total: 0,
        amount_due: 0,
        amount_paid: 0,
        amount_remaining: 0,
        starting_balance: 0,
        ending_balance: null,
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
      if (found.status === 'draft') ask(found);
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
      const sum = kept.reduce((all, { amount }) => all + amount, 0);
      const { discount = 0, tax = 0 } = books.customer(invoice.customer);
      const factor = invoice.inherits ? (1 - discount / 100) * (1 + tax / 100) : 1;
      invoice.total = Math.round(sum * factor);
      ask(invoice);
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
      const before = customer.balance;
      const due = invoice.total + before;
      checkMost(due);
      const small = isTooSmall(due, invoice.currency);
      invoice.starting_balance = before;
      invoice.amount_due = small ? 0 : Math.max(0, due);
      invoice.amount_remaining = invoice.amount_due;
      customer.balance = small ? due : Math.min(0, due);
      invoice.ending_balance = customer.balance;
      if (customer.balance !== before) {
        const type = small ? 'invoice_too_small' : 'applied_to_invoice';
        enter(invoice.customer, { type, amount: customer.balance - before, currency: invoice.currency });
      }
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

    receive(id, cents) {
      const invoice = books.invoice(id);
      if (invoice.status !== 'open' || cents > invoice.amount_remaining) {
        throw new StripeRefusal(400, 'You can only pay what is left of an open invoice');
      }
      invoice.amount_paid += cents;
      invoice.amount_remaining -= cents;
      if (invoice.amount_remaining === 0) invoice.status = 'paid';
      return invoice;
    },

    void(id) {
      const invoice = books.invoice(id);
      if (invoice.status !== 'open' && invoice.status !== 'uncollectible') {
        throw new StripeRefusal(400, `You can only void open invoices, this one is ${invoice.status}`);
      }
      if (invoice.amount_paid > 0)
        throw new StripeRefusal(400, 'You can only void an invoice without payments');
      invoice.status = 'void';
      const used = invoice.starting_balance - (invoice.ending_balance ?? 0);
      if (used !== 0) {
        books.customer(invoice.customer).balance += used;
        const { customer, currency } = invoice;
        enter(customer, { type: 'unapplied_from_invoice', amount: used, currency });
      }
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
      const owner = books.customer(customer, 404);
      inCurrency(owner, currency);
      owner.balance += amount;
      return enter(customer, { type: 'adjustment', amount, currency, description, metadata });
    },
  };

  const missing = (what: string, id: string, status = 404) =>
    new StripeRefusal(status, `No such ${what}: '${id}'`, what, 'invalid_request_error', 'resource_missing');

  function enter(
    customer: string,
    given: Pick<KeptBalanceEntry, 'type' | 'amount' | 'currency'> & Partial<KeptBalanceEntry>,
  ): KeptBalanceEntry {
    const object = 'customer_balance_transaction' as const;
    const entry = { id: newId('cbtxn'), object, customer, description: null, metadata: {}, ...given };
    books.balance.unshift(entry);
    return entry;
  }

  /** Of a draft: with the customer's current balance, which is used when it is finalized. */
  function ask(invoice: KeptInvoice): void {
    const { balance, unexplained = 0 } = books.customer(invoice.customer);
    invoice.starting_balance = balance;
    invoice.amount_due = Math.max(0, invoice.total + balance + unexplained);
    invoice.amount_remaining = invoice.amount_due;
  }

  function inCurrency(customer: KeptCustomer, currency: string): void {
    customer.currency ??= currency;
    if (customer.currency === currency) return;
    const message = `You cannot combine currencies on a single customer. This customer has ${customer.currency}.`;
    throw new StripeRefusal(400, message, 'currency');
  }

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
