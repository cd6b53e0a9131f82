/** What one call costs at one price: billed seconds, then one product, rounded once to micros. Pure. */
import { proportion, roundHalfUp, toSafeNumber } from '../../base/money.ts';
import { type CallChannel, type CostByComponent, costComponents, type Price } from '../../contract.ts';
import type { Segment } from './plan.ts';

/** A call of the ledger, as rating sees it. */
export interface BillableCall {
  id: string;
  /** The day on which the ledger books it. */
  day: string;
  createdAt: number;
  channel: CallChannel;
  /** Null while unknown; a chat has none. */
  seconds: number | null;
  /** Of US dollars; null while unknown, which is not the same as zero. */
  costMicros: number | null;
  cost: CostByComponent | null;
}

/** What a call was billed; for a correction, the difference. */
export interface Charge {
  billedSeconds: number;
  /** Millionths of the plan's currency. */
  priceMicros: number;
}

/** Why a call cannot be rated yet: it stays open until it can be. */
export type Waiting = 'duration-unknown' | 'cost-unknown';

/** The call's length in whole increments. A call of zero seconds was never connected and is billed none. */
export function billedSecondsOf(price: Price, seconds: number): number {
  if (seconds === 0 || !('initialSeconds' in price)) return seconds;
  const { initialSeconds, incrementSeconds } = price;
  const blocks = Math.ceil(Math.max(0, seconds - initialSeconds) / incrementSeconds);
  return initialSeconds + blocks * incrementSeconds;
}

/** @param usedSeconds what earlier calls have used of the rate's included minutes or tiers */
export function chargeFor(
  segment: Segment,
  price: Price,
  usedSeconds: number,
  call: BillableCall,
): Charge | Waiting {
  const seconds = secondsOf(call);
  if (seconds === null) return 'duration-unknown';
  const billedSeconds = billedSecondsOf(price, seconds);
  switch (price.kind) {
    case 'free':
      return { billedSeconds, priceMicros: 0 };
    case 'per-minute':
      return { billedSeconds, priceMicros: overMinute(secondsTimes(billedSeconds, price.perMinuteMicros)) };
    case 'included':
    case 'graduated':
      return {
        billedSeconds,
        priceMicros: poolMicros(segment, price, usedSeconds, usedSeconds + billedSeconds),
      };
    case 'cost-plus': {
      if (call.costMicros === null || call.cost === null) return 'cost-unknown';
      return { billedSeconds, priceMicros: costPlusMicros(segment, price, billedSeconds, call.cost) };
    }
    case 'per-call': {
      const happened = seconds > 0 || call.channel === 'chat';
      return { billedSeconds, priceMicros: happened ? price.perCallMicros : 0 };
    }
    default:
      return price satisfies never;
  }
}

/**
 * What a billed call still owes, or is owed, after its figures in the ledger have changed. Included minutes and tiers
 * are used from the bottom up and returned from the top, so that a changed call affects no other.
 * @param rate `usedSeconds` is all that has been billed at it so far, this call included
 */
export function correctionFor(
  { segment, price, usedSeconds }: { segment: Segment; price: Price; usedSeconds: number },
  billed: Charge,
  call: BillableCall,
): Charge | Waiting {
  if (!isPooled(price)) {
    const now = chargeFor(segment, price, 0, call);
    if (typeof now === 'string') return now;
    return {
      billedSeconds: now.billedSeconds - billed.billedSeconds,
      priceMicros: now.priceMicros - billed.priceMicros,
    };
  }
  const seconds = secondsOf(call);
  if (seconds === null) return 'duration-unknown';
  const change = billedSecondsOf(price, seconds) - billed.billedSeconds;
  const priceMicros =
    change >= 0
      ? poolMicros(segment, price, usedSeconds, usedSeconds + change)
      : -poolMicros(segment, price, usedSeconds + change, usedSeconds) + 0;
  return { billedSeconds: change, priceMicros };
}

/** Null while unknown. */
function secondsOf({ seconds, channel }: BillableCall): number | null {
  return seconds ?? (channel === 'chat' ? 0 : null);
}

export function isPooled(price: Price): price is Extract<Price, { kind: 'included' | 'graduated' }> {
  return price.kind === 'included' || price.kind === 'graduated';
}

/** The seconds that the fee covers, prorated by the days on which the plan applies. */
export function includedSeconds(segment: Segment, price: Price): number {
  if (price.kind !== 'included') return 0;
  return proportion(price.includedMinutes * 60, segment.days, segment.ofDays);
}

/** The price of the period's seconds `from` to `to` at the rate. */
export function poolMicros(
  segment: Segment,
  price: Extract<Price, { kind: 'included' | 'graduated' }>,
  from: number,
  to: number,
): number {
  const tiers =
    price.kind === 'graduated'
      ? price.tiers
      : [
          { upToMinutes: price.includedMinutes, perMinuteMicros: 0 },
          { upToMinutes: null, perMinuteMicros: price.perMinuteMicros },
        ];
  let dividend = 0n;
  let bottom = 0;
  for (const { upToMinutes, perMinuteMicros } of tiers) {
    // Limits are prorated, as the fee is.
    const top =
      upToMinutes === null
        ? Number.POSITIVE_INFINITY
        : proportion(upToMinutes * 60, segment.days, segment.ofDays);
    const inTier = Math.min(to, top) - Math.max(from, bottom);
    if (inTier > 0) dividend += secondsTimes(inTier, perMinuteMicros);
    bottom = top;
  }
  return overMinute(dividend);
}

function costPlusMicros(
  segment: Segment,
  price: Extract<Price, { kind: 'cost-plus' }>,
  billedSeconds: number,
  cost: CostByComponent,
): number {
  let raised = 0n;
  for (const component of costComponents) {
    const bps = price.markupBpsByComponent[component] ?? price.markupBps;
    raised += BigInt(cost[component]) * BigInt(10_000 + bps);
  }
  // Dollars × (10,000 + bps) × rate ÷ (10,000 × 1,000,000), and the minutes ÷ 60, over one divisor: rounded once.
  const fromCost = raised * BigInt(segment.plan.usdRateMicros) * 60n;
  const fromMinutes = secondsTimes(billedSeconds, price.perMinuteMicros) * 10_000_000_000n;
  return toSafeNumber(roundHalfUp(fromCost + fromMinutes, 600_000_000_000n));
}

function secondsTimes(seconds: number, perMinuteMicros: number): bigint {
  return BigInt(seconds) * BigInt(perMinuteMicros);
}

function overMinute(dividend: bigint): number {
  return toSafeNumber(roundHalfUp(dividend, 60n));
}
