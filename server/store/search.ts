/** A few clients, invoices and calls by what someone types. */
import { type Selectable, sql } from 'kysely';
import type { CallRow } from './calls.ts';
import type { Queries } from './database.ts';
import type { InvoiceRow } from './invoices.ts';
import type { TenantsTable } from './schema.ts';
import { containing } from './search-text.ts';

type Whose = Pick<Selectable<TenantsTable>, 'slug' | 'name' | 'timeZone' | 'deletedAt'> & {
  tenantId: string;
};
const whose = [
  'tenants.id as tenantId',
  'tenants.slug',
  'tenants.name',
  'tenants.timeZone',
  'tenants.deletedAt',
] as const;

/** By a part of name or slug; no deleted ones. */
export async function searchClients(db: Queries, text: string, limit: number): Promise<Whose[]> {
  return db
    .selectFrom('tenants')
    .select(whose)
    .where('deletedAt', 'is', null)
    .where(sql<boolean>`tenants.search_text like ${containing(text)} escape '\\'`)
    .orderBy('searchText')
    .orderBy('id')
    .limit(limit)
    .execute();
}

/** By the beginning of the number, newest first. */
export async function searchInvoices(
  db: Queries,
  text: string,
  limit: number,
): Promise<(Whose & Pick<InvoiceRow, 'id' | 'number' | 'month'>)[]> {
  const beginning = `${text.toLowerCase().replace(/[\\%_]/g, '\\$&')}%`;
  return db
    .selectFrom('invoices')
    .innerJoin('tenants', 'tenants.id', 'invoices.tenantId')
    .select(whose)
    .select(['invoices.id', 'invoices.number', 'invoices.month'])
    .where(sql<boolean>`lower(invoices.number) like ${beginning} escape '\\'`)
    .orderBy('invoices.createdAt', 'desc')
    .orderBy('invoices.id', 'desc')
    .limit(limit)
    .execute();
}

/** By the whole id; usually one. */
export async function searchCalls(
  db: Queries,
  id: string,
): Promise<(Whose & Pick<CallRow, 'id' | 'createdAt'>)[]> {
  return db
    .selectFrom('callOwners')
    .innerJoin('calls', (join) =>
      join.onRef('calls.tenantId', '=', 'callOwners.tenantId').onRef('calls.id', '=', 'callOwners.callId'),
    )
    .innerJoin('tenants', 'tenants.id', 'calls.tenantId')
    .select(whose)
    .select(['calls.id', 'calls.createdAt'])
    .where('callOwners.callId', '=', id)
    .execute();
}
