/** What Stripe tells us of invoices, signed over the raw body. 200 means: it is in the books. */

import express, { Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import type { BillingContext } from '../billing/billing-context.ts';
import { stripeFailure } from '../billing/stripe-api.ts';
import { syncInvoice, tellReversal } from '../billing/stripe-sync.ts';
import { ApiError } from '../errors.ts';

export function stripeWebhookRoutes(ctx: AccessContext & BillingContext): Router {
  const router = Router();
  router.post('/', express.text({ type: () => true, limit: '1mb' }), async (req, res) => {
    const event = readEvent(String(req.body), String(req.headers['stripe-signature'] ?? ''));
    if (!event) {
      await ctx.frontLimits.failedAuth(req.ip);
      throw new ApiError('unauthorized');
    }
    req.log.info({ event: event.type, stripeId: event.stripeId }, 'stripe webhook');
    try {
      if (event.type.startsWith('invoice.') && event.stripeId) await syncInvoice(ctx, event.stripeId);
      if (event.reversal) await tellReversal(ctx, event.type, event.reversal);
    } catch (error) {
      // Stripe comes again later.
      throw stripeFailure(error);
    }
    res.json({});
  });

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
