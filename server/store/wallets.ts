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
  /** Unused in grants that have expired. */
  expiredMicros: number;
}

/** Written into the statement, as the index over what is held states it. */
const held = sql.lit('held' as const);
export const sumOf = (value: string) => sql<number>`cast(coalesce(sum(${sql.ref(value)}), 0) as bigint)`;

/**
 * Balance and holds in one statement: a charge between two would be counted by neither or by both.
 * @returns null without a wallet
 */
export async function readFunds(db: Queries, tenantId: string, nowMs: number): Promise<Funds | null> {
  const row = await db
    .selectFrom('wallets')
    .selectAll('wallets')
    .select((expression) => [
      expression
        .selectFrom('reservations')
        .select(sumOf('priceMicros').as('sum'))
        .where('reservations.tenantId', '=', tenantId)
        .where('state', '=', held)
        .as('heldMicros'),
      expression
        .selectFrom('walletGrants')
        .select(sumOf('leftMicros').as('sum'))
        .where('walletGrants.tenantId', '=', tenantId)
        .where('expiresAt', '<=', nowMs)
        .as('expiredMicros'),
    ])
    .where('wallets.tenantId', '=', tenantId)
    .executeTakeFirst();
  if (!row) return null;
  const { heldMicros, expiredMicros, ...wallet } = row;
  return { wallet, heldMicros: heldMicros ?? 0, expiredMicros: expiredMicros ?? 0 };
}

/** What calls in progress hold together, and at most use, of the minutes of a month, plan and rate. */
export interface HeldOfPool {
  micros: number;
  seconds: number;
  starts: number;
}

/** @param exceptCall one that is charged already */
export async function heldOfPool(
  db: Queries,
  tenantId: string,
  key: PoolKey,
  exceptCall: string | null = null,
): Promise<HeldOfPool> {
  return db
    .selectFrom('reservations')
    .select([
      sumOf('priceMicros').as('micros'),
      sumOf('maxSeconds').as('seconds'),
      sql<number>`cast(count(*) as bigint)`.as('starts'),
    ])
    .where('tenantId', '=', tenantId)
    .where('state', '=', held)
    .where('pricePool', '=', poolName(key))
    .$if(exceptCall !== null, (query) =>
      query.where((expression) =>
        expression.or([expression('callId', 'is', null), expression('callId', '<>', exceptCall)]),
      ),
    )
    .executeTakeFirstOrThrow();
}

/** Raises what one of those holds; a call that exists, if there is one, since it is not given back unused. */
export async function raiseHeld(
  db: Queries,
  tenantId: string,
  key: PoolKey,
  { byMicros, exceptCall }: { byMicros: number; exceptCall: string },
): Promise<void> {
  const one = await db
    .selectFrom('reservations')
    .select('id')
    .where('tenantId', '=', tenantId)
    .where('state', '=', held)
    .where('pricePool', '=', poolName(key))
    .where((expression) =>
      expression.or([expression('callId', 'is', null), expression('callId', '<>', exceptCall)]),
    )
    .orderBy((expression) => expression.case().when('callId', 'is', null).then(1).else(0).end())
    .orderBy('id')
    .limit(1)
    .executeTakeFirst();
  if (!one) return;
  await db
    .updateTable('reservations')
    .set((expression) => ({ priceMicros: expression('priceMicros', '+', byMicros) }))
    .where('id', '=', one.id)
    .where('state', '=', held)
    .execute();
}

export const poolName = ({ month, planId, rate }: PoolKey): string => `${month} ${planId} ${rate}`;

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

export type PoolKey = Pick<WalletPoolsTable, 'month' | 'planId' | 'rate'>;

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
