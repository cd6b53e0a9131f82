import { type Selectable, sql } from 'kysely';
import type { InvoiceLinesTable } from './billing-schema.ts';
import type { Queries } from './database.ts';

export async function insertInvoiceLines(db: Queries, rows: Selectable<InvoiceLinesTable>[]): Promise<void> {
  for (let start = 0; start < rows.length; start += 500) {
    await db
      .insertInto('invoiceLines')
      .values(rows.slice(start, start + 500))
      .execute();
  }
}

export async function releaseInvoiceLines(db: Queries, invoiceId: string): Promise<void> {
  await db.updateTable('invoiceLines').set({ active: 0 }).where('invoiceId', '=', invoiceId).execute();
}

/** A line that offsets a correction, since an earlier credit note has already returned the money. */
export type CreditedBefore = Pick<BilledSum, 'planId' | 'rate' | 'kind' | 'amountCents'> & { number: string };

/** Those of a month on valid documents, the newest document first. */
export async function listCreditedBefore(
  db: Queries,
  tenantId: string,
  month: string,
): Promise<CreditedBefore[]> {
  const rows = await db
    .selectFrom('invoiceLines as lines')
    .innerJoin('invoices', 'invoices.id', 'lines.invoiceId')
    .select(['lines.planId', 'lines.rate', 'lines.kind', 'lines.amountCents', 'invoices.number'])
    .where('lines.tenantId', '=', tenantId)
    .where('lines.month', '=', month)
    .where('lines.active', '=', 1)
    .where('lines.kind', '=', 'credited-before')
    .orderBy('invoices.finalizedAt', 'desc')
    .orderBy('invoices.month', 'desc')
    .execute();
  return rows.map(({ number, ...line }) => ({ ...line, number: number ?? '' }));
}

/** A month's top-ups and their changes on valid documents. */
export async function listTopUps(
  db: Queries,
  tenantId: string,
  month: string,
): Promise<Pick<InvoiceLinesTable, 'invoiceId' | 'planId' | 'amountCents'>[]> {
  return db
    .selectFrom('invoiceLines')
    .select(['invoiceId', 'planId', 'amountCents'])
    .where('tenantId', '=', tenantId)
    .where('month', '=', month)
    .where('active', '=', 1)
    .where('kind', 'in', ['minimum', 'minimum-change'])
    .execute();
}

/** What all valid documents have billed for a month, by plan, rate and kind. */
export interface BilledSum {
  planId: string;
  rate: number | null;
  kind: InvoiceLinesTable['kind'];
  billedSeconds: number;
  amountCents: number;
}

export async function sumBilled(db: Queries, tenantId: string, month: string): Promise<BilledSum[]> {
  return db
    .selectFrom('invoiceLines')
    .select([
      'planId',
      'rate',
      'kind',
      sql<number>`cast(sum(${sql.ref('billedSeconds')}) as bigint)`.as('billedSeconds'),
      sql<number>`cast(sum(${sql.ref('amountCents')}) as bigint)`.as('amountCents'),
    ])
    .where('tenantId', '=', tenantId)
    .where('month', '=', month)
    .where('active', '=', 1)
    .groupBy(['planId', 'rate', 'kind'])
    .execute();
}
