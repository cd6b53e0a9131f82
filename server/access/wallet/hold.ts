/**
 * What a start holds of its client's wallet: the highest price by the plan, with tax, in the transaction that decides the
 * start, under the tenant's lock. What is held stays with the reservation, and is released with it.
 */
import { dayIn } from '../../base/time-zone.ts';
import { monthOfDay } from '../../billing/plan/period.ts';
import { type Segment, segmentOn, segmentsOf } from '../../billing/plan/plan.ts';
import { isPooled } from '../../billing/plan/price.ts';
import type { CallChannel } from '../../contract.ts';
import type { Queries } from '../../store/database.ts';
import { listPlanVersions } from '../../store/plans.ts';
import type { Tenant } from '../../store/tenants.ts';
import {
  heldOfPool,
  poolName,
  readFunds,
  spendableMicros,
  taxBpsOf,
  usedOfPool,
} from '../../store/wallets.ts';
import { raiseNotice } from '../notices/notices.ts';
import { highestPooled, highestPrice, rateOf } from './call-price.ts';

export interface WalletHold {
  priceMicros: number;
  pricePool: string | null;
  /** At most as long as was asked for. */
  maxSeconds: number;
}

interface Asked {
  channel: CallChannel;
  maxSeconds: number;
  /** A call may be made shorter, down to this; a message may not. */
  leastSeconds: number;
  /** The provider's cost of one that lasts so long, at the worst-case rate. */
  costOf: (seconds: number) => number;
  /** It begins between these, in epoch milliseconds. */
  from: number;
  to: number;
}

/** @returns null when the wallet does not cover the shortest call */
export async function holdOfWallet(
  db: Queries,
  tenant: Tenant,
  asked: Asked,
  nowMs: number,
): Promise<WalletHold | null> {
  const { maxSeconds, leastSeconds, channel, costOf } = asked;
  const versions = await listPlanVersions(db, tenant.id);
  const taxBps = await taxBpsOf(db, tenant.id);
  // It counts for the day on which it starts, which may have another plan, or begin another month's minutes.
  const segments = new Map<string, Segment>();
  for (const day of [dayIn(tenant.timeZone, asked.from), dayIn(tenant.timeZone, asked.to)]) {
    const month = monthOfDay(day);
    const segment = segmentOn(segmentsOf(versions, month), day);
    if (segment) segments.set(`${month} ${segment.planId}`, segment);
  }
  const prices: ((seconds: number) => number)[] = [];
  let pricePool: string | null = null;
  for (const segment of segments.values()) {
    const { rate, price } = rateOf(segment, channel);
    if (isPooled(price) && channel !== 'chat') {
      const key = { month: monthOfDay(segment.from), planId: segment.planId, rate };
      const isSure = segments.size === 1;
      if (isSure) pricePool = poolName(key);
      // In this order: what is booked meanwhile counts twice, never not at all.
      const held = isSure ? await heldOfPool(db, tenant.id, key) : null;
      const used = held && { held, seconds: await usedOfPool(db, tenant.id, key) };
      prices.push((length) => highestPooled(segment, price, length, used, taxBps));
    } else {
      prices.push((seconds) =>
        highestPrice(segment, price, { channel, seconds, costMicros: costOf(seconds) }, taxBps),
      );
    }
  }
  const funds = await readFunds(db, tenant.id, nowMs);
  if (!funds) return { priceMicros: 0, maxSeconds, pricePool: null };
  const highest = (seconds: number) => Math.max(0, ...prices.map((price) => price(seconds)));
  const spendable = spendableMicros(funds);
  if (highest(leastSeconds) > spendable) return null;
  let covered = leastSeconds;
  let beyond = maxSeconds + 1;
  if (highest(maxSeconds) <= spendable) covered = maxSeconds;
  else {
    while (beyond - covered > 1) {
      const middle = Math.floor((covered + beyond) / 2);
      if (highest(middle) <= spendable) covered = middle;
      else beyond = middle;
    }
  }
  return { priceMicros: highest(covered), maxSeconds: covered, pricePool };
}

/** Once until the wallet is filled again. */
export async function noticeEmpty(db: Queries, tenant: Tenant, nowMs: number): Promise<void> {
  const funds = await readFunds(db, tenant.id, nowMs);
  if (!funds) return;
  const { filledNo, currency, balanceMicros } = funds.wallet;
  const data = { balanceMicros, heldMicros: funds.heldMicros, currency };
  await raiseNotice(db, tenant, { kind: 'balance-empty', period: String(filledNo), data }, nowMs);
}
