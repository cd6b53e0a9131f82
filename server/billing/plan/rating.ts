/**
 * Plan × calls = lines. Pure, and fed one call at a time, so that a month of any size needs the memory of its lines.
 *
 * The order of steps, written once:
 *  1. The month is cut into segments, one per plan: fee, minimum, included minutes and tier limits shrink by days.
 *  2. Calls come in the order of day, creation and id. The order decides which call uses the included minutes, never
 *     how many are used.
 *  3. Seconds become billed seconds (increments) before anything is included or tiered: what is bought is increments.
 *  4. Included minutes and tiers come before the price, cost and markup before the currency: one product, then the one
 *     rounding of a call, half up to micros. Rounded earlier, a million calls would drift by dollars.
 *  5. A rate's micros are summed and rounded once, half up, to the line's cents. Totals only ever add lines, so an
 *     invoice foots for whoever adds it up by hand.
 *  6. The minimum is last, because it tops up what all the other lines of its segment came to; without one they may come
 *     to less than nothing.
 */

import { microsToCents, proportion, toSafeNumber } from '../../base/money.ts';
import type { CallChannel, LineKind } from '../../contract.ts';
import type { Segment } from './plan.ts';
import { type BillableCall, type Charge, chargeFor, includedSeconds, type Waiting } from './price.ts';

/** A line before it is on an invoice. Days are half-open. */
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
  /** How much of it the fee covers. */
  includedSeconds: number;
  /** The calls' prices; null for a fee or minimum. */
  priceMicros: number | null;
  amountCents: number;
}

/** Each call keeps what it was rated with, so that a later change of the ledger can be seen and traced. */
export interface RatedCall extends Charge {
  callId: string;
  month: string;
  planId: string;
  rate: number;
  seconds: number | null;
  costMicros: number | null;
}

/** A call that is on no document yet. One that no plan covers is not waited for. */
export interface OpenCall {
  callId: string;
  open: Waiting | 'no-plan';
}

/** What the calls of one rate in one segment came to. */
export interface RateTotals {
  calls: number;
  billedSeconds: number;
  priceMicros: number;
}

export interface Rater {
  add(call: BillableCall): RatedCall | OpenCall;
  /** Of every segment and rate, in the order of the plan. */
  totals(): RateTotals[][];
  lines(): RatedLine[];
}

/** @param segments the plans of one month, of which nothing has been billed; see `earlier-months` for what comes later */
export function createRater(segments: Segment[]): Rater {
  const states = segments.map((segment) => {
    const rateOf = new Map<CallChannel, number>();
    segment.plan.rates.forEach(({ channels }, index) => {
      for (const channel of channels) rateOf.set(channel, index);
    });
    return {
      segment,
      rateOf,
      totals: segment.plan.rates.map((): RateTotals => ({ calls: 0, billedSeconds: 0, priceMicros: 0 })),
    };
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
      totals.calls += 1;
      totals.billedSeconds += charge.billedSeconds;
      totals.priceMicros += charge.priceMicros;
      return {
        callId: call.id,
        month: call.day.slice(0, 7),
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

/** Fee, usage by rate, minimum: of every segment in turn. Lines of nothing are left out. */
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

/** Half up of `fee × days ÷ days of the month`. */
export function feeCents({ plan, days, ofDays }: Segment): number {
  return proportion(plan.monthlyFeeCents, days, ofDays);
}

/** Likewise. */
export function minimumCents({ plan, days, ofDays }: Segment): number {
  return proportion(plan.minimumCents, days, ofDays);
}

/** A plan without a minimum is not topped up either where what it came to is less than nothing. */
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

function usageLine(
  segment: Segment,
  rate: number,
  totals: RateTotals = { calls: 0, billedSeconds: 0, priceMicros: 0 },
): RatedLine {
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
