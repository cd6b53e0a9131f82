/** The highest price that a start can have by its client's plan. Pure. */
import { proportion, toSafeNumber } from '../../base/money.ts';
import type { Segment } from '../../billing/plan/plan.ts';
import { billedSecondsOf, chargeFor, isPooled, poolMicros } from '../../billing/plan/price.ts';
import { type CallChannel, type CostByComponent, costComponents, type Price } from '../../contract.ts';

/** What a start may use at most: as long as it lasts, and the provider's cost at the worst-case rate. */
export interface Most {
  channel: CallChannel;
  seconds: number;
  costMicros: number;
}

/** What other calls have used of the rate's minutes, and what calls in progress may still use before this one does. */
export interface Used {
  seconds: number;
  heldSeconds: number;
  heldStarts: number;
}

/** @returns the rate of the channel, and its number */
export function rateOf(segment: Segment, channel: CallChannel): { rate: number; price: Price } {
  const rate = segment.plan.rates.findIndex(({ channels }) => channels.includes(channel));
  const price = segment.plan.rates[rate]?.price;
  if (!price) throw new Error('the plan has no such rate');
  return { rate, price };
}

/** Before tax, in micros of the plan's currency. Included minutes and tiers count as if those in progress came first, or last. */
export function highestPrice(segment: Segment, price: Price, most: Most, used: Used): number {
  const { channel, seconds, costMicros } = most;
  if (channel !== 'chat' && isPooled(price)) return highestOfPool(segment, price, seconds, used);
  const cost = Object.fromEntries(costComponents.map((component) => [component, 0])) as CostByComponent;
  cost[dearest(price)] = costMicros;
  const call = { id: '', day: '', createdAt: 0, channel, costMicros, cost };
  const charge = chargeFor(segment, price, 0, { ...call, seconds: channel === 'chat' ? null : seconds });
  if (typeof charge === 'string') throw new Error('a start has a price');
  return charge.priceMicros;
}

/** The component that the plan raises most. */
function dearest(price: Price): keyof CostByComponent {
  if (price.kind !== 'cost-plus') return costComponents[0];
  const bps = (component: keyof CostByComponent) => price.markupBpsByComponent[component] ?? price.markupBps;
  return [...costComponents].sort((a, b) => bps(b) - bps(a))[0] ?? costComponents[0];
}

/** As a function of where the call begins in the pool, its price is linear between the limits of tiers. */
function highestOfPool(
  segment: Segment,
  price: Extract<Price, { kind: 'included' | 'graduated' }>,
  seconds: number,
  used: Used,
): number {
  const length = billedSecondsOf(price, seconds);
  const first = used.seconds;
  const last = first + used.heldSeconds + used.heldStarts * (price.initialSeconds + price.incrementSeconds);
  const limits = (
    price.kind === 'graduated' ? price.tiers.map(({ upToMinutes }) => upToMinutes) : [price.includedMinutes]
  )
    .filter((minutes) => minutes !== null)
    .map((minutes) => proportion(minutes * 60, segment.days, segment.ofDays));
  const begins = [first, last, ...limits, ...limits.map((limit) => limit - length)].filter(
    (begin) => begin >= first && begin <= last,
  );
  return Math.max(...begins.map((begin) => poolMicros(segment, price, begin, begin + length)));
}

/** Tax is rounded once, half up, to micros; the month's invoice has the exact sum. */
export function withTax(micros: number, taxBps: number): number {
  return toSafeNumber(BigInt(micros) + BigInt(proportion(micros, Math.round(taxBps * 10), 100_000)));
}
