/** Invoices as lists show them: without their documents, each with the amount its credit notes take back. */
import { type RawBuilder, type Selectable, sql } from 'kysely';
import type { BookSort, InvoiceState } from '../contract.ts';
import type { Queries } from './database.ts';
import type { InvoiceRow } from './invoices.ts';
import type { TenantsTable } from './schema.ts';
import { containing } from './search-text.ts';

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

/** Which of them are listed; null = all. */
export interface BooksWanted {
  month: string | null;
  status: InvoiceRow['status'] | null;
  state: InvoiceState | null;
  /** In the number, and in the client's name and slug. */
  search: string | null;
}

export interface BooksPage {
  sort: BookSort;
  isDescending: boolean;
  /** The last one of the page before. */
  after: { key: number; id: string } | null;
  limit: number;
}

const keys: Record<BookSort, RawBuilder<number>> = {
  time: sql<number>`invoices.created_at`,
  total: sql<number>`invoices.total_cents`,
  // As in its index: what has no due date comes first or last.
  due: sql<number>`coalesce(invoices.due_at, 0)`,
};

/** Those of all tenants, also deleted ones. */
export async function listAllInvoices(
  db: Queries,
  wanted: BooksWanted,
  { sort, isDescending, after, limit }: BooksPage,
): Promise<(BookedRow & { key: number })[]> {
  const key = keys[sort];
  const direction = isDescending ? 'desc' : 'asc';
  const compare = sql.raw(isDescending ? '<' : '>');
  return matching(db, wanted)
    .select(summaryColumns.map((column) => `invoices.${column}` as const))
    .select(['tenants.slug', 'tenants.name', 'tenants.timeZone', 'tenants.deletedAt'])
    .select(creditColumns)
    .select(key.as('key'))
    .$if(after !== null, (query) =>
      query.where(sql<boolean>`(${key}, invoices.id) ${compare} (${after?.key}, ${after?.id})`),
    )
    .orderBy(key, direction)
    .orderBy('invoices.id', direction)
    .limit(limit)
    .execute();
}

/** What documents of one currency add up to. */
export interface BookSums {
  currency: string;
  documents: number;
  totalCents: number;
  leftToPayCents: number;
}

/** Of the newest `most` that match, by currency. Void ones are counted, but add nothing; drafts cannot be paid yet. */
export async function sumAllInvoices(db: Queries, wanted: BooksWanted, most: number): Promise<BookSums[]> {
  const sum = (what: string) => sql<number>`cast(coalesce(sum(${sql.raw(what)}), 0) as bigint)`;
  return db
    .selectFrom(
      matching(db, wanted)
        .select(['invoices.currency', 'invoices.status', 'invoices.totalCents', 'invoices.dueCents'])
        .select(creditedCents.as('creditedCents'))
        .orderBy('invoices.createdAt', 'desc')
        .limit(most)
        .as('listed'),
    )
    .select([
      'currency',
      sql<number>`cast(count(*) as bigint)`.as('documents'),
      sum("case when status = 'void' then 0 else total_cents end").as('totalCents'),
      // As in `balanceOf`.
      sum(`case when status in ('draft', 'paid', 'void') or due_cents <= credited_cents then 0
        else due_cents - credited_cents end`).as('leftToPayCents'),
    ])
    .groupBy('currency')
    .orderBy('currency')
    .execute();
}

function matching(db: Queries, { month, status, state, search }: BooksWanted) {
  let query = db.selectFrom('invoices').innerJoin('tenants', 'tenants.id', 'invoices.tenantId');
  if (month !== null) query = query.where('invoices.month', '=', month);
  if (status !== null) query = query.where('invoices.status', '=', status);
  if (state === 'credited') query = query.where(isCredited);
  else if (state !== null)
    query = query.where('invoices.status', '=', state).where(sql<boolean>`not ${isCredited}`);
  if (search !== null) {
    const pattern = containing(search);
    query = query.where(
      sql<boolean>`(lower(invoices.number) like ${pattern} escape '\\'
        or tenants.search_text like ${pattern} escape '\\')`,
    );
  }
  return query;
}
