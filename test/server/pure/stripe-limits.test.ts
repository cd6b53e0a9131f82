/** Stripe's minimum and maximum charges, by its documentation: as printed there, in whole units. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { StripeApi } from '../../../server/billing/stripe/stripe-api.ts';
import { checkAsked } from '../../../server/billing/stripe/stripe-limits.ts';
import type { InvoiceDocument } from '../../../server/contract.ts';

/** https://docs.stripe.com/currencies#minimum-and-maximum-charge-amounts */
const documented = `
USD 0.50, AED 2.00, AUD 0.50, BGN 1.00, BRL 0.50, CAD 0.50, CHF 0.50, CZK 15.00, DKK 2.50, EUR 0.50, GBP 0.30, HKD 4.00,
HUF 175.00, INR 0.50, JPY 50, MXN 10, MYR 2, NOK 3.00, NZD 0.50, PLN 2.00, RON 2.00, SEK 3.00, SGD 0.50, THB 10`;

const stripe = { foreignDebtCents: async () => 0 } as Partial<StripeApi> as StripeApi;
const ask = (currency: string, dueCents: number) =>
  checkAsked(stripe, 'cus_1', 0, { currency, dueCents } as InvoiceDocument);

for (const entry of documented.split(',')) {
  const [code = '', least = ''] = entry.trim().split(' ');
  const currency = code.toLowerCase();
  const leastCents = Number(least) * (currency === 'jpy' ? 1 : 100);
  test(`${code} is charged from ${least} on`, async () => {
    await ask(currency, leastCents);
    await assert.rejects(ask(currency, leastCents - 1), /at least/);
  });
}

test('no more than eight digits are charged', async () => {
  await ask('eur', 99_999_999);
  await assert.rejects(ask('eur', 100_000_000), /at most/);
});
