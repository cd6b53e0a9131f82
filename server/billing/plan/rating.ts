/**
 * Plan × calls = lines. Pure, and fed one call at a time, so that a month of any size needs only memory for its lines.
 *
 * The order of steps:
 *  1. The month is split into segments, one per plan: fee, minimum, included minutes, tier limits are prorated by day.
 *  2. Calls come in the order of day, creation and id. The order decides which call uses the included minutes, never
 *     how many are used.
 *  3. Seconds become billed seconds (increments) before anything is included or tiered: increments are what is sold.
 *  4. Included minutes and tiers are applied before the price, cost and markup before the currency: one product, then
 *     the call's only rounding, half up to micros. Rounded earlier, a million calls would drift by dollars.
 *  5. A rate's micros are summed and rounded once, half up, to the line's cents. Totals only ever add up lines, so an
 *     invoice can be checked by hand.
 *  6. The minimum is last, because it tops up the sum of all other lines of its segment; without one the sum may be
 *     negative.
 */
import { microsToCents, proportion, toSafeNumber } from '../../base/money.ts';
import type { CallChannel, LineKind } from '../../contract.ts';
import { monthOfDay } from './period.ts';
import type { Segment } from './plan.ts';
import { type BillableCall, type Charge, chargeFor, includedSeconds, type Waiting } from './price.ts';

/** A line before it is on an invoice. Days are a half-open range. */
export interface RatedLine {
  kind: LineKind;
  planId: string;
  planName: string;
  /** The service period. */
  from: string;
  to: string;
  /** Which of the plan's rates; null for a fee or minimum. */
  rate: number | null;
  channels: CallChannel[];
  calls: number;
  /** In whole increments. */
  billedSeconds: number;
  /** How many of them the fee covers. */
  includedSeconds: number;
  /** The calls' prices; null for a fee or minimum. */
  priceMicros: number | null;
  amountCents: number;
}

/** A line, and the month that it bills. */
export interface MonthLine extends RatedLine {
  month: string;
}

/** Keeps what the call was rated with, so that a later change in the ledger can be detected and traced. */
export interface RatedCall extends Charge {
  callId: string;
  month: string;
  planId: string;
  rate: number;
  seconds: number | null;
  costMicros: number | null;
}

/** A call that is on no document yet. One that no plan covers will not be. */
export interface OpenCall {
  callId: string;
  open: Waiting | 'no-plan';
}

/** The totals of one rate's calls in one segment. */
export interface RateTotals {
  calls: number;
  billedSeconds: number;
  priceMicros: number;
}

export const noTotals = (): RateTotals => ({ calls: 0, billedSeconds: 0, priceMicros: 0 });

export function addCharge(totals: RateTotals, { billedSeconds, priceMicros }: Charge): void {
  totals.calls += 1;
  totals.billedSeconds += billedSeconds;
  totals.priceMicros += priceMicros;
}

export interface Rater {
  add(call: BillableCall): RatedCall | OpenCall;
  /** By segment and rate, in the order of the plan. */
  totals(): RateTotals[][];
  lines(): RatedLine[];
}

/** @param segments the plans of a month of which nothing has been billed; `earlier-months` rates what comes later */
export function createRater(segments: Segment[]): Rater {
  const states = segments.map((segment) => {
    const rateOf = new Map<CallChannel, number>();
    segment.plan.rates.forEach(({ channels }, index) => {
      for (const channel of channels) rateOf.set(channel, index);
    });
    return { segment, rateOf, totals: segment.plan.rates.map(noTotals) };
  });
  return {
    add(call) {
      const state = states.find(({ segment }) => call.day >= segment.from && call.day < segment.to);
      if (!state) return { callId: call.id, open: 'no-plan' };
      const rate = state.rateOf.get(call.channel) ?? 0;
      const totals = state.totals[rate];
      const price = state.segment.plan.rates[rate]?.price;
      if (!totals || !price) throw new Error('the plan has no such rate');
      const charge = chargeFor(state.segment, price, totals.billedSeconds, call);
      if (typeof charge === 'string') return { callId: call.id, open: charge };
      addCharge(totals, charge);
      return {
        callId: call.id,
        month: monthOfDay(call.day),
        planId: state.segment.planId,
        rate,
        seconds: call.seconds,
        costMicros: call.costMicros,
        ...charge,
      };
    },
    totals: () => states.map((state) => state.totals),
    lines: () =>
      linesOf(
        segments,
        states.map((state) => state.totals),
      ),
  };
}

/** Fee, usage by rate and minimum of each segment in turn. Empty lines are left out. */
export function linesOf(segments: Segment[], totals: RateTotals[][]): RatedLine[] {
  return segments.flatMap((segment, index) => {
    const { plan } = segment;
    const fee = feeCents(segment);
    const usage = plan.rates.map((_, rate) => usageLine(segment, rate, totals[index]?.[rate]));
    const spent = usage.reduce((sum, line) => sum + line.amountCents, fee);
    const topUp = topUpCents(segment, spent);
    return [
      ...(fee > 0 ? [flatLine('fee', segment, fee)] : []),
      ...usage.filter((line) => line.calls > 0),
      ...(topUp > 0 ? [flatLine('minimum', segment, topUp)] : []),
    ];
  });
}

/** `fee × days ÷ days of the month`, rounded half up. */
export function feeCents({ plan, days, ofDays }: Segment): number {
  return proportion(plan.monthlyFeeCents, days, ofDays);
}

/** Prorated in the same way. */
export function minimumCents({ plan, days, ofDays }: Segment): number {
  return proportion(plan.minimumCents, days, ofDays);
}

/** A plan without a minimum is never topped up, even from a negative sum. */
export function topUpCents(segment: Segment, spentCents: number): number {
  const least = minimumCents(segment);
  return least > 0 ? Math.max(0, least - spentCents) : 0;
}

export function flatLine(kind: LineKind, segment: Segment, amountCents: number): RatedLine {
  const { planId, plan, from, to } = segment;
  return {
    kind,
    planId,
    planName: plan.name,
    from,
    to,
    rate: null,
    channels: [],
    calls: 0,
    billedSeconds: 0,
    includedSeconds: 0,
    priceMicros: null,
    amountCents,
  };
}

function usageLine(segment: Segment, rate: number, totals = noTotals()): RatedLine {
  const { channels, price } = segment.plan.rates[rate] ?? { channels: [], price: { kind: 'free' } };
  return {
    ...flatLine('usage', segment, microsToCents(BigInt(totals.priceMicros), segment.plan.currency)),
    rate,
    channels,
    calls: totals.calls,
    billedSeconds: totals.billedSeconds,
    includedSeconds: Math.min(totals.billedSeconds, includedSeconds(segment, price)),
    priceMicros: toSafeNumber(BigInt(totals.priceMicros)),
  };
}
