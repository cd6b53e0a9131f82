/** Calls are filtered by their language, which until now was only within the measures of their results. */
import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const callLanguage: Migration = {
  async up(db: Kysely<unknown>) {
    const isPostgres = db.getExecutor().adapter instanceof PostgresAdapter;
    const language = isPostgres
      ? `cast(measures as json) -> 'language' ->> 1`
      : `json_extract(measures, '$.language[1]')`;
    await db.schema.alterTable('call_results').addColumn('language', 'text').execute();
    await sql`update call_results set language = ${sql.raw(language)}`.execute(db);
  },
};
