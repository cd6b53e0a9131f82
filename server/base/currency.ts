/**
 * How many decimals a currency's amounts have: as Stripe counts them, which is not always as ISO 4217 or a browser
 * does. The portal shares this file with the server, so that a figure means the same on an invoice and on the screen.
 * Pure; it imports nothing.
 */

/** Currencies whose smallest unit is the whole one (docs.stripe.com/currencies). */
const withoutMinorUnit = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));

/** @param currency lower-case ISO 4217 code @returns how many decimals its amounts are written with */
export function minorDigits(currency: string): 0 | 2 {
  return withoutMinorUnit.has(currency) ? 0 : 2;
}
