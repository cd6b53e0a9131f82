/** What a reservation was made for; until now only its id showed it. Defaults to a call, for older processes. */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const reservationKinds: Migration = {
  async up(db: Kysely<unknown>) {
    await db.schema
      .alterTable('reservations')
      .addColumn('kind', 'text', (column) => column.notNull().defaultTo('call'))
      .execute();
    await sql`update reservations set kind = 'message' where substr(id, 1, 4) = 'msg_'`.execute(db);
  },
};
