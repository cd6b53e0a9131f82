/** The operator's side of a wallet: turning it on, its limits, and the entries that a person books. */
import { type Actor, recordChange } from '../../access/audit.ts';
import { bookEntries, expireGrants } from '../../access/wallet/entries.ts';
import { iso } from '../../base/iso.ts';
import { AmountTooLarge, centsToMicros, microsToDecimal } from '../../base/money.ts';
import type { Context } from '../../context.ts';
import type { BookWalletEntry, SetWallet, WalletEntryView, WalletView } from '../../contract.ts';
import { conflict, invalidField } from '../../errors.ts';
import type { Queries } from '../../store/database.ts';
import { listPlanVersions } from '../../store/plans.ts';
import { lockBilling } from '../../store/tenant-locks.ts';
import { findTenantById, lockStarts, type Tenant } from '../../store/tenants.ts';
import {
  type Funds,
  findEntry,
  listGrants,
  lockWallet,
  readFunds,
  saveGrant,
  saveWallet,
  spendableMicros,
  type Wallet,
  type WalletEntry,
} from '../../store/wallets.ts';
import { currencyOf } from '../plan/plan.ts';

export async function viewWallet(db: Queries, tenant: Tenant, nowMs: number): Promise<WalletView> {
  const funds = await readFunds(db, tenant.id, nowMs);
  const grants = funds ? await listGrants(db, tenant.id) : [];
  return {
    on: tenant.walletOn === 1,
    currency: funds?.wallet.currency ?? null,
    balanceMicros: funds?.wallet.balanceMicros ?? 0,
    heldMicros: funds?.heldMicros ?? 0,
    spendableMicros: funds ? spendableMicros(funds) : 0,
    creditLineMicros: funds?.wallet.creditLineMicros ?? 0,
    lowMarksMicros: funds ? marksOf(funds.wallet) : [],
    grants: grants.map(({ leftMicros, expiresAt }) => ({ leftMicros, expiresAt: iso(expiresAt) })),
  };
}

const marksOf = ({ lowMarks }: Pick<Wallet, 'lowMarks'>) => JSON.parse(lowMarks) as number[];

/** @throws ApiError `conflict` without a plan, which sets the currency */
export async function setWallet(
  ctx: Context,
  tenant: Tenant,
  { on, creditLineCents, lowMarksCents }: SetWallet,
  by: Actor,
): Promise<WalletView> {
  const nowMs = ctx.now();
  return ctx.store.transaction().execute(async (db) => {
    await lockBilling(db, tenant.id);
    await lockStarts(db, tenant.id);
    const before = await viewWallet(db, (await findTenantById(db, tenant.id)) ?? tenant, nowMs);
    const currency = before.currency ?? currencyOf(await listPlanVersions(db, tenant.id));
    if (!currency) throw conflict('The tenant has no plan, and so no currency.');
    const creditLineMicros = centsToMicros(creditLineCents, currency);
    const lowMarks = JSON.stringify(
      lowMarksCents.map((cents) => centsToMicros(cents, currency)).sort((a, b) => b - a),
    );
    const wallet = { tenantId: tenant.id, currency, creditLineMicros, lowMarks, updatedAt: nowMs };
    await saveWallet(db, wallet, on);
    const after = await viewWallet(db, { ...tenant, walletOn: on ? 1 : 0 }, nowMs);
    const limits = (view: WalletView) => ({
      ...{ on: view.on, creditLineMicros: view.creditLineMicros, lowMarksMicros: view.lowMarksMicros },
    });
    const change = {
      action: 'wallet.set',
      tenant: tenant.slug,
      before: limits(before),
      after: limits(after),
    };
    await recordChange(db, { ...by, ...change }, nowMs);
    return after;
  });
}

/**
 * Under the tenant's lock, as starts are decided: what is taken cannot be held for a call meanwhile.
 * @throws ApiError `conflict` without a wallet, in another currency, for more than calls could still use, and for a
 *   reference that was booked with different content; `invalid_request` for a grant that has expired
 */
