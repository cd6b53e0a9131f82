/**
 * A call's charge, written in the transaction that books the call: the price by the plan, with tax, less what the call was
 * charged before. So a call is charged once, and each correction of it once, whatever is reported again.
 */
import { dayMs, monthIn } from '../../base/time-zone.ts';
import { monthOfDay } from '../../billing/plan/period.ts';
import { type Segment, segmentOn, segmentsOf } from '../../billing/plan/plan.ts';
import {
  type BillableCall,
  type Charge,
  chargeFor,
  correctionFor,
  isPooled,
} from '../../billing/plan/price.ts';
import { type CostByComponent, costComponents, type Price } from '../../contract.ts';
import { channelOf } from '../../ledger/channel.ts';
import { columnOf } from '../../ledger/usage.ts';
import type { CallRow } from '../../store/calls.ts';
import type { Queries } from '../../store/database.ts';
import { listBilledCalls } from '../../store/invoice-calls.ts';
import { listPlanVersions } from '../../store/plans.ts';
import type { Tenant } from '../../store/tenants.ts';
import {
  addToPool,
  heldOfPool,
  listCharges,
  lockWallet,
  type NewEntry,
  raiseHeld,
  releasePrice,
  taxBpsOf,
  usedOfPool,
} from '../../store/wallets.ts';
import { heldTogether, rateOf, withTax } from './call-price.ts';
import { bookEntries } from './entries.ts';

/** By which month, plan and rate a call is priced. */
interface Key {
  month: string;
  planId: string;
  rate: number;
}
interface Priced extends Key, Charge {
  segment: Segment;
  price: Price;
}
interface Charged extends Key, Charge {
  /** With tax. */
  grossMicros: number;
}

/**
 * @param tenant null for one that has lost the call to another: then it is worth nothing
 * @param isFinal whether Vapi itself said so: then nothing of the balance is held for the call any longer
 */
export async function chargeCall(
  db: Queries,
  row: CallRow,
  { tenant, isFinal }: { tenant: Tenant | null; isFinal: boolean },
  nowMs: number,
): Promise<void> {
  const { tenantId, id: callId } = row;
  if (!(await lockWallet(db, tenantId))) return;
  const before = await chargedFor(db, tenantId, callId);
  const now = await priceOf(db, row, before, tenant === null);
  if (now === 'unknown') return;
  // Billed while the wallet was off: the next document corrects it, and nothing is charged twice meanwhile.
  if (before === null && now !== null && (await isBilled(db, row, now.month, nowMs))) return;
  // Once its cost is known, its reservation is settled as a whole.
  if (isFinal && row.costMicros === null) await releasePrice(db, tenantId, callId);
  const entries: NewEntry[] = [];
  const book = async (key: Key, change: Charge, grossMicros: number) => {
    const { billedSeconds, priceMicros } = change;
    if (billedSeconds === 0 && priceMicros === 0 && grossMicros === 0) return;
    const { month, planId, rate } = key;
    await addToPool(db, tenantId, key, { billedSeconds, chargedMicros: grossMicros });
    const figures = { billedSeconds, priceMicros, amountMicros: -grossMicros + 0 };
    entries.push({ kind: 'charge', callId, month, planId, rate, ...figures });
  };
  // Its month, plan or rate is another now: what it was charged there is given back.
  if (before && (now === null || !isSame(before, now))) {
    const { billedSeconds, priceMicros, grossMicros } = before;
    await book(
      before,
      { billedSeconds: -billedSeconds + 0, priceMicros: -priceMicros + 0 },
      -grossMicros + 0,
    );
  }
  if (now) {
    const had = before && isSame(before, now) ? before : null;
    const taxBps = await taxBpsOf(db, tenantId);
    const grossMicros = withTax((had?.priceMicros ?? 0) + now.priceMicros, taxBps);
    await book(now, now, grossMicros - (had?.grossMicros ?? 0));
    if (now.billedSeconds !== 0) await coverOthers(db, row, now, taxBps);
  }
  if (entries.length > 0) await bookEntries(db, { tenantId, tenant }, entries, nowMs);
}

