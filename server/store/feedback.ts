import type { Selectable } from 'kysely';
import type { Queries } from './database.ts';
import type { FeedbackTable } from './schema.ts';

type Feedback = Selectable<FeedbackTable>;

/** A later one replaces an earlier one for the same call. */
export async function saveFeedback(db: Queries, feedback: Feedback): Promise<void> {
  const { rating, comment, at } = feedback;
  await db
    .insertInto('feedback')
    .values(feedback)
    .onConflict((conflict) => conflict.columns(['tenantId', 'callId']).doUpdateSet({ rating, comment, at }))
    .execute();
}

/** Deletes the comment; the rating stays. */
export async function deleteComment(db: Queries, tenantId: string, callId: string): Promise<void> {
  await db
    .updateTable('feedback')
    .set({ comment: null })
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .execute();
}

export async function findFeedback(db: Queries, tenantId: string, callId: string): Promise<Feedback | null> {
  const row = await db
    .selectFrom('feedback')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .executeTakeFirst();
  return row ?? null;
}
