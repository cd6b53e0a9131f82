/**
 * Integer money. Products are BigInt and rounded once, half up; a negative amount mirrors the positive one exactly, so
 * that a credit returns what the charge took. Pure.
 */
import { fromUnits, minorDigits } from './currency.ts';

/**
 * Stripe treats these amounts specially: thousandths (the first five), or hundredths that must be zero. An invoice in
 * one would be right here and wrong there.
 */
export const currenciesNotOffered = 'bhd jod kwd omr tnd huf isk twd ugx'.split(' ');

/**
 * Currencies in use, without the obsolete codes that Intl still lists. Otherwise a typing error would only show when
 * the first invoice is refused.
 */
const offered = new Set(
  `aed afn all amd aoa ars aud awg azn bam bbd bdt bif bmd bnd bob brl bsd bwp byn bzd cad cdf chf clp cny cop crc cve czk
  djf dkk dop dzd egp etb eur fjd fkp gbp gel gip gmd gnf gtq gyd hkd hnl htg idr ils inr jmd jpy kes kgs khr kmf krw kyd
  kzt lak lbp lkr lrd lsl mad mdl mga mkd mmk mnt mop mur mvr mwk mxn myr mzn nad ngn nio nok npr nzd pab pen pgk php pkr
  pln pyg qar ron rsd rub rwf sar sbd scr sek sgd shp sle sos srd szl thb tjs top try ttd tzs uah usd uyu uzs vnd vuv wst
  xaf xcd xcg xof xpf yer zar zmw btn cup ern ghs iqd irr kpw lyd mru sdg ssp stn svc syp tmt ves`.split(
    /\s+/,
  ),
);

/** @param currency lower-case ISO 4217 code */
export function isSupportedCurrency(currency: string): boolean {
  return offered.has(currency);
}

/** Half up, away from zero; `divisor` is positive. */
export function roundHalfUp(dividend: bigint, divisor: bigint): bigint {
  const size = dividend < 0n ? -dividend : dividend;
  const rounded = (size * 2n + divisor) / (divisor * 2n);
  return dividend < 0n ? -rounded : rounded;
}

/** The amount cannot be calculated; reported to the caller, since only another price or fewer calls can help. */
export class AmountTooLarge extends RangeError {
  constructor(value: bigint | string) {
    super(`The result is an amount of ${value}, which is too large to calculate exactly.`);
  }
}

/** @throws AmountTooLarge when a number cannot hold it exactly */
export function toSafeNumber(value: bigint): number {
  const number = Number(value);
  if (!Number.isSafeInteger(number)) throw new AmountTooLarge(value);
  return number;
}

/** @throws AmountTooLarge when a number cannot hold it exactly */
export function centsToMicros(cents: number, currency: string): number {
  return toSafeNumber(BigInt(cents) * (minorDigits(currency) === 2 ? 10_000n : 1_000_000n));
}

/** The only rounding of a line. `…Cents` are the currency's smallest units, whatever their name. */
export function microsToCents(micros: bigint, currency: string): number {
  return toSafeNumber(roundHalfUp(micros, minorDigits(currency) === 2 ? 10_000n : 1_000_000n));
}

/** @returns `amount × part ÷ whole`, rounded once */
export function proportion(amount: number, part: number, whole: number): number {
  return toSafeNumber(roundHalfUp(BigInt(amount) * BigInt(part), BigInt(whole)));
}

/** @returns plain digits: `-1234.50` */
export function centsToDecimal(cents: number, currency: string): string {
  const digits = minorDigits(currency);
  return fromUnits(cents, digits, digits);
}

/** @returns `-1234.50 eur` */
export function amountInWords(cents: number, currency: string): string {
  return `${centsToDecimal(cents, currency)} ${currency}`;
}

export function sumCents(rows: { amountCents: number }[]): number {
  return rows.reduce((sum, { amountCents }) => sum + amountCents, 0);
}

/** @returns plain digits, at least as many decimals as the currency has, at most six: `0.0325` */
export function microsToDecimal(micros: number, currency: string): string {
  return fromUnits(micros, 6, minorDigits(currency));
}
