import { sql } from 'kysely';
import { callKinds } from '../contract.ts';
import type { CallRow } from './calls.ts';
import type { Queries } from './database.ts';

/** Adds what is new. */
export async function insertCallers(
  db: Queries,
  tenantId: string,
  callId: string,
  hashes: string[],
): Promise<void> {
  if (hashes.length === 0) return;
  await db
    .insertInto('callCallers')
    .values(hashes.map((hash) => ({ tenantId, hash, callId })))
    .onConflict((conflict) => conflict.doNothing())
    .execute();
}

/** What was said in the call is deleted: who was in it is forgotten, too. */
export async function deleteCallers(db: Queries, tenantId: string, callId: string): Promise<void> {
  await db.deleteFrom('callCallers').where('tenantId', '=', tenantId).where('callId', '=', callId).execute();
}

/**
 * The tenant's calls with any of the hashes, newest first, each once.
 * @param hashes of one number or address, under each key
 */
export async function listCallsOfCaller(
  db: Queries,
  tenantId: string,
  hashes: string[],
  after: { createdAt: number; id: string } | null,
  limit: number,
): Promise<CallRow[]> {
  let query = db
    .selectFrom('calls')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('id', 'in', (inner) =>
      inner
        .selectFrom('callCallers')
        .select('callId')
        .where('tenantId', '=', tenantId)
        .where('hash', 'in', hashes),
    );
  if (after) {
    query = query.where((expression) =>
      expression.or([
        expression('createdAt', '<', after.createdAt),
        expression.and([expression('createdAt', '=', after.createdAt), expression('id', '<', after.id)]),
      ]),
    );
  }
  return query.orderBy('createdAt', 'desc').orderBy('id', 'desc').limit(limit).execute();
}

/**
 * How many of the caller's calls by phone that someone answers began after each of the times: one that was refused is no start.
 * @param hashes of one number, under each key
 */
export async function countCallsOfCaller(
  db: Queries,
  tenantId: string,
  hashes: string[],
  since: number[],
): Promise<number[]> {
  const after = (time: number) =>
    sql<number>`cast(coalesce(sum(case when ${sql.ref('calls.createdAt')} > ${time} then 1 else 0 end), 0) as bigint)`;
  const row = await db
    .selectFrom('callCallers')
    .innerJoin('calls', (join) =>
      join.onRef('calls.tenantId', '=', 'callCallers.tenantId').onRef('calls.id', '=', 'callCallers.callId'),
    )
    .select(since.map((time, index) => after(time).as(`after${index}`)))
    .where('callCallers.tenantId', '=', tenantId)
    .where('callCallers.hash', 'in', hashes)
    .where('calls.tenantId', '=', tenantId)
    .where('calls.type', '=', callKinds.inbound)
    .where('calls.assistantId', 'is not', null)
    .executeTakeFirstOrThrow();
  return since.map((_, index) => Number(row[`after${index}`]));
}
