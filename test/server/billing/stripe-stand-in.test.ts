import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import Stripe from 'stripe';
import type { StripeStandIn } from '../../support/stripe-stand-in/stand-in.ts';
import { type StripeStage, secretKey, startStripeStage } from './stripe-stage.ts';

let place: StripeStage;
let stripe: StripeStandIn;
before(async () => {
  place = await startStripeStage();
  ({ stripe } = place);
});
after(() => place?.close());
beforeEach(() => {
  stripe.fault = () => null;
});

describe('the stand-in', () => {
  it('refuses what Stripe’s types do not have, by the types of the package', async () => {
    const send = (path: string, body: string) =>
      fetch(`${stripe.url}${path}`, {
        method: 'POST',
        body,
        headers: { authorization: `Bearer ${secretKey}` },
      });
    const unknown = await send('/v1/invoices', 'customer=cus_1&auto_advanse=false');
    assert.equal(unknown.status, 400);
    assert.match(await unknown.text(), /unknown parameter: auto_advanse/);
    const badly = await send('/v1/invoices', 'customer=cus_1&days_until_due=soon');
    assert.equal(badly.status, 400);
    assert.match(await badly.text(), /days_until_due/);
  });

  it('honours a key: the same answer again, and a refusal for other parameters', async () => {
    const client = new Stripe(secretKey, {
      host: '127.0.0.1',
      port: Number(new URL(stripe.url).port),
      protocol: 'http',
      telemetry: false,
    });
    const key = { idempotencyKey: 'k-1' };
    const first = await client.customers.create({ name: 'A' }, key);
    assert.equal((await client.customers.create({ name: 'A' }, key)).id, first.id);
    await assert.rejects(client.customers.create({ name: 'B' }, key), { type: 'StripeIdempotencyError' });
    stripe.forgetKeys();
    assert.notEqual((await client.customers.create({ name: 'A' }, key)).id, first.id);
  });
});
