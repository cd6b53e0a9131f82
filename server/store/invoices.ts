import { type Selectable, sql } from 'kysely';
import type { InvoicesTable } from './billing-schema.ts';
import type { Queries } from './database.ts';

export type InvoiceRow = Selectable<InvoicesTable>;

export async function insertInvoice(db: Queries, row: InvoiceRow): Promise<boolean> {
  const result = await db
    .insertInto('invoices')
    .values(row)
    .onConflict((conflict) => conflict.doNothing())
    .executeTakeFirst();
  return Number(result.numInsertedOrUpdatedRows ?? 0) === 1;
}

/** A draft's figures; any other document is left unchanged. */
export async function updateDraft(
  db: Queries,
  id: string,
  columns: Pick<InvoiceRow, 'kind' | 'currency' | 'totalCents' | 'dueCents' | 'document'>,
): Promise<boolean> {
  const result = await db
    .updateTable('invoices')
    .set(columns)
    .where('id', '=', id)
    .where('status', '=', 'draft')
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Reads the document and locks it until this transaction ends. */
export async function lockInvoice(db: Queries, id: string): Promise<InvoiceRow | null> {
  const row = await db
    .updateTable('invoices')
    .set((expression) => ({ createdAt: expression.ref('createdAt') }))
    .where('id', '=', id)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

type Progress = Partial<
  Pick<
    InvoiceRow,
    | 'status'
    | 'kind'
    | 'number'
    | 'currency'
    | 'totalCents'
    | 'dueCents'
    | 'document'
    | 'sha256'
    | 'stripeId'
    | 'stripeCustomerId'
    | 'collection'
    | 'finalizedAt'
    | 'dueAt'
    | 'pushedAt'
    | 'paidAt'
    | 'voidedAt'
  >
>;

/** Moves a document on, if it still has the status that the caller expects. */
export async function advanceInvoice(
  db: Queries,
  id: string,
  from: InvoiceRow['status'][],
  columns: Progress,
): Promise<boolean> {
  const result = await db
    .updateTable('invoices')
    .set(columns)
    .where('id', '=', id)
    .where('status', 'in', from)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** @param name its id, or its number once it has one: numbers and ids cannot be confused */
export async function findInvoice(db: Queries, tenantId: string, name: string): Promise<InvoiceRow | null> {
  const row = await db
    .selectFrom('invoices')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where((expression) => expression.or([expression('id', '=', name), expression('number', '=', name)]))
    .executeTakeFirst();
  return row ?? null;
}

export async function findInvoiceById(db: Queries, id: string): Promise<InvoiceRow | null> {
  const row = await db.selectFrom('invoices').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

export async function findInvoiceByStripeId(db: Queries, stripeId: string): Promise<InvoiceRow | null> {
  const row = await db.selectFrom('invoices').selectAll().where('stripeId', '=', stripeId).executeTakeFirst();
  return row ?? null;
}

export async function hasNumber(db: Queries, number: string): Promise<boolean> {
  const row = await db.selectFrom('invoices').select('id').where('number', '=', number).executeTakeFirst();
  return row !== undefined;
}

/** Whether a document of the kind, void or not, has a number with the prefix, which may contain hyphens. */
export async function hasPrefix(db: Queries, kind: InvoiceRow['kind'], prefix: string): Promise<boolean> {
  const row = await db
    .selectFrom('invoices')
    .select('id')
    .where('kind', '=', kind)
    .where('number', 'like', `${prefix}-%`)
    .where('number', 'not like', `${prefix}-%-%`)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The document that bills a month, except void ones. */
export async function findMonthInvoice(
  db: Queries,
  tenantId: string,
  month: string,
): Promise<InvoiceRow | null> {
  const row = await db
    .selectFrom('invoices')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('month', '=', month)
    .where('role', '=', 'period')
    .where('status', '<>', 'void')
    .executeTakeFirst();
  return row ?? null;
}

/** The billed months in order, with the time at which each was billed. */
export async function listBilledMonths(
  db: Queries,
  tenantId: string,
): Promise<{ month: string; finalizedAt: number }[]> {
  const rows = await db
    .selectFrom('invoices')
    .select(['month', 'finalizedAt'])
    .where('tenantId', '=', tenantId)
    .where('role', '=', 'period')
    .where('status', 'not in', ['draft', 'void'])
    .orderBy('month')
    .execute();
  return rows.map(({ month, finalizedAt }) => ({ month, finalizedAt: finalizedAt ?? 0 }));
}

/** Months whose last numbered document is void and that are not billed again; `isDrafted` if there is a new draft. */
export async function listVoidedMonths(
  db: Queries,
  tenantId: string,
): Promise<{ month: string; number: string; isDrafted: boolean }[]> {
  const rows = await db
    .selectFrom('invoices')
    .select(['month', 'status', 'number'])
    .where('tenantId', '=', tenantId)
    .where('role', '=', 'period')
    .orderBy('month')
    .orderBy('finalizedAt')
    .execute();
  return [...Map.groupBy(rows, ({ month }) => month)].flatMap(([month, documents]) => {
    const number = documents.findLast(({ status, number }) => status === 'void' && number)?.number;
    const isDrafted = documents.some(({ status }) => status === 'draft');
    const isBilled = documents.some(({ status }) => status !== 'draft' && status !== 'void');
    return number && !isBilled ? [{ month, number, isDrafted }] : [];
  });
}

/**
 * Unpaid invoices past their due day, from the one after `after`. An invoice that Stripe collects is due only once it
 * has been delivered.
 */
export async function listDue(
  db: Queries,
  nowMs: number,
  after: { dueAt: number; id: string } | null,
  limit: number,
): Promise<InvoiceRow[]> {
  let query = db
    .selectFrom('invoices')
    .selectAll()
    .where('status', 'in', ['finalized', 'pushed', 'overdue'])
    .where('kind', '=', 'invoice')
    .where('dueAt', '<', nowMs)
    .where('strayedAt', 'is', null)
    .where((expression) =>
      expression.or([expression('collection', '=', 'manual'), expression('pushedAt', 'is not', null)]),
    );
  if (after) {
    query = query.where((expression) =>
      expression(expression.refTuple('dueAt', 'id'), '>', expression.tuple(after.dueAt, after.id)),
    );
  }
  return query.orderBy('dueAt').orderBy('id').limit(limit).execute();
}

/** @returns false when the tenant has been paused for it before */
export async function markPausedFor(db: Queries, id: string, nowMs: number): Promise<boolean> {
  const result = await db
    .updateTable('invoices')
    .set({ pausedAt: nowMs })
    .where('id', '=', id)
    .where('pausedAt', 'is', null)
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** Unpaid invoices that have paused their tenant since then, or would have if it had not already been paused. */
export async function listPausedFor(db: Queries, tenantId: string, sinceMs: number): Promise<InvoiceRow[]> {
  return db
    .selectFrom('invoices')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('pausedAt', '>=', sinceMs)
    .where('strayedAt', 'is', null)
    .where('status', 'in', ['finalized', 'pushed', 'overdue'])
    .execute();
}

/** Marks that Stripe no longer collects it. @returns false when it was marked already, or nothing is left to pay */
export async function markStrayed(db: Queries, id: string, nowMs: number): Promise<boolean> {
  const result = await db
    .updateTable('invoices')
    .set({ strayedAt: nowMs })
    .where('id', '=', id)
    .where('strayedAt', 'is', null)
    .where('status', 'in', ['finalized', 'pushed', 'overdue'])
    .executeTakeFirst();
  return Number(result.numUpdatedRows) === 1;
}

/** A tenant's unpaid invoices that Stripe no longer collects, oldest first. */
export async function listStrayed(db: Queries, tenantId: string): Promise<InvoiceRow[]> {
  return db
    .selectFrom('invoices')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('strayedAt', 'is not', null)
    .where('status', 'in', ['finalized', 'pushed', 'overdue'])
    .orderBy('finalizedAt')
    .execute();
}

/**
 * Frozen documents that must go to Stripe and are not there yet, oldest first. Those frozen while the tenant was
 * collected outside Stripe stay outside, unless a person pushes them.
 */
export async function listUnpushed(db: Queries, tenantId: string): Promise<InvoiceRow[]> {
  return db
    .selectFrom('invoices')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('status', 'in', ['finalized', 'overdue'])
    .where('collection', '<>', 'manual')
    .where('pushedAt', 'is', null)
    .where('strayedAt', 'is', null)
    .orderBy('finalizedAt')
    .orderBy('id')
    .execute();
}

/** The amount to pay of an invoice after its credit notes. */
export async function leftToPayCents(db: Queries, { id, dueCents }: InvoiceRow): Promise<number> {
  const { credited } = await db
    .selectFrom('invoices')
    .select(sql<number>`cast(coalesce(sum(${sql.ref('dueCents')}), 0) as bigint)`.as('credited'))
    .where('correctsId', '=', id)
    .where('status', '<>', 'void')
    .executeTakeFirstOrThrow();
  return Math.max(0, dueCents + credited);
}

/** The documents of the tenant's valid credit notes, each with that of the invoice that it corrects. */
export async function listCreditNotes(
  db: Queries,
  tenantId: string,
): Promise<{ id: string; at: number; note: string; invoice: string }[]> {
  const rows = await db
    .selectFrom('invoices as notes')
    .innerJoin('invoices as corrected', 'corrected.id', 'notes.correctsId')
    .select(['notes.id', 'notes.finalizedAt', 'corrected.finalizedAt as correctedAt'])
    .select(['notes.document as note', 'corrected.document as invoice'])
    .where('notes.tenantId', '=', tenantId)
    .where('notes.status', '<>', 'void')
    .execute();
  // Even if the clock was set back between the two.
  return rows.map(({ finalizedAt, correctedAt, ...row }) => ({
    ...row,
    at: Math.max(finalizedAt ?? 0, correctedAt ?? 0),
  }));
}

/** When each document that bills a month was frozen, by its id. */
export async function listFreezingTimes(db: Queries, tenantId: string): Promise<Map<string, number>> {
  const rows = await db
    .selectFrom('invoices')
    .select(['id', 'finalizedAt'])
    .where('tenantId', '=', tenantId)
    .where('role', '=', 'period')
    .where('finalizedAt', 'is not', null)
    .execute();
  return new Map(rows.map(({ id, finalizedAt }) => [id, finalizedAt ?? 0]));
}

/** Valid documents that correct this one. */
export async function listCorrections(db: Queries, id: string): Promise<InvoiceRow[]> {
  return db
    .selectFrom('invoices')
    .selectAll()
    .where('correctsId', '=', id)
    .where('status', '<>', 'void')
    .orderBy('createdAt')
    .execute();
}