export async function bookWalletEntry(
  ctx: Context,
  tenant: Tenant,
  asked: BookWalletEntry,
  by: Actor,
): Promise<{ entry: WalletEntry; wallet: WalletView }> {
  const nowMs = ctx.now();
  return ctx.store.transaction().execute(async (db) => {
    await lockStarts(db, tenant.id);
    const wallet = await lockWallet(db, tenant.id);
    if (!wallet) throw conflict('The tenant has no wallet: turn it on first.');
    const { kind, reference, note, currency } = asked;
    if (currency !== wallet.currency)
      throw conflict(`The wallet is in ${wallet.currency}, not in ${currency}.`);
    const size = centsToMicros(asked.amountCents, currency);
    const amountMicros = kind === 'refund' ? -size : size;
    const expiresAt = asked.expiresAt === undefined ? null : Date.parse(asked.expiresAt);
    const booked = await findEntry(db, tenant.id, reference);
    const content = { kind, amountMicros, note, expiresAt };
    if (booked) {
      checkSame(booked, content, currency);
      return { entry: booked, wallet: await viewWallet(db, tenant, nowMs) };
    }
    if (expiresAt !== null && expiresAt <= nowMs) throw invalidField('expiresAt', 'must be in the future');
    await expireGrants(db, tenant.id, nowMs);
    const funds = await readFunds(db, tenant.id, nowMs);
    const granted = (await listGrants(db, tenant.id)).reduce((sum, { leftMicros }) => sum + leftMicros, 0);
    // What the credit line would cover, or was given, was never paid, and so is not paid back.
    const paid = (of: Funds) =>
      Math.min(spendableMicros(of) - wallet.creditLineMicros, of.wallet.balanceMicros - granted);
    const unused = funds ? (kind === 'refund' ? paid(funds) : spendableMicros(funds)) : 0;
    if (amountMicros < 0 && unused + amountMicros < 0) {
      const rest = microsToDecimal(Math.max(0, unused), currency);
      throw conflict(`Only ${rest} ${currency} is neither spent nor reserved for calls.`);
    }
    const balance = (funds?.wallet.balanceMicros ?? 0) + amountMicros;
    if (!Number.isSafeInteger(balance)) throw new AmountTooLarge(String(balance));
    const [entry] = await bookEntries(
      db,
      { tenantId: tenant.id, tenant },
      [{ ...content, reference }],
      nowMs,
    );
    if (!entry) throw new Error('an entry was not booked');
    if (expiresAt !== null) {
      // What was owed is paid by it first, and does not come back when it expires.
      const leftMicros = Math.max(0, Math.min(amountMicros, entry.balanceMicros - granted));
      await saveGrant(db, tenant.id, { no: entry.no, leftMicros, expiresAt });
    }
    const after = { kind, amountMicros, currency, reference, note };
    const change = { action: `wallet.${kind}`, tenant: tenant.slug, before: null, after };
    await recordChange(db, { ...by, ...change }, nowMs);
    return { entry, wallet: await viewWallet(db, tenant, nowMs) };
  });
}

/** Otherwise a second payment with the same reference would be dropped silently. */
function checkSame(
  booked: WalletEntry,
  asked: Pick<WalletEntry, 'kind' | 'amountMicros' | 'note' | 'expiresAt'>,
  currency: string,
): void {
  const names = ['kind', 'amountMicros', 'note', 'expiresAt'] as const;
  if (names.every((name) => booked[name] === asked[name])) return;
  const amount = microsToDecimal(booked.amountMicros, currency);
  throw conflict(`A ${booked.kind} of ${amount} ${currency} is already booked with this reference.`);
}

export function viewEntry(entry: WalletEntry): WalletEntryView {
  const { no, kind, amountMicros, balanceMicros, callId, month, invoiceId, reference, note } = entry;
  return {
    ...{ no, kind, amountMicros, balanceMicros, callId, month, invoiceId, reference, note },
    at: iso(entry.at),
    expiresAt: entry.expiresAt === null ? null : iso(entry.expiresAt),
  };
}
