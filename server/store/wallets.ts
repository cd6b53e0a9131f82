/** Wallets: balance, entries, and what starts hold of them. All amounts are micros of the wallet's currency. */
import { type Selectable, sql } from 'kysely';
import { AmountTooLarge } from '../base/money.ts';
import type { BillingAccount } from '../contract.ts';
import type { Queries } from './database.ts';
import type {
  WalletEntriesTable,
  WalletGrantsTable,
  WalletPoolsTable,
  WalletsTable,
} from './wallet-schema.ts';

export type Wallet = Selectable<WalletsTable>;
export type WalletEntry = Selectable<WalletEntriesTable>;
export type WalletGrant = Pick<WalletGrantsTable, 'no' | 'leftMicros' | 'expiresAt'>;

/** A wallet, and what of its balance cannot be spent. */
export interface Funds {
  wallet: Wallet;
  /** For calls in progress, and for calls whose price is not known yet. */
  heldMicros: number;
  /** How long those can last together, and how many there are. */
  heldSeconds: number;
  heldStarts: number;
  /** Unused in grants that have expired. */
  expiredMicros: number;
}

/** Written into the statement, as the index over what is held states it. */
const held = sql.lit('held' as const);

/**
 * Balance and holds in one statement: a charge between two would be counted by neither or by both.
 * @returns null without a wallet
 */
export async function readFunds(db: Queries, tenantId: string, nowMs: number): Promise<Funds | null> {
  const sum = (value: string) => sql<number>`cast(coalesce(sum(${sql.ref(value)}), 0) as bigint)`;
  const row = await db
    .selectFrom('wallets')
    .selectAll('wallets')
    .select((expression) => {
      const ofHeld = expression
        .selectFrom('reservations')
        .where('reservations.tenantId', '=', tenantId)
        .where('state', '=', held);
      return [
        ofHeld.select(sum('priceMicros').as('sum')).as('heldMicros'),
        ofHeld.select(sum('maxSeconds').as('sum')).as('heldSeconds'),
        ofHeld.select(sql<number>`cast(count(*) as bigint)`.as('count')).as('heldStarts'),
        expression
          .selectFrom('walletGrants')
          .select(sum('leftMicros').as('sum'))
          .where('walletGrants.tenantId', '=', tenantId)
          .where('expiresAt', '<=', nowMs)
          .as('expiredMicros'),
      ];
    })
    .where('wallets.tenantId', '=', tenantId)
    .executeTakeFirst();
  if (!row) return null;
  const { heldMicros, heldSeconds, heldStarts, expiredMicros, ...wallet } = row;
  return {
    wallet,
    heldMicros: heldMicros ?? 0,
    heldSeconds: heldSeconds ?? 0,
    heldStarts: heldStarts ?? 0,
    expiredMicros: expiredMicros ?? 0,
  };
}

/** How much a start may hold. */
export function spendableMicros({ wallet, heldMicros, expiredMicros }: Funds): number {
  return wallet.balanceMicros + wallet.creditLineMicros - heldMicros - expiredMicros;
}

/** Until this transaction ends, no other changes the wallet. @returns null without a wallet */
export async function lockWallet(db: Queries, tenantId: string): Promise<Wallet | null> {
  const row = await db
    .updateTable('wallets')
    .set((expression) => ({ lastNo: expression.ref('lastNo') }))
    .where('tenantId', '=', tenantId)
    .returningAll()
    .executeTakeFirst();
  return row ?? null;
}

export async function hasWallet(db: Queries, tenantId: string): Promise<boolean> {
  const row = await db
    .selectFrom('wallets')
    .select('tenantId')
    .where('tenantId', '=', tenantId)
    .executeTakeFirst();
  return row !== undefined;
}

