/** What Stripe stores, as far as invoices need it, and what can be done with it. */

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
  /** The customer's settings in the dashboard apply to it. */
  inherits: boolean;
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
  /** Shown to callers that ask for them to be expanded. */
  intents: { id: string; object: 'payment_intent'; status: string }[];
  due_date: number | null;
  custom_fields: { name: string; value: string }[] | null;
  footer: string | null;
  total: number;
  /** The amount to be collected: for a draft, what it would be. */
  amount_due: number;
  amount_paid: number;
  amount_remaining: number;
  /** What the customer's balance was before and after it was finalized. */
  starting_balance: number;
  ending_balance: number | null;
  hosted_invoice_url: string | null;
  created: number;
}
export interface KeptCustomer {
  id: string;
  object: 'customer';
  name: string | null;
  email: string | null;
  address: { line1?: string; line2?: string; postal_code?: string; city?: string; country?: string } | null;
  created: number;
  /** Set by its first invoice or balance entry; it accepts no other. */
  currency: string | null;
  balance: number;
  deleted?: boolean;
  /** Set by a person in the dashboard, in percent: on every invoice that does not say otherwise. */
  discount?: number;
  tax?: number;
  /** Collected beyond an invoice's total and its balance, for an unknown reason. */
  unexplained?: number;
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
  type: 'adjustment' | 'applied_to_invoice' | 'unapplied_from_invoice' | 'invoice_too_small';
  description: string | null;
  metadata: Record<string, string>;
}

// biome-ignore lint/suspicious/noExplicitAny: checked against Stripe's types before it comes here
export type Checked = any;

export interface Books {
  customers: KeptCustomer[];
  invoices: KeptInvoice[];
  lines: Map<string, KeptLine[]>;
  creditNotes: KeptCreditNote[];
  balance: KeptBalanceEntry[];
  /** A list of invoices does not show newer ones; usually it does. */
  listLagSeconds: number;
  listInvoices(customer?: string): KeptInvoice[];
  /** Ids of the invoices that were e-mailed, once per mail. */
  sent: string[];
  createCustomer(parameters: Checked): KeptCustomer;
  updateCustomer(id: string, parameters: Checked): KeptCustomer;
  deleteCustomer(id: string): object;
  /** Newest first, without deleted ones. */
  listCustomers(): KeptCustomer[];
  customer(id: string, status?: number): KeptCustomer;
  searchCustomers(query: string): KeptCustomer[];
  createInvoice(parameters: Checked): KeptInvoice;
  invoice(id: string): KeptInvoice;
  addLines(id: string, parameters: Checked): KeptInvoice;
  finalize(id: string, parameters: Checked): KeptInvoice;
  send(id: string): KeptInvoice;
  /** The result of an attempt to charge it: `processing`, `requires_payment_method`, … */
  charge(id: string, status: string): KeptInvoice;
  /** Only what was paid outside: no money moves here. */
  pay(id: string, parameters: Checked): KeptInvoice;
  /** A payment that the client makes unprompted, also in part. */
  receive(id: string, cents: number): KeptInvoice;
  /** The part that the customer's balance paid returns there. */
  void(id: string): KeptInvoice;
  /** Only a draft can be. */
  delete(id: string): object;
  /** On an open invoice: it is lowered, and closed when nothing remains. */
  createCreditNote(parameters: Checked): KeptCreditNote;
  voidCreditNote(id: string): KeptCreditNote;
  credit(customer: string, parameters: Checked): KeptBalanceEntry;
}
