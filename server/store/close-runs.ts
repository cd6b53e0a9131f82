import type { Selectable } from 'kysely';
import type { CloseRunsTable } from './billing-schema.ts';
import type { Queries } from './database.ts';

export type CloseRunRow = Selectable<CloseRunsTable>;

/** With a row for each client: of all, deleted ones included, or of one. Call in a transaction. */
export async function insertCloseRun(
  db: Queries,
  run: Pick<CloseRunRow, 'id' | 'request' | 'dryRun' | 'isWhole' | 'actor' | 'startedAt'>,
  tenantId: string | null,
): Promise<void> {
  await db
    .insertInto('closeRuns')
    .values({ ...run, state: 'running', finishedAt: null, clients: 0, kept: 0, summary: null })
    .execute();
  await db
    .insertInto('closeClients')
    .columns(['runId', 'no', 'tenantId', 'handle', 'state', 'tries', 'entries', 'problems'])
    .expression(({ selectFrom }) =>
      selectFrom('tenants')
        .select(({ fn, val, cast, ref, eb }) => [
          cast<string>(val(run.id), 'text').as('runId'),
          fn
            .agg<number>('row_number')
            .over((over) => over.orderBy('slug').orderBy('id'))
            .as('no'),
          'id as tenantId',
          eb.case().when('deletedAt', 'is', null).then(ref('slug')).else(ref('id')).end().as('handle'),
          cast<'pending'>(val('pending'), 'text').as('state'),
          cast<number>(val(0), 'bigint').as('tries'),
          cast<string>(val('[]'), 'text').as('entries'),
          cast<number>(val(0), 'bigint').as('problems'),
        ])
        .$if(tenantId !== null, (query) => query.where('id', '=', tenantId as string)),
    )
    .execute();
  await db
    .updateTable('closeRuns')
    .set(({ selectFrom }) => ({
      clients: selectFrom('closeClients')
        .select(({ fn }) => fn.countAll<number>().as('count'))
        .where('runId', '=', run.id),
    }))
    .where('id', '=', run.id)
    .execute();
}

export async function findCloseRun(db: Queries, id: string): Promise<CloseRunRow | null> {
  const row = await db.selectFrom('closeRuns').selectAll().where('id', '=', id).executeTakeFirst();
  return row ?? null;
}

/** Newest first, without those that did nothing and found nothing new. */
export async function listCloseRuns(
  db: Queries,
  limit: number,
  withDryRuns: boolean,
): Promise<CloseRunRow[]> {
  return db
    .selectFrom('closeRuns')
    .selectAll()
    .where(({ or, eb }) => or([eb('kept', '=', 1), eb('state', '<>', 'finished')]))
    .$if(!withDryRuns, (query) => query.where('dryRun', '=', 0))
    .orderBy('startedAt', 'desc')
    .orderBy('id', 'desc')
    .limit(limit)
    .execute();
}

export async function listRunning(db: Queries): Promise<CloseRunRow[]> {
  return db.selectFrom('closeRuns').selectAll().where('state', '=', 'running').orderBy('startedAt').execute();
}

/** The last close of all clients that has begun; never a dry run. */
export async function findNewestWhole(db: Queries): Promise<CloseRunRow | null> {
  return (await newestWhole(db).executeTakeFirst()) ?? null;
}

/** The last finished close of all clients that is listed. */
export async function findLastWhole(db: Queries): Promise<CloseRunRow | null> {
  const listed = newestWhole(db).where('state', '=', 'finished').where('kept', '=', 1);
  return (await listed.executeTakeFirst()) ?? null;
}

const newestWhole = (db: Queries) =>
  db
    .selectFrom('closeRuns')
    .selectAll()
    .where('isWhole', '=', 1)
    .orderBy('startedAt', 'desc')
    .orderBy('id', 'desc')
    .limit(1);

/** @returns false when it is in another state by now */
export async function moveCloseRun(
  db: Queries,
  id: string,
  from: CloseRunRow['state'],
  state: CloseRunRow['state'],
): Promise<boolean> {
  const moved = await db
    .updateTable('closeRuns')
    .set({ state })
    .where('id', '=', id)
    .where('state', '=', from)
    .returning('id')
    .executeTakeFirst();
  return moved !== undefined;
}

/**
 * Finishes it if nothing of it is left to do, and removes the rows of clients about whom there is nothing to report. Call
 * in a transaction.
 * @returns false when a client is not done, or another process has finished it
 */
export async function endCloseRun(
  db: Queries,
  id: string,
  end: Pick<CloseRunRow, 'finishedAt' | 'kept' | 'summary'>,
): Promise<boolean> {
  const ended = await db
    .updateTable('closeRuns')
    .set({ ...end, state: 'finished' })
    .where('id', '=', id)
    .where('state', '<>', 'finished')
    .where(({ not, exists, selectFrom }) =>
      not(
        exists(
          selectFrom('closeClients')
            .select('no')
            .where('runId', '=', id)
            .where('state', 'in', ['pending', 'under-way']),
        ),
      ),
    )
    .returning('id')
    .executeTakeFirst();
  if (!ended) return false;
  await db.deleteFrom('closeClients').where('runId', '=', id).where('entries', '=', '[]').execute();
  return true;
}

/** Removes finished runs that are in no list, and dry runs, whose figures are no longer those of the books. */
export async function dropOldRuns(
  db: Queries,
  { idleBefore, dryBefore }: { idleBefore: number; dryBefore: number },
): Promise<void> {
  const old = await db
    .selectFrom('closeRuns')
    .select('id')
    .where('state', '<>', 'running')
    .where(({ and, or, eb }) =>
      or([
        and([eb('state', '=', 'finished'), eb('kept', '=', 0), eb('startedAt', '<', idleBefore)]),
        and([eb('dryRun', '=', 1), eb('startedAt', '<', dryBefore)]),
      ]),
    )
    .execute();
  const ids = old.map(({ id }) => id);
  if (ids.length === 0) return;
  await db.deleteFrom('closeClients').where('runId', 'in', ids).execute();
  await db.deleteFrom('closeRuns').where('id', 'in', ids).execute();
}
