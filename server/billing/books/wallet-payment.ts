/**
 * How a month's document and the wallet settle with each other. Charges are made call by call as they are booked; the
 * document has the exact sum, with fees, minimum, tax and rounding. So the document is paid from the wallet as a whole, and
 * the charges that it replaces are given back in the same transaction: what the wallet has paid for a month is the
 * `creditCents` of its documents.
 */
import { bookEntries, expireGrants } from '../../access/wallet/entries.ts';
import { centsToMicros, microsToCents } from '../../base/money.ts';
import type { Context } from '../../context.ts';
import type { Queries } from '../../store/database.ts';
import { lockStarts } from '../../store/tenants.ts';
import { listUnsettled } from '../../store/wallet-charges.ts';
import {
  addToPool,
  hasWallet,
  listOfInvoice,
  listWithExpired,
  lockWallet,
  type NewEntry,
  readFunds,
} from '../../store/wallets.ts';

/** What a document gives back of a month's charges, or charges again when it becomes void, belongs to no rate. */
const ofNoRate = { planId: '', rate: -1 };

/**
 * What the wallet can pay of the month's document: never below zero, so that what the credit line has paid for is left to
 * pay on the invoice, and nothing that a call in progress holds.
 * @returns in the currency's smallest units
 */
export async function payableCents(
  db: Queries,
  tenantId: string,
  { month, currency }: { month: string; currency: string },
): Promise<number> {
  // Grants that have expired are taken before a document is frozen.
  const funds = await readFunds(db, tenantId, 0);
  if (!funds || funds.wallet.currency !== currency) return 0;
  const { balanceMicros, creditLineMicros } = funds.wallet;
  const unsettled = await listUnsettled(db, tenantId, month);
  const own = balanceMicros + sumOf(unsettled);
  const micros = Math.max(0, Math.min(own, own + creditLineMicros - funds.heldMicros));
  return Math.floor(micros / centsToMicros(1, currency));
}

/**
 * Until the transaction ends no call is charged, so that what is rated is what has been charged, and none starts, which
 * could hold what the document is paid with.
 */
export async function beginSettlement(db: Queries, tenantId: string, nowMs: number): Promise<void> {
  if (!(await hasWallet(db, tenantId))) return;
  await lockStarts(db, tenantId);
  await lockWallet(db, tenantId);
  await expireGrants(db, tenantId, nowMs);
}

/** Takes what is unused of grants that have expired, client by client. */
export async function sweepGrants({ store, now }: Pick<Context, 'store' | 'now'>): Promise<void> {
  for (const tenantId of await listWithExpired(store, now())) {
    await store.transaction().execute(async (db) => {
      if (await lockWallet(db, tenantId)) await expireGrants(db, tenantId, now());
    });
  }
}

/** @param paidCents negative for a credit note that is paid into the wallet */
export async function settleByWallet(
  db: Queries,
  { tenantId, month, id: invoiceId }: { tenantId: string; month: string; id: string },
  { paidCents, currency, number }: { paidCents: number; currency: string; number: string | null },
  nowMs: number,
): Promise<void> {
  if (!(await lockWallet(db, tenantId))) return;
  const note = number ?? '';
  const entries: NewEntry[] = [];
  for (const { chargedMicros, ...key } of await listUnsettled(db, tenantId, month)) {
    entries.push({ kind: 'settled', month: key.month, invoiceId, note, amountMicros: chargedMicros });
    await addToPool(
      db,
      tenantId,
      { ...key, ...ofNoRate },
      { billedSeconds: 0, chargedMicros: -chargedMicros },
    );
  }
  if (paidCents !== 0) {
    entries.push({
      kind: 'invoice',
      month,
      invoiceId,
      note,
      amountMicros: -centsToMicros(paidCents, currency),
    });
  }
  if (entries.length > 0) await bookEntries(db, { tenantId, tenant: null }, entries, nowMs);
}

/**
 * The document is void: its calls are charged as before, until another document bills them.
 * @returns what the wallet had paid of it, in the currency's smallest units
 */
export async function undoSettlement(
  db: Queries,
  tenantId: string,
  { id: invoiceId, currency, number }: { id: string; currency: string; number: string | null },
  nowMs: number,
): Promise<number> {
  if (!(await lockWallet(db, tenantId))) return 0;
  const moved = await listOfInvoice(db, tenantId, invoiceId);
  const entries: NewEntry[] = [];
  let paidMicros = 0;
  for (const { kind, month, amountMicros } of moved) {
    entries.push({ kind, month, invoiceId, note: number ?? '', amountMicros: -amountMicros });
    if (kind === 'invoice') paidMicros -= amountMicros;
    else if (month !== null) {
      await addToPool(
        db,
        tenantId,
        { month, ...ofNoRate },
        { billedSeconds: 0, chargedMicros: amountMicros },
      );
    }
  }
  if (entries.length > 0) await bookEntries(db, { tenantId, tenant: null }, entries, nowMs);
  return microsToCents(BigInt(paidMicros), currency);
}

const sumOf = (rows: { chargedMicros: number }[]) =>
  rows.reduce((sum, { chargedMicros }) => sum + chargedMicros, 0);
