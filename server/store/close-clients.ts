import type { ExpressionBuilder, Selectable } from 'kysely';
import type { CloseClientsTable } from './billing-schema.ts';
import type { Queries } from './database.ts';
import type { Schema } from './schema.ts';

export type CloseClientRow = Selectable<CloseClientsTable>;
export type CloseClientState = CloseClientRow['state'];

/** Who works on clients of which run. */
export interface Claim {
  runId: string;
  /** Names this process. */
  owner: string;
}

/**
 * Waiting, or claimed by a process that has not renewed its claim; not while the run is stopped. One state at a time, so
 * that the index finds the first of thousands.
 */
const isFree =
  (runId: string, state: 'pending' | 'under-way', nowMs: number) =>
  ({ and, eb, exists, selectFrom }: ExpressionBuilder<Schema, 'closeClients'>) =>
    and([
      eb('runId', '=', runId),
      eb('state', '=', state),
      ...(state === 'under-way' ? [eb('claimedUntil', '<=', nowMs)] : []),
      exists(selectFrom('closeRuns').select('id').where('id', '=', runId).where('state', '=', 'running')),
    ]);

const freeStates = ['pending', 'under-way'] as const;

/**
 * Claims the next clients: those that wait, then those of killed processes, each in one statement.
 * @param until epoch milliseconds, see `renewClaims`
 * @returns fewer than wanted, or none, also when another process was faster: see `hasFreeClients`
 */
export async function claimClients(
  db: Queries,
  { runId, owner }: Claim,
  wanted: number,
  until: number,
  nowMs: number,
): Promise<CloseClientRow[]> {
  const claimed: CloseClientRow[] = [];
  for (const state of freeStates) {
    const rest = wanted - claimed.length;
    if (rest === 0) break;
    const rows = await db
      .updateTable('closeClients')
      .set(({ eb }) => ({
        state: 'under-way' as const,
        claimedBy: owner,
        claimedUntil: until,
        tries: eb('tries', '+', 1),
      }))
      // Both: a row that another process has claimed since the inner query was read is looked at again.
      .where(isFree(runId, state, nowMs))
      .where('no', 'in', ({ selectFrom }) =>
        selectFrom('closeClients')
          .select('no')
          .where(isFree(runId, state, nowMs))
          .orderBy('no')
          .limit(rest),
      )
      .returningAll()
      .execute();
    claimed.push(...rows);
  }
  return claimed;
}

/** Whether there is anything to claim. */
export async function hasFreeClients(db: Queries, runId: string, nowMs: number): Promise<boolean> {
  for (const state of freeStates) {
    const row = await db
      .selectFrom('closeClients')
      .select('no')
      .where(isFree(runId, state, nowMs))
      .limit(1)
      .executeTakeFirst();
    if (row) return true;
  }
  return false;
}

export async function hasClients(db: Queries, runId: string, states: CloseClientState[]): Promise<boolean> {
  const row = await db
    .selectFrom('closeClients')
    .select('no')
    .where('runId', '=', runId)
    .where('state', 'in', states)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

export async function renewClaims(db: Queries, { runId, owner }: Claim, until: number): Promise<void> {
  await db
    .updateTable('closeClients')
    .set({ claimedUntil: until })
    .where('runId', '=', runId)
    .where('state', '=', 'under-way')
    .where('claimedBy', '=', owner)
    .execute();
}

/** @returns false when another process has claimed it since */
export async function saveClient(
  db: Queries,
  { runId, owner }: Claim,
  no: number,
  result: Pick<CloseClientRow, 'state' | 'entries' | 'problems'>,
): Promise<boolean> {
  const saved = await db
    .updateTable('closeClients')
    .set({ ...result, claimedBy: null, claimedUntil: null })
    .where('runId', '=', runId)
    .where('no', '=', no)
    .where('state', '=', 'under-way')
    .where('claimedBy', '=', owner)
    .returning('no')
    .executeTakeFirst();
  return saved !== undefined;
}

/** How many clients of each of these runs are in each state, and how many problems they have. */
export async function countClients(
  db: Queries,
  runIds: string[],
): Promise<{ runId: string; state: CloseClientState; clients: number; problems: number }[]> {
  if (runIds.length === 0) return [];
  const rows = await db
    .selectFrom('closeClients')
    .select(({ fn }) => [
      'runId',
      'state',
      fn.countAll<number>().as('clients'),
      fn.sum<number>('problems').as('problems'),
    ])
    .where('runId', 'in', runIds)
    .groupBy(['runId', 'state'])
    .execute();
  return rows.map((row) => ({ ...row, clients: Number(row.clients), problems: Number(row.problems) }));
}

/** In the report's order, from the one after `after`. */
export async function listClients(
  db: Queries,
  runId: string,
  {
    after,
    limit,
    state,
    withEntries,
  }: {
    after: number;
    limit: number;
    state?: CloseClientState | undefined;
    /** Only those about whom there is something to report. */
    withEntries?: boolean;
  },
): Promise<CloseClientRow[]> {
  return db
    .selectFrom('closeClients')
    .selectAll()
    .where('runId', '=', runId)
    .where('no', '>', after)
    .$if(state !== undefined, (query) => query.where('state', '=', state as CloseClientState))
    .$if(withEntries === true, (query) => query.where('entries', '<>', '[]'))
    .orderBy('no')
    .limit(limit)
    .execute();
}
