import type { Queries } from './database.ts';

/**
 * Takes or keeps the right to do something that only one process may do.
 * @param owner names this process
 * @returns false while another process has it
 */
export async function takeLease(
  db: Queries,
  name: string,
  owner: string,
  expiresAtMs: number,
  nowMs: number,
): Promise<boolean> {
  const row = await db
    .insertInto('leases')
    .values({ name, owner, expiresAt: expiresAtMs })
    .onConflict((conflict) =>
      conflict
        .column('name')
        .doUpdateSet({ owner, expiresAt: expiresAtMs })
        .where((expression) =>
          expression.or([
            expression('leases.owner', '=', owner),
            expression('leases.expiresAt', '<=', nowMs),
          ]),
        ),
    )
    .returning('owner')
    .executeTakeFirst();
  return row?.owner === owner;
}

/** Lets another process go on at once. */
export async function giveLease(db: Queries, name: string, owner: string): Promise<void> {
  await db.deleteFrom('leases').where('name', '=', name).where('owner', '=', owner).execute();
}
