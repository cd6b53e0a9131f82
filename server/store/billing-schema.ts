/** The tables of billing; `…Cents` are the smallest units of the row's currency, days are the tenant's. */
import type { LineKind } from '../contract.ts';

export interface BillingSchema {
  plans: PlansTable;
  billingAccounts: BillingAccountsTable;
  sellers: SellersTable;
  clientDefaults: ClientDefaultsTable;
  invoices: InvoicesTable;
  invoiceLines: InvoiceLinesTable;
  invoiceCalls: InvoiceCallsTable;
  invoiceNumbers: InvoiceNumbersTable;
  credits: CreditsTable;
  closeRuns: CloseRunsTable;
  closeClients: CloseClientsTable;
  billingLocks: BillingLocksTable;
  stripeAttempts: StripeAttemptsTable;
}

/** A tenant's plan from a day on. Rows are only added. */
export interface PlansTable {
  id: string;
  tenantId: string;
  version: number;
  fromDay: string;
  /** JSON of `Plan`; null ends the billing. */
  plan: string | null;
  createdAt: number;
}

/** The recipient of a tenant's invoices, and how they are collected. */
export interface BillingAccountsTable {
  tenantId: string;
  /** JSON of `BillingAccount`. */
  settings: string;
  stripeCustomerId: string | null;
  updatedAt: number;
}

/** The operator, as named on invoices: one row. */
export interface SellersTable {
  id: string;
  /** JSON of `Seller`. */
  settings: string;
  updatedAt: number;
}

/** What new clients get: the operator's one row. */
export interface ClientDefaultsTable {
  id: string;
  /** JSON of some of `Limits`. */
  limits: string;
  /** JSON of `Plan`. */
  plan: string | null;
  /** JSON of `ChosenClientAccess`; null: nothing is chosen. */
  clientAccess: string | null;
  updatedAt: number;
}

export type InvoiceStatus = 'draft' | 'finalized' | 'pushed' | 'paid' | 'overdue' | 'void';

export interface InvoicesTable {
  id: string;
  tenantId: string;
  /** A document that owes the buyer money is a credit note. */
  kind: 'invoice' | 'credit-note';
  /** `period` bills a month, `correction` takes back a part of another document. */
  role: 'period' | 'correction';
  month: string;
  status: InvoiceStatus;
  /** Null until it is finalized. */
  number: string | null;
  currency: string;
  totalCents: number;
  /** The amount to pay after prepaid credit. */
  dueCents: number;
  /** JSON of `InvoiceDocument`; frozen with the number. */
  document: string;
  /** Of the document's canonical JSON; null for a draft. */
  sha256: string | null;
  correctsId: string | null;
  /** JSON of the request for a credit note, if it had a reference. */
  request: string | null;
  stripeId: string | null;
  /** From the account when it was frozen, or from when it was pushed by hand; null for a draft. */
  collection: 'manual' | 'send' | 'charge' | null;
  /** The customer for whom a push to Stripe has begun: from then on Stripe has to be asked. */
  stripeCustomerId: string | null;
  /** When Stripe stopped collecting it without our books being able to follow: a person decides. */
  strayedAt: number | null;
  createdAt: number;
  finalizedAt: number | null;
  dueAt: number | null;
  pushedAt: number | null;
  paidAt: number | null;
  voidedAt: number | null;
  /** When the tenant was paused because this was not paid. */
  pausedAt: number | null;
}

/** The lines of finalized documents: their sum is what has been billed for a month, plan and rate. */
export interface InvoiceLinesTable {
  invoiceId: string;
  no: number;
  tenantId: string;
  kind: LineKind;
  /** The month that it bills, which may be earlier than the invoice's. */
  month: string;
  planId: string;
  rate: number | null;
  billedSeconds: number;
  amountCents: number;
  /** 0 once the document is void. */
  active: number;
}

/** Which document bills which call, and with what figures. */
export interface InvoiceCallsTable {
  tenantId: string;
  callId: string;
  /** 0 = the charge; 1, 2, … = its corrections on later documents. */
  seq: number;
  /** 0 once the document is void: the call can be billed again. */
  active: number;
  invoiceId: string;
  /** Identifies the line together with `seq`. */
  month: string;
  planId: string;
  rate: number;
  /** The ledger's figures when it was billed. */
  seconds: number | null;
  costMicros: number | null;
  /** For a correction, the differences. */
  billedSeconds: number;
  priceMicros: number;
}

export interface InvoiceNumbersTable {
  series: string;
  last: number;
}

/** Prepaid credit: top-ups are positive; their corrections and what invoices use, negative. The balance is the sum. */
export interface CreditsTable {
  id: string;
  tenantId: string;
  at: number;
  kind: 'top-up' | 'correction' | 'used' | 'returned';
  currency: string;
  amountCents: number;
  invoiceId: string | null;
  note: string;
}

/** One row a tenant, updated to make its billing's transactions wait for each other. */
export interface BillingLocksTable {
  tenantId: string;
  taken: number;
}

/** A month's close: a job that any process works on. */
export interface CloseRunsTable {
  id: string;
  /** JSON of `CloseRequest`, with sorted keys: equal requests have equal texts. */
  request: string;
  dryRun: number;
  /** 1 for the close of all clients up to the last month. */
  isWhole: number;
  /** Who asked for it; the audit log names it. */
  actor: string;
  state: 'running' | 'stopped' | 'finished';
  startedAt: number;
  finishedAt: number | null;
  /** How many clients it began with. */
  clients: number;
  /** 0 if it did nothing and found nothing new: it is in no list, and is removed after a day. */
  kept: number;
  /** JSON of `CloseSummary`, once it is finished. */
  summary: string | null;
}

/** What a close has to do for one client, and what came of it. */
export interface CloseClientsTable {
  runId: string;
  /** The report's order. */
  no: number;
  tenantId: string;
  /** Its slug, or its id if it was deleted when the run began. */
  handle: string;
  state: 'pending' | 'under-way' | 'done' | 'for-person';
  /** The process that is working on it, and until when, unless it renews that. */
  claimedBy: string | null;
  claimedUntil: number | null;
  tries: number;
  /** JSON of `CloseEntry[]`. */
  entries: string;
  /** How many of the entries have a problem. */
  problems: number;
}

/** The number of the attempt that a request to Stripe is at; without a row it is the first. */
export interface StripeAttemptsTable {
  request: string;
  attempt: number;
}
