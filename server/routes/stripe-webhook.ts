/** What Stripe reports about invoices, signed over the raw body. 200 means that it is in the books. */
import { type Request, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import { letGo, readBody } from '../access/bounded-body.ts';
import { createByteBudget } from '../access/byte-budget.ts';
import { senderNetworkOf } from '../access/identity/visitor-network.ts';
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import { stripeFailure } from '../billing/stripe/stripe-api.ts';
import { syncInvoice, tellReversal } from '../billing/stripe/stripe-sync.ts';
import { ApiError } from '../errors.ts';

const longestEvent = 1024 * 1024;
/** Bytes of events whose signature is not checked yet: one attacking network leaves half of them to Stripe. */
const unproven = { total: 20 * longestEvent, perKey: 20 * longestEvent, perNetwork: 10 * longestEvent };

/** @param unprovenMs how long a body with an unchecked signature may take */
export function stripeWebhookRoutes(ctx: AccessContext & BillingContext, unprovenMs = 4000): Router {
  const router = Router();
  const budget = createByteBudget(unproven);
  router.post('/', async (req, res) => {
    const event = await receive(req);
    if (!event) {
      letGo(req);
      await ctx.frontLimits.failedAuth(req.ip);
      throw new ApiError('unauthorized');
    }
    req.log.info({ event: event.type, stripeId: event.stripeId }, 'stripe webhook');
    try {
      if (event.type.startsWith('invoice.') && event.stripeId) await syncInvoice(ctx, event.stripeId);
      if (event.reversal) await tellReversal(ctx, event.type, event.reversal);
    } catch (error) {
      // Stripe retries later.
      throw stripeFailure(error);
    }
    res.json({});
  });

  /** @returns null when it is not from Stripe; without a signature it is not even read */
  async function receive(req: Request) {
    const signature = req.headers['stripe-signature'];
    if (typeof signature !== 'string') return null;
    const { take, close } = budget.open('stripe', senderNetworkOf(req.ip));
    try {
      const body = await readBody(req, { longest: longestEvent, take, deadlineMs: unprovenMs });
      return readEvent(body.toString('utf8'), signature);
    } finally {
      close();
    }
  }

  function readEvent(body: string, signature: string) {
    try {
      return ctx.stripe?.readEvent(body, signature, ctx.now()) ?? null;
    } catch (error) {
      ctx.log.warn({ reason: (error as Error).message.slice(0, 100) }, 'stripe webhook refused');
      return null;
    }
  }

  return router;
}
