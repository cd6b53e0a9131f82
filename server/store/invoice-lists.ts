/** Invoices as lists show them: without their documents, each with the amount its credit notes take back. */
import { type Selectable, sql } from 'kysely';
import type { InvoiceState } from '../contract.ts';
import type { Queries } from './database.ts';
import type { InvoiceRow } from './invoices.ts';
import type { TenantsTable } from './schema.ts';

/** What a list shows of an invoice: all but its document. */
const summaryColumns = [
  ...(['id', 'tenantId', 'kind', 'number', 'status', 'month', 'currency', 'totalCents', 'dueCents'] as const),
  ...(['stripeId', 'createdAt', 'finalizedAt', 'dueAt', 'paidAt'] as const),
] as const;
export interface Credit {
  /** The sum of its valid credit notes; for a paid invoice, of those issued before it was paid. */
  creditedCents: number;
  /** 1 when credit notes have taken back all of it. */
  isCredited: number;
}
export type SummaryRow = Pick<InvoiceRow, (typeof summaryColumns)[number]> & Credit;

/**
 * Part of the query, so that a page is one query whatever its length. A note issued after the payment returns paid
 * money: the invoice stays paid. A note that closed it at Stripe was issued before.
 */
const creditedCents = sql<number>`(
  select cast(coalesce(-sum(notes.due_cents), 0) as bigint) from invoices as notes
  where notes.corrects_id = invoices.id and notes.status <> 'void'
    and (invoices.paid_at is null or notes.finalized_at <= invoices.paid_at)
)`;
const isCredited = sql<boolean>`(
  invoices.kind = 'invoice' and invoices.due_cents > 0 and invoices.status not in ('draft', 'void')
    and ${creditedCents} >= invoices.due_cents
)`;
const creditColumns = [
  creditedCents.as('creditedCents'),
  sql<number>`case when ${isCredited} then 1 else 0 end`.as('isCredited'),
] as const;

interface Position {
  createdAt: number;
  id: string;
}
const olderThan = ({ createdAt, id }: Position) =>
  sql<boolean>`(invoices.created_at, invoices.id) < (${createdAt}, ${id})`;

/** Newest first, from the one after `after`. */
export async function listInvoices(
  db: Queries,
  tenantId: string,
  after: Position | null,
  limit: number,
  withDrafts: boolean,
): Promise<SummaryRow[]> {
  let query = db
    .selectFrom('invoices')
    .select(summaryColumns)
    .select(creditColumns)
    .where('tenantId', '=', tenantId);
  if (!withDrafts) query = query.where('status', '<>', 'draft');
  if (after) query = query.where(olderThan(after));
  return query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/** What credit notes have taken back of one invoice. */
export async function findCredit(db: Queries, id: string): Promise<Credit> {
  return db.selectFrom('invoices').select(creditColumns).where('id', '=', id).executeTakeFirstOrThrow();
}

/** Those with these numbers, in one query. */
export async function listNumbered(db: Queries, numbers: string[]): Promise<SummaryRow[]> {
  if (numbers.length === 0) return [];
  return db
    .selectFrom('invoices')
    .select(summaryColumns)
    .select(creditColumns)
    .where('number', 'in', numbers)
    .execute();
}

/** An invoice of any tenant, and its tenant. */
export type BookedRow = SummaryRow &
  Pick<Selectable<TenantsTable>, 'slug' | 'name' | 'timeZone' | 'deletedAt'>;

export interface BooksPage {
  /** Null = all of them. */
  month: string | null;
  status: InvoiceRow['status'] | null;
  state: InvoiceState | null;
  /** The last one of the page before. */
  after: Position | null;
  limit: number;
}

/** Those of all tenants, also deleted ones, newest first. */
export async function listAllInvoices(db: Queries, page: BooksPage): Promise<BookedRow[]> {
  const { month, status, state, after } = page;
  let query = db
    .selectFrom('invoices')
    .innerJoin('tenants', 'tenants.id', 'invoices.tenantId')
    .select(summaryColumns.map((column) => `invoices.${column}` as const))
    .select(['tenants.slug', 'tenants.name', 'tenants.timeZone', 'tenants.deletedAt'])
    .select(creditColumns);
  if (month !== null) query = query.where('invoices.month', '=', month);
  if (status !== null) query = query.where('invoices.status', '=', status);
  if (state === 'credited') query = query.where(isCredited);
  else if (state !== null)
    query = query.where('invoices.status', '=', state).where(sql<boolean>`not ${isCredited}`);
  if (after) query = query.where(olderThan(after));
  return query
    .orderBy('invoices.createdAt', 'desc')
    .orderBy('invoices.id', 'desc')
    .limit(page.limit)
    .execute();
}
