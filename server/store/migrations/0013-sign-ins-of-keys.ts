/** The API key with which a sign-in link was made, so that the link and its sign-in end with the key. */
import type { Kysely } from 'kysely';
import type { Migration } from 'kysely/migration';

export const signInsOfKeys: Migration = {
  async up(db: Kysely<unknown>) {
    for (const table of ['sign_in_links', 'sign_ins']) {
      await db.schema
        .alterTable(table)
        .addColumn('key_id', 'text', (column) => column.references('api_keys.id'))
        .execute();
    }
  },
};