/** Opens the wallet, or changes its limits; balance and currency stay. */
export async function saveWallet(
  db: Queries,
  wallet: Pick<Wallet, 'tenantId' | 'currency' | 'creditLineMicros' | 'lowMarks' | 'updatedAt'>,
  isOn: boolean,
): Promise<void> {
  const { creditLineMicros, lowMarks, updatedAt } = wallet;
  await db
    .insertInto('wallets')
    .values({ ...wallet, balanceMicros: 0, lastNo: 0, filledNo: 0 })
    .onConflict((conflict) =>
      conflict.column('tenantId').doUpdateSet({ creditLineMicros, lowMarks, updatedAt }),
    )
    .execute();
  await db
    .updateTable('tenants')
    .set({ walletOn: isOn ? 1 : 0 })
    .where('id', '=', wallet.tenantId)
    .execute();
}

export type NewEntry = Pick<WalletEntry, 'kind' | 'amountMicros'> &
  Partial<Omit<WalletEntry, 'tenantId' | 'no' | 'at' | 'balanceMicros'>>;

/**
 * Books an entry and changes the balance by it; the caller has locked the wallet.
 * @returns the entry
 * @throws AmountTooLarge
 */
export async function addEntry(
  db: Queries,
  tenantId: string,
  entry: NewEntry,
  nowMs: number,
): Promise<WalletEntry> {
  const fills = entry.kind === 'top-up' || entry.kind === 'grant';
  const { balanceMicros, lastNo } = await db
    .updateTable('wallets')
    .set((expression) => ({
      balanceMicros: expression('balanceMicros', '+', entry.amountMicros),
      lastNo: expression('lastNo', '+', 1),
      ...(fills ? { filledNo: expression('lastNo', '+', 1) } : {}),
      updatedAt: nowMs,
    }))
    .where('tenantId', '=', tenantId)
    .returning(['balanceMicros', 'lastNo'])
    .executeTakeFirstOrThrow();
  if (!Number.isSafeInteger(balanceMicros)) throw new AmountTooLarge(String(balanceMicros));
  const row: WalletEntry = {
    ...{ callId: null, month: null, planId: null, rate: null, billedSeconds: 0, priceMicros: 0 },
    ...{ invoiceId: null, expiresAt: null, reference: null, note: '' },
    ...entry,
    ...{ tenantId, no: lastNo, at: nowMs, balanceMicros },
  };
  await db.insertInto('walletEntries').values(row).execute();
  return row;
}

export async function findEntry(
  db: Queries,
  tenantId: string,
  reference: string,
): Promise<WalletEntry | null> {
  const row = await db
    .selectFrom('walletEntries')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('reference', '=', reference)
    .executeTakeFirst();
  return row ?? null;
}

/** Newest first, from the one after number `after`. */
export async function listEntries(
  db: Queries,
  tenantId: string,
  after: number | null,
  limit: number,
): Promise<WalletEntry[]> {
  return db
    .selectFrom('walletEntries')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .$if(after !== null, (query) => query.where('no', '<', after as number))
    .orderBy('no', 'desc')
    .limit(limit)
    .execute();
}

/** The charges of a call so far, oldest first. */
export async function listCharges(db: Queries, tenantId: string, callId: string): Promise<WalletEntry[]> {
  return db
    .selectFrom('walletEntries')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .orderBy('no')
    .execute();
}

/** What a document has moved, oldest first. */
export async function listOfInvoice(
  db: Queries,
  tenantId: string,
  invoiceId: string,
): Promise<WalletEntry[]> {
  return db
    .selectFrom('walletEntries')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('invoiceId', '=', invoiceId)
    .orderBy('no')
    .execute();
}

type PoolKey = Pick<WalletPoolsTable, 'month' | 'planId' | 'rate'>;

export async function usedOfPool(db: Queries, tenantId: string, key: PoolKey): Promise<number> {
  const row = await db
    .selectFrom('walletPools')
    .select('billedSeconds')
    .where('tenantId', '=', tenantId)
    .where('month', '=', key.month)
    .where('planId', '=', key.planId)
    .where('rate', '=', key.rate)
    .executeTakeFirst();
  return row?.billedSeconds ?? 0;
}