/**
 * The call has used minutes of its rate, perhaps before others that began earlier: what it held beyond its own price may be
 * theirs. All in progress together hold what all of them can cost.
 */
async function coverOthers(
  db: Queries,
  { tenantId, id: exceptCall }: CallRow,
  { segment, price, ...key }: Priced,
  taxBps: number,
): Promise<void> {
  if (!isPooled(price)) return;
  const held = await heldOfPool(db, tenantId, key, exceptCall);
  if (held.starts === 0) return;
  const seconds = await usedOfPool(db, tenantId, key);
  const byMicros = heldTogether(segment, price, { seconds, held }, 0, taxBps) - held.micros;
  if (byMicros > 0) await raiseHeld(db, tenantId, key, { byMicros, exceptCall });
}

/** Only months that are over, in any time zone, are billed: a call of the current one costs no statement. */
async function isBilled(db: Queries, row: CallRow, month: string, nowMs: number): Promise<boolean> {
  if (row.revision === 0 || month >= monthIn('UTC', nowMs + dayMs)) return false;
  const billed = await listBilledCalls(db, row.tenantId, [row.id]);
  return billed.some(({ billedSeconds, priceMicros }) => billedSeconds !== 0 || priceMicros !== 0);
}

/** What the call has been charged where it was charged last; all else has been given back. */
async function chargedFor(db: Queries, tenantId: string, callId: string): Promise<Charged | null> {
  const charges = await listCharges(db, tenantId, callId);
  const last = charges.at(-1);
  if (!last) return null;
  const key = { month: last.month ?? '', planId: last.planId ?? '', rate: last.rate ?? 0 };
  const sum = { billedSeconds: 0, priceMicros: 0, grossMicros: 0 };
  for (const charge of charges) {
    if (charge.month !== key.month || charge.planId !== key.planId || charge.rate !== key.rate) continue;
    sum.billedSeconds += charge.billedSeconds;
    sum.priceMicros += charge.priceMicros;
    sum.grossMicros -= charge.amountMicros;
  }
  return { ...key, ...sum };
}

const isSame = (a: Key, b: Key) => a.month === b.month && a.planId === b.planId && a.rate === b.rate;

/**
 * Included minutes and tiers are used in the order in which calls are booked, and returned from the top: as for a late
 * call or a correction of an invoice. Their sum is the month's, whatever the order.
 * @returns the charge in addition to `before`, if that has the same key; null for no charge at all
 */
async function priceOf(
  db: Queries,
  row: CallRow,
  before: Charged | null,
  isLost: boolean,
): Promise<Priced | 'unknown' | null> {
  const { tenantId, usageDay } = row;
  if (isLost || row.dismissedAt !== null || usageDay === null) return null;
  const month = monthOfDay(usageDay);
  const segment = segmentOn(segmentsOf(await listPlanVersions(db, tenantId), month), usageDay);
  if (!segment) return null;
  const channel = channelOf(row.type);
  const { rate, price } = rateOf(segment, channel);
  const key = { month, planId: segment.planId, rate };
  const cost = {} as CostByComponent;
  for (const component of costComponents) cost[component] = row[columnOf(component)] ?? 0;
  const { id, createdAt, seconds, costMicros } = row;
  const call: BillableCall = {
    ...{ id, day: usageDay, createdAt, channel, seconds, costMicros },
    cost: costMicros === null ? null : cost,
  };
  const usedSeconds = await usedOfPool(db, tenantId, key);
  const charge =
    before && isSame(before, key)
      ? correctionFor({ segment, price, usedSeconds }, before, call)
      : chargeFor(segment, price, usedSeconds, call);
  return typeof charge === 'string' ? 'unknown' : { ...key, ...charge, segment, price };
}
