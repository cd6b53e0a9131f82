/** The request for a credit note, so that a repeated request can be told from a different one. */
import { type Kysely, PostgresAdapter, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const creditNoteRequests: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema.alterTable('invoices').addColumn('request', 'text').execute();
    const when = `old.status <> 'draft' and new.request is distinct from old.request`;
    const postgres = db.getExecutor().adapter instanceof PostgresAdapter;
    await sql
      .raw(
        postgres
          ? `create trigger invoices_request_frozen before update on invoices for each row when (${when})
              execute function refuse_change()`
          : `create trigger invoices_request_frozen before update on invoices for each row when ${when}
              begin select raise(abort, 'a finalized document never changes (invoices)'); end`,
      )
      .execute(db);
  },
};