export async function addToPool(
  db: Queries,
  tenantId: string,
  { month, planId, rate }: PoolKey,
  added: { billedSeconds: number; chargedMicros: number },
): Promise<void> {
  const { billedSeconds, chargedMicros } = added;
  await db
    .insertInto('walletPools')
    .values({ tenantId, month, planId, rate, ...added })
    .onConflict((conflict) =>
      conflict.columns(['tenantId', 'month', 'planId', 'rate']).doUpdateSet((expression) => ({
        billedSeconds: expression('walletPools.billedSeconds', '+', billedSeconds),
        chargedMicros: expression('walletPools.chargedMicros', '+', chargedMicros),
      })),
    )
    .execute();
}

/** What was charged for calls of the months up to this one and is on no invoice: by month, oldest first. */
export async function listUnsettled(
  db: Queries,
  tenantId: string,
  month: string,
): Promise<{ month: string; chargedMicros: number }[]> {
  const rows = await db
    .selectFrom('walletPools')
    .select([
      'month',
      sql<number>`cast(coalesce(sum(${sql.ref('chargedMicros')}), 0) as bigint)`.as('chargedMicros'),
    ])
    .where('tenantId', '=', tenantId)
    .where('month', '<=', month)
    .groupBy('month')
    .orderBy('month')
    .execute();
  return rows.filter(({ chargedMicros }) => chargedMicros !== 0);
}

/** Those charges are on an invoice now. */
export async function markSettled(db: Queries, tenantId: string, month: string): Promise<void> {
  await db
    .updateTable('walletPools')
    .set({ chargedMicros: 0 })
    .where('tenantId', '=', tenantId)
    .where('month', '<=', month)
    .execute();
}

/** Nothing of its balance is held for this call any longer: it is charged, or never will be. */
export async function releasePrice(db: Queries, tenantId: string, callId: string): Promise<void> {
  await db
    .updateTable('reservations')
    .set({ priceMicros: 0 })
    .where('tenantId', '=', tenantId)
    .where('callId', '=', callId)
    .where('state', '=', held)
    .execute();
}

/** In the order in which they are spent. */
export async function listGrants(db: Queries, tenantId: string): Promise<WalletGrant[]> {
  return db
    .selectFrom('walletGrants')
    .select(['no', 'leftMicros', 'expiresAt'])
    .where('tenantId', '=', tenantId)
    .orderBy('expiresAt')
    .orderBy('no')
    .execute();
}

/** Ids of tenants with a grant that has expired by then. */
export async function listWithExpired(db: Queries, nowMs: number): Promise<string[]> {
  const rows = await db
    .selectFrom('walletGrants')
    .select('tenantId')
    .distinct()
    .where('expiresAt', '<=', nowMs)
    .execute();
  return rows.map(({ tenantId }) => tenantId);
}

/** @param leftMicros 0 removes it */
export async function saveGrant(
  db: Queries,
  tenantId: string,
  { no, leftMicros, expiresAt }: WalletGrant,
): Promise<void> {
  if (leftMicros === 0) {
    await db.deleteFrom('walletGrants').where('tenantId', '=', tenantId).where('no', '=', no).execute();
    return;
  }
  await db
    .insertInto('walletGrants')
    .values({ tenantId, no, leftMicros, expiresAt })
    .onConflict((conflict) => conflict.columns(['tenantId', 'no']).doUpdateSet({ leftMicros }))
    .execute();
}

/** The tax rate that the tenant's documents have now, in basis points. */
export async function taxBpsOf(db: Queries, tenantId: string): Promise<number> {
  const row = await db
    .selectFrom('billingAccounts')
    .select('settings')
    .where('tenantId', '=', tenantId)
    .executeTakeFirst();
  return row ? ((JSON.parse(row.settings) as BillingAccount).tax?.bps ?? 0) : 0;
}
