/** What a visitor says of a call that is over. The permission is the call's own token; the rest of CORS is visitor.ts's. */
import express, { Router } from 'express';
import { verifyEndToken } from '../access/session-token.ts';
import type { Context } from '../context.ts';
import { feedbackRequestSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { findCall } from '../store/calls.ts';
import { saveFeedback } from '../store/feedback.ts';
import { findTenant } from '../store/tenants.ts';
import { parse, parseJsonText } from './parse.ts';

/** The token ends with the longest possible call; whoever has talked to the end still has this long to say how it was. */
const graceMs = 3_600_000;

export function feedbackRoutes(ctx: Context): Router {
  const router = Router();
  const body = express.text({ type: ['text/plain', 'application/json'], limit: '16kb' });

  router.post('/calls/:id/feedback', ctx.frontLimits.calls, body, async (req, res) => {
    const { token, rating, comment } = parse(feedbackRequestSchema, parseJsonText(req.body));
    const verified = verifyEndToken(ctx.keys.endCall, token, ctx.now() - graceMs);
    if (!verified.ok || verified.claims.call !== req.params.id) throw new ApiError('unauthorized');
    const tenant = await findTenant(ctx.store, verified.claims.tenant);
    const call = tenant && (await findCall(ctx.store, tenant.id, verified.claims.call));
    if (!call) throw new ApiError('not_found');
    const at = ctx.now();
    await saveFeedback(ctx.store, {
      tenantId: call.tenantId,
      callId: call.id,
      rating,
      comment: comment ?? null,
      at,
    });
    res.status(204).end();
  });

  return router;
}
