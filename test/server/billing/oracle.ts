/**
 * A second opinion on a month's money that shares nothing with the product: amounts are strings of digits, arithmetic
 * is school long-hand, tiers are walked second by second. Slow, and written to read like the plan's wording.
 */
import type { Plan, Price } from '../../../server/contract.ts';

export interface OracleCall {
  day: string;
  channel: string;
  seconds: number;
  /** Micros of dollars by component, as digits. */
  cost: Record<string, string>;
}
export interface OracleVersion {
  fromDay: string;
  version: number;
  plan: Plan | null;
}
/** The days on which one plan applies. */
interface OracleSegment {
  plan: Plan;
  held: string[];
  days: number;
  ofDays: number;
}
export interface OracleAnswer {
  /** One a call, in the order given; null where no plan applies. */
  prices: (string | null)[];
  totalCents: string;
}

/**
 * @param month `YYYY-MM`
 * @param calls in billing order
 */
export function askOracle(versions: OracleVersion[], month: string, calls: OracleCall[]): OracleAnswer {
  const segments = segmentsByDay(versions, month);
  const prices: (string | null)[] = calls.map(() => null);
  let total = '0';
  for (const segment of segments) {
    const { plan, days, ofDays } = segment;
    let sum = roundedShare(plan.monthlyFeeCents, days, ofDays);
    for (const rate of plan.rates) {
      let used = 0;
      let micros = '0';
      calls.forEach((call, index) => {
        if (!segment.held.includes(call.day) || !(rate.channels as string[]).includes(call.channel)) return;
        const billed = billedSeconds(rate.price, call.seconds);
        const price = priceOf(segment, rate.price, used, billed, call);
        used += billed;
        prices[index] = price;
        micros = add(micros, price);
      });
      sum = add(sum, divideHalfUp(micros, plan.currency === 'jpy' ? '1000000' : '10000'));
    }
    const least = roundedShare(plan.minimumCents, days, ofDays);
    // Only an agreed minimum tops up.
    total = add(total, least !== '0' && compare(sum, least) < 0 ? least : sum);
  }
  return { prices, totalCents: total };
}

/** Day by day: the plan with the latest first day so far; of several from one day, the last written. */
function segmentsByDay(versions: OracleVersion[], month: string): OracleSegment[] {
  const days = daysOf(month);
  const segments: (OracleSegment & { version: OracleVersion })[] = [];
  for (const day of days) {
    let version: OracleVersion | null = null;
    for (const each of versions) {
      if (each.fromDay > day) continue;
      const isLater = version === null || each.fromDay > version.fromDay;
      if (isLater || (each.fromDay === version?.fromDay && each.version > version.version)) version = each;
    }
    if (!version?.plan) continue;
    const own = segments.find((segment) => segment.version === version);
    if (own) own.held.push(day);
    else segments.push({ version, plan: version.plan, held: [day], days: 0, ofDays: days.length });
  }
  return segments.map((segment) => ({ ...segment, days: segment.held.length }));
}

function daysOf(month: string): string[] {
  const [year = 0, number = 0] = month.split('-').map(Number);
  const isLeap = year % 4 === 0 && (year % 100 !== 0 || year % 400 === 0);
  const lengths = [31, isLeap ? 29 : 28, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];
  const count = lengths[number - 1] ?? 0;
  return Array.from({ length: count }, (_, index) => `${month}-${String(index + 1).padStart(2, '0')}`);
}

