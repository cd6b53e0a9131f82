/** The highest price that a start can have by its client's plan. Pure. */
import { proportion, toSafeNumber } from '../../base/money.ts';
import type { Segment } from '../../billing/plan/plan.ts';
import { billedSecondsOf, chargeFor, poolMicros } from '../../billing/plan/price.ts';
import { type CallChannel, type CostByComponent, costComponents, type Price } from '../../contract.ts';
import type { HeldOfPool } from '../../store/wallets.ts';

export type PooledPrice = Extract<Price, { kind: 'included' | 'graduated' }>;

/** What a start may use at most: as long as it lasts, and the provider's cost at the worst-case rate. */
export interface Most {
  channel: CallChannel;
  seconds: number;
  costMicros: number;
}

/** What other calls have used of the rate's minutes, and what those in progress hold, and at most use. */
export interface Used {
  seconds: number;
  held: HeldOfPool;
}

/** @returns the rate of the channel, and its number */
export function rateOf(segment: Segment, channel: CallChannel): { rate: number; price: Price } {
  const rate = segment.plan.rates.findIndex(({ channels }) => channels.includes(channel));
  const price = segment.plan.rates[rate]?.price;
  if (!price) throw new Error('the plan has no such rate');
  return { rate, price };
}

/** With tax, in micros of the plan's currency, for a price that does not depend on other calls. */
export function highestPrice(segment: Segment, price: Price, most: Most, taxBps: number): number {
  const { channel, seconds, costMicros } = most;
  const cost = Object.fromEntries(costComponents.map((component) => [component, 0])) as CostByComponent;
  cost[dearest(price)] = costMicros;
  const call = { id: '', day: '', createdAt: 0, channel, costMicros, cost };
  const charge = chargeFor(segment, price, 0, { ...call, seconds: channel === 'chat' ? null : seconds });
  if (typeof charge === 'string') throw new Error('a start has a price');
  return withTax(charge.priceMicros, taxBps);
}

/**
 * As `highestPrice`, of a rate with included minutes or tiers: wherever between the calls in progress this one comes, and
 * so that all of them together hold what all of them can cost.
 * @param used null when it is not known which month's or plan's minutes it will use: wherever it may begin
 */
export function highestPooled(
  segment: Segment,
  price: PooledPrice,
  seconds: number,
  used: Used | null,
  taxBps: number,
): number {
  const length = billedSecondsOf(price, seconds);
  const first = used?.seconds ?? 0;
  const last = used ? first + mostOf(price, used.held) : Number.POSITIVE_INFINITY;
  const limits = (
    price.kind === 'graduated' ? price.tiers.map(({ upToMinutes }) => upToMinutes) : [price.includedMinutes]
  )
    .filter((minutes) => minutes !== null)
    .map((minutes) => proportion(minutes * 60, segment.days, segment.ofDays));
  // Its price is linear between the limits of tiers, as a function of where it begins.
  const begins = [first, last, ...limits, ...limits.map((limit) => limit - length)].filter(
    (begin) => begin >= first && begin <= last && begin < Number.POSITIVE_INFINITY,
  );
  const own = Math.max(...begins.map((begin) => poolMicros(segment, price, begin, begin + length)));
  const together = used ? heldTogether(segment, price, used, length, taxBps) - used.held.micros : 0;
  return Math.max(withTax(own, taxBps), together);
}

/** What the calls in progress can cost together, with tax. @param more seconds of one that is about to start */
export function heldTogether(
  segment: Segment,
  price: PooledPrice,
  { seconds, held }: Used,
  more: number,
  taxBps: number,
): number {
  return withTax(poolMicros(segment, price, seconds, seconds + mostOf(price, held) + more), taxBps);
}

/** Each can be billed a whole first block, or begin one more. */
const mostOf = (price: PooledPrice, { seconds, starts }: HeldOfPool): number =>
  seconds + starts * (price.initialSeconds + price.incrementSeconds);

/** The component that the plan raises most. */
function dearest(price: Price): keyof CostByComponent {
  if (price.kind !== 'cost-plus') return costComponents[0];
  const bps = (component: keyof CostByComponent) => price.markupBpsByComponent[component] ?? price.markupBps;
  return [...costComponents].sort((a, b) => bps(b) - bps(a))[0] ?? costComponents[0];
}

/** Tax is rounded once, half up, to micros; the month's invoice has the exact sum. */
export function withTax(micros: number, taxBps: number): number {
  return toSafeNumber(BigInt(micros) + BigInt(proportion(micros, Math.round(taxBps * 10), 100_000)));
}
