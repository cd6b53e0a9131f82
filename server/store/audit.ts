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
): Promise<AuditRow[]> {
  let query = db.selectFrom('audit').selectAll();
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
