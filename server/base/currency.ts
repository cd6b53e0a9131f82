/**
 * How amounts are written: with the decimals that Stripe counts, which are not always those of ISO 4217 or of a browser,
 * and never through a floating-point number. The one file that the portal shares with the server, so that a figure cannot
 * mean one thing on an invoice and another on the screen. Pure; it imports nothing.
 */

/** Currencies whose smallest unit is the whole one (docs.stripe.com/currencies). */
const withoutMinorUnit = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));

/** @param currency lower-case ISO 4217 code @returns how many decimals its amounts are written with */
export function minorDigits(currency: string): 0 | 2 {
  return withoutMinorUnit.has(currency) ? 0 : 2;
}

/**
 * @param digits how many decimals the integer has: 2 for cents and hundredths of a percent, 6 for micros
 * @returns null when the text is not plain digits with at most that many decimals
 */
export function toUnits(text: string, digits: number): number | null {
  const match = /^(\d+)(?:\.(\d*))?$/.exec(text.trim());
  const [, whole = '', fraction = ''] = match ?? [];
  if (!match || fraction.length > digits) return null;
  const units = Number(`${whole}${fraction.padEnd(digits, '0')}`);
  return Number.isSafeInteger(units) ? units : null;
}

/** @param least the minimum number of decimals @returns plain digits: `-1234.50` */
export function fromUnits(units: number, digits: number, least: number): string {
  const text = String(Math.abs(units)).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  let fraction = text.slice(text.length - digits);
  while (fraction.length > least && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return `${units < 0 ? '-' : ''}${whole}${fraction && `.${fraction}`}`;
}
