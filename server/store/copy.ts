/**
 * Copies a whole store into another, empty one: how an installation moves from SQLite to PostgreSQL. Opening either
 * migrates it to the newest schema, so that only rows are copied.
 */
import { type Kysely, PostgresAdapter, type SelectQueryBuilder, sql } from 'kysely';
import type { Store } from './database.ts';

/** The tables by their names in the database. */
// biome-ignore lint/suspicious/noExplicitAny: rows of every table go through the same statements
type AnyRows = Kysely<any>;

/** Kysely's own: which migrations have run. */
const ownTables = /^kysely_/;
/** PostgreSQL accepts at most 65,535 values in one statement. */
const valuesPerStatement = 20_000;

export interface CopiedTable {
  table: string;
  rows: number;
}

/**
 * All or nothing: the target is written in one transaction, and row counts are compared before it ends. The source must
 * not change meanwhile, so the server has to be stopped.
 * @param source a SQLite store
 * @param target a PostgreSQL store
 * @throws Error when the target is not empty, or when a row is missing afterwards
 */
export async function copyStore(source: Store, target: Store): Promise<CopiedTable[]> {
  const from: AnyRows = source.withoutPlugins();
  const tables = await tablesInOrder(from);
  return target
    .withoutPlugins()
    .transaction()
    .execute(async (to: AnyRows) => {
      for (const table of tables) {
        if ((await count(to, table)) > 0) throw new Error(`The target is not empty: ${table} has rows.`);
      }
      const copied: CopiedTable[] = [];
      for (const table of tables) {
        await guard(to, table, 'disable');
        // Rows refer to older rows of their own table, so they are copied in their original order.
        await copyTable(from.selectFrom(table).selectAll().orderBy(sql`rowid`), to, table);
        await guard(to, table, 'enable');
        const rows = await count(from, table);
        if ((await count(to, table)) !== rows) throw new Error(`Not every row of ${table} has arrived.`);
        copied.push({ table, rows });
      }
      return copied;
    });
}

/** Finalized documents accept no further lines, but a copy inserts the lines after their document. */
async function guard(to: AnyRows, table: string, what: 'enable' | 'disable'): Promise<void> {
  if (!(to.getExecutor().adapter instanceof PostgresAdapter)) return;
  await sql`alter table ${sql.table(table)} ${sql.raw(what)} trigger user`.execute(to);
}

/** Each table after those that it refers to. */
async function tablesInOrder(from: AnyRows): Promise<string[]> {
  const names = (await from.introspection.getTables())
    .map(({ name }) => name)
    .filter((name) => !ownTables.test(name));
  const order: string[] = [];
  const place = async (name: string) => {
    if (order.includes(name)) return;
    const { rows } = await sql<{
      table: string;
    }>`select "table" from pragma_foreign_key_list(${name})`.execute(from);
    for (const { table } of rows) if (table !== name) await place(table);
    order.push(name);
  };
  for (const name of names.sort()) await place(name);
  return order;
}

async function copyTable(
  // biome-ignore lint/suspicious/noExplicitAny: as above
  rows: SelectQueryBuilder<any, string, Record<string, unknown>>,
  to: AnyRows,
  table: string,
): Promise<void> {
  let batch: Record<string, unknown>[] = [];
  const write = async () => {
    if (batch.length > 0) await to.insertInto(table).values(batch).execute();
    batch = [];
  };
  for await (const row of rows.stream()) {
    batch.push(row);
    if (batch.length * Object.keys(row).length > valuesPerStatement) await write();
  }
  await write();
}

async function count(db: AnyRows, table: string): Promise<number> {
  const { rows } = await db
    .selectFrom(table)
    .select(({ fn }) => fn.countAll().as('rows'))
    .executeTakeFirstOrThrow();
  return Number(rows);
}
