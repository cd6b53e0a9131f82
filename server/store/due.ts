/** Work shared by processes: rows that are due at a time, each tried until it is done. */
import type { Kysely, Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { Schema } from './schema.ts';

interface DueWork<Column extends string> {
  /** The row's key, and further columns that cancel the turn if they change meanwhile. */
  key: readonly Column[];
  dueAt?: Column;
  attempts?: Column;
  /** Orders rows that are due at the same time. */
  thenBy?: Column;
  /** Default: all. */
  returned?: readonly Column[];
  /** Rows of these tenants are skipped. */
  closedTo?: string[];
}

/**
 * Takes the next due row by moving its time ahead, so that no other process takes it meanwhile.
 * @param retryAt when it is due again unless this attempt finishes it, given the earlier attempts; null = never
 * @returns null also when another process was faster
 */
export async function takeNextDue<Table extends keyof Schema>(
  db: Queries,
  { table, ...work }: DueWork<keyof Schema[Table] & string> & { table: Table },
  nowMs: number,
  retryAt: (attempts: number) => number | null,
): Promise<Selectable<Schema[Table]> | null> {
  const { key, dueAt = 'nextAttemptAt', attempts = 'attempts', ...more }: DueWork<string> = work;
  const { thenBy = dueAt, returned, closedTo = [] } = more;
  // The columns are checked above; the query builder cannot follow a table that is a variable.
  const rows = db as unknown as Kysely<Record<string, Record<string, string | number | null>>>;
  const due = await rows
    .selectFrom(table as string)
    .select([...key, dueAt, attempts])
    .where(dueAt, '<=', nowMs)
    .$if(closedTo.length > 0, (query) => query.where('tenantId', 'not in', closedTo))
    .orderBy(dueAt)
    .$if(thenBy !== dueAt, (query) => query.orderBy(thenBy))
    .limit(1)
    .executeTakeFirst();
  if (!due) return null;
  const made = Number(due[attempts]);
  const unchanged = Object.fromEntries([...key, dueAt].map((column) => [column, due[column] as string]));
  const update = rows
    .updateTable(table as string)
    .set({ [dueAt]: retryAt(made), [attempts]: made + 1 })
    .where(({ and }) => and(unchanged));
  const row = await (returned ? update.returning(returned) : update.returningAll()).executeTakeFirst();
  return (row as Selectable<Schema[Table]> | undefined) ?? null;
}
