/**
 * What was said in chats had been asked for in the wrong place at Vapi, and was taken for deleted though it was not. It is
 * shown as it is: the tenant's retention deletes it at the next sweep; what was deleted by request can be asked for again
 * (the audit log names the ids under `calls.delete-content`).
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const chatContent: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`update calls set content_deleted_at = null where type = 'chat'`.execute(db);
  },
};
