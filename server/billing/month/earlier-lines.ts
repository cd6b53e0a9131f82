/** The lines of a later document for a billed month: late calls, corrections, and what was credited before. */
import { microsToCents, sumCents, toSafeNumber } from '../../base/money.ts';
import type { BilledSum } from '../../store/invoice-lines.ts';
import type { Segment } from '../plan/plan.ts';
import { flatLine, type RatedLine, type RateTotals, topUpCents } from '../plan/rating.ts';
import { type MonthFalls, shareOf } from './credited.ts';

/** The totals of one line of this document. */
export interface Added extends RateTotals {
  kind: 'late-usage' | 'correction';
  segment: Segment;
  rate: number;
}

/** A billed month, with what has been billed of it. */
export interface BilledMonth {
  month: string;
  segments: Segment[];
  sums: BilledSum[];
  /** Seconds used so far by plan and rate, including this document's. */
  used: Map<string, number>;
  added: Map<string, Added>;
  /** Including this document's changes. */
  falls: MonthFalls;
}

/** Usage by rate, the resulting change of the minimum, and what credit notes have already refunded of them. */
export function linesOfMonth({ segments, sums, added, falls }: BilledMonth): RatedLine[] {
  return segments.flatMap((segment) => {
    const own = [...added.values()]
      .filter((totals) => totals.segment.planId === segment.planId)
      .sort((a, b) => a.rate - b.rate || (a.kind < b.kind ? 1 : -1));
    const usage = own.map(({ kind, rate, calls, billedSeconds, ...totals }): RatedLine => {
      const priceMicros = toSafeNumber(BigInt(totals.priceMicros));
      const cents = microsToCents(BigInt(priceMicros), segment.plan.currency);
      const channels = segment.plan.rates[rate]?.channels ?? [];
      return { ...flatLine(kind, segment, cents), rate, channels, calls, billedSeconds, priceMicros };
    });
    if (usage.length === 0) return [];
    const change = minimumChange(segment, sums, usage);
    const minimum = change === 0 ? [] : [flatLine('minimum-change', segment, change)];
    for (const line of minimum) falls.changeMinimum(shareOf(line), change);
    const byShare = new Map([...usage, ...minimum].map((line) => [shareOf(line), line]));
    const credited = [...byShare].flatMap(([share, { rate, channels }]) => {
      const held = sums.filter((row) => row.kind === 'credited-before' && shareOf(row) === share);
      const cents = falls.heldCents(share) - sumCents(held);
      return cents === 0 ? [] : [{ ...flatLine('credited-before', segment, cents), rate, channels }];
    });
    return [...usage, ...minimum, ...credited];
  });
}

/** The month's top-up with these lines included, less the top-up billed so far. */
function minimumChange(segment: Segment, sums: BilledSum[], usage: RatedLine[]): number {
  // The sum of the calls counts, whether or not they were credited.
  const own = sums.filter(({ planId, kind }) => planId === segment.planId && kind !== 'credited-before');
  const isTopUp = ({ kind }: BilledSum) => kind === 'minimum' || kind === 'minimum-change';
  const spent = sumCents(own.filter((row) => !isTopUp(row))) + sumCents(usage);
  return topUpCents(segment, spent) - sumCents(own.filter(isTopUp));
}
