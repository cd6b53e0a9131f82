/**
 * The content of chats was deleted at the wrong address of Vapi, and recorded as deleted although it was not. It counts
 * as present again: the tenant's retention deletes it at the next sweep; deletions on request can be requested again
 * (the audit log names the ids under `calls.delete-content`).
 */
import { type Kysely, sql } from 'kysely';
import type { Migration } from 'kysely/migration';

export const chatContent: Migration = {
  async up(db: Kysely<unknown>) {
    await sql`update calls set content_deleted_at = null where type = 'chat'`.execute(db);
  },
};
