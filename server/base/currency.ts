/**
 * How many decimals an amount of a currency has: as Stripe counts, which is not always as ISO 4217 or a browser does. The
 * one file that the portal shares with the server, so that a figure cannot mean one thing on an invoice and another on
 * the screen. Pure; it imports nothing.
 */

/** Currencies whose smallest unit is the whole one (docs.stripe.com/currencies). */
const withoutMinorUnit = new Set('bif clp djf gnf jpy kmf krw mga pyg rwf vnd vuv xaf xof xpf'.split(' '));

/** @param currency lower-case ISO 4217 code @returns how many decimals its amounts are written with */
export function minorDigits(currency: string): 0 | 2 {
  return withoutMinorUnit.has(currency) ? 0 : 2;
}
