import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { AuditTable } from './schema.ts';

export type AuditRow = Selectable<AuditTable>;

/** Written in the transaction of the change that it records. */
export async function insertAudit(db: Queries, row: AuditRow): Promise<void> {
  await db.insertInto('audit').values(row).execute();
}

/** Newest first, from the one after `after`. */
export async function listAudit(
  db: Queries,
  after: { at: number; id: string } | null,
  limit: number,
  filter: Partial<Record<'tenant' | 'actor' | 'action', string | undefined>> = {},
): Promise<AuditRow[]> {
  let query = db.selectFrom('audit').selectAll();
  for (const column of ['tenant', 'actor', 'action'] as const) {
    const value = filter[column];
    if (value !== undefined) query = query.where(column, '=', value);
  }
  if (after) {
    query = query.where((expression) =>
      expression.or([
        expression('at', '<', after.at),
        expression.and([expression('at', '=', after.at), expression('id', '<', after.id)]),
      ]),
    );
  }
  return query.orderBy('at', 'desc').orderBy('id', 'desc').limit(limit).execute();
}