function priceOf(
  segment: OracleSegment,
  price: Price,
  used: number,
  billed: number,
  call: OracleCall,
): string {
  if (price.kind === 'free') return '0';
  if (price.kind === 'per-call') {
    return call.seconds > 0 || call.channel === 'chat' ? String(price.perCallMicros) : '0';
  }
  if (price.kind === 'per-minute') {
    return divideHalfUp(multiply(String(billed), String(price.perMinuteMicros)), '60');
  }
  if (price.kind === 'cost-plus') {
    // Everything over 600,000,000,000: 10,000 of the markup × 1,000,000 of the exchange rate × 60 of the minute.
    let dividend = multiply(multiply(String(billed), String(price.perMinuteMicros)), '10000000000');
    for (const [component, micros] of Object.entries(call.cost)) {
      const own = price.markupBpsByComponent[component as keyof typeof price.markupBpsByComponent];
      const percent = String(10_000 + (own ?? price.markupBps));
      const raised = multiply(multiply(micros, percent), String(segment.plan.usdRateMicros));
      dividend = add(dividend, multiply(raised, '60'));
    }
    return divideHalfUp(dividend, '600000000000');
  }
  const limits =
    price.kind === 'included'
      ? [
          [price.includedMinutes, '0'],
          [null, String(price.perMinuteMicros)],
        ]
      : price.tiers.map((tier) => [tier.upToMinutes, String(tier.perMinuteMicros)]);
  const bounds = limits.map(([minutes, micros]): [number, string] => [
    minutes === null
      ? Number.POSITIVE_INFINITY
      : Number(roundedShare(Number(minutes) * 60, segment.days, segment.ofDays)),
    String(micros),
  ]);
  const secondsAt = new Map<string, number>();
  for (let second = used; second < used + billed; second += 1) {
    const [, micros = '0'] = bounds.find(([limit]) => second < limit) ?? [];
    secondsAt.set(micros, (secondsAt.get(micros) ?? 0) + 1);
  }
  let dividend = '0';
  for (const [micros, seconds] of secondsAt) dividend = add(dividend, multiply(micros, String(seconds)));
  return divideHalfUp(dividend, '60');
}

function billedSeconds(price: Price, seconds: number): number {
  if (seconds === 0 || !('initialSeconds' in price)) return seconds;
  let billed = price.initialSeconds;
  while (billed < seconds) billed += price.incrementSeconds;
  return billed;
}

function roundedShare(amount: number, days: number, ofDays: number): string {
  return divideHalfUp(multiply(String(amount), String(days)), String(ofDays));
}

const plain = (digits: string) => digits.replace(/^0+(?=\d)/, '');

export function add(a: string, b: string): string {
  const length = Math.max(a.length, b.length);
  const [left, right] = [a.padStart(length, '0'), b.padStart(length, '0')];
  let carry = 0;
  let sum = '';
  for (let index = length - 1; index >= 0; index -= 1) {
    const digit = Number(left[index]) + Number(right[index]) + carry;
    sum = `${digit % 10}${sum}`;
    carry = digit > 9 ? 1 : 0;
  }
  return plain(`${carry}${sum}`);
}

export function multiply(a: string, b: string): string {
  let product = '0';
  [...b].reverse().forEach((factor, zeros) => {
    let carry = 0;
    let row = '0'.repeat(zeros);
    for (const digit of [...a].reverse()) {
      const value = Number(digit) * Number(factor) + carry;
      row = `${value % 10}${row}`;
      carry = Math.floor(value / 10);
    }
    // The zeros of the position are at the end.
    const digits = row.slice(0, row.length - zeros);
    product = add(product, `${carry}${digits}${'0'.repeat(zeros)}`);
  });
  return plain(product);
}

function compare(a: string, b: string): number {
  if (a.length !== b.length) return a.length - b.length;
  return a < b ? -1 : a > b ? 1 : 0;
}

function subtract(a: string, b: string): string {
  const right = b.padStart(a.length, '0');
  let borrow = 0;
  let rest = '';
  for (let index = a.length - 1; index >= 0; index -= 1) {
    const digit = Number(a[index]) - Number(right[index]) - borrow;
    rest = `${digit < 0 ? digit + 10 : digit}${rest}`;
    borrow = digit < 0 ? 1 : 0;
  }
  return plain(rest);
}

/** Long division; a remainder of half the divisor or more rounds up. */
export function divideHalfUp(dividend: string, divisor: string): string {
  let quotient = '';
  let rest = '0';
  for (const digit of dividend) {
    rest = plain(`${rest}${digit}`);
    let times = 0;
    while (compare(rest, divisor) >= 0) {
      rest = subtract(rest, divisor);
      times += 1;
    }
    quotient += String(times);
  }
  const up = compare(add(rest, rest), divisor) >= 0;
  return up ? add(plain(quotient), '1') : plain(quotient);
}
