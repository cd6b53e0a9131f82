/** Which of a wallet's charges the next document can replace. All amounts are micros of the wallet's currency. */
import { sql } from 'kysely';
import type { Queries } from './database.ts';
import { sumOf } from './wallets.ts';

/**
 * What was charged for calls of the months up to this one, is on no invoice and can be on one: by month, oldest first.
 * Calls that Vapi has yet to confirm stay charged, since they are not billed before that.
 */
export async function listUnsettled(
  db: Queries,
  tenantId: string,
  month: string,
): Promise<{ month: string; chargedMicros: number }[]> {
  const rows = await db
    .selectFrom('walletPools')
    .select(['month', sumOf('chargedMicros').as('chargedMicros')])
    .where('tenantId', '=', tenantId)
    .where('month', '<=', month)
    .groupBy('month')
    .orderBy('month')
    .execute();
  const waiting = new Map(
    (await listUnconfirmed(db, tenantId, month)).map((row) => [row.month, -row.amountMicros]),
  );
  return rows
    .map((row) => ({ month: row.month, chargedMicros: row.chargedMicros - (waiting.get(row.month) ?? 0) }))
    .filter(({ chargedMicros }) => chargedMicros !== 0);
}

/** The charges, by month, of calls that only a webhook has reported and that no document has billed. */
async function listUnconfirmed(
  db: Queries,
  tenantId: string,
  month: string,
): Promise<{ month: string | null; amountMicros: number }[]> {
  return (
    db
      .selectFrom('callOwners')
      .innerJoin('walletEntries', (join) =>
        join
          .onRef('walletEntries.tenantId', '=', 'callOwners.tenantId')
          .onRef('walletEntries.callId', '=', 'callOwners.callId'),
      )
      .select(['walletEntries.month', sumOf('walletEntries.amountMicros').as('amountMicros')])
      .where('callOwners.tenantId', '=', tenantId)
      // As the indexes state it.
      .where('callOwners.confirmed', '=', sql.lit(0))
      .where('walletEntries.callId', 'is not', null)
      .where('walletEntries.month', '<=', month)
      .where((expression) =>
        expression.not(
          expression.exists(
            expression
              .selectFrom('invoiceCalls')
              .select('invoiceCalls.callId')
              .whereRef('invoiceCalls.tenantId', '=', 'callOwners.tenantId')
              .whereRef('invoiceCalls.callId', '=', 'callOwners.callId')
              .where('invoiceCalls.active', '=', sql.lit(1)),
          ),
        ),
      )
      .groupBy('walletEntries.month')
      .execute()
  );
}
