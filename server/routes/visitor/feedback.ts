/** A visitor's feedback on a call that is over, permitted by the call's own token. */
import { Router } from 'express';
import type { AccessContext } from '../../access/access-context.ts';
import { callToken, feedbackToken } from '../../access/identity/session-token.ts';
import type { Context } from '../../context.ts';
import { feedbackRequestSchema } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { type CallRow, findCall } from '../../store/calls.ts';
import { saveFeedback } from '../../store/feedback.ts';
import { findTenant } from '../../store/tenants.ts';
import { parse, parseJsonText } from '../parse.ts';
import { visitorBody } from './cors.ts';

/** The token ends with the longest possible call; a visitor who talked to the end still has this long to rate it. */
const graceMs = 3_600_000;

export function feedbackRoutes(ctx: AccessContext): Router {
  const router = Router();
  router.post('/calls/:id/feedback', ctx.frontLimits.calls, visitorBody, async (req, res) => {
    const { token, rating, comment } = parse(feedbackRequestSchema, parseJsonText(req.body));
    const call = await callOf(ctx, token, String(req.params.id));
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

/**
 * The call, if the token belongs to it: by its id, or by the session that a key was handed out for.
 * @throws ApiError `unauthorized`; `not_found`, also while Vapi has not reported a call that the browser created
 */
async function callOf(ctx: Context, token: string, id: string): Promise<CallRow> {
  const since = ctx.now() - graceMs;
  const ofCall = callToken.verify(ctx.keys.callToken, token, since);
  const ofSession = feedbackToken.verify(ctx.keys.callToken, token, since);
  const verified = ofCall.ok ? ofCall : ofSession;
  if (!verified.ok || (ofCall.ok && ofCall.claims.call !== id)) throw new ApiError('unauthorized');
  const tenant = await findTenant(ctx.store, verified.claims.tenant);
  const call = tenant && (await findCall(ctx.store, tenant.id, id));
  if (!call || (ofSession.ok && ofSession.claims.session !== call.sessionId)) throw new ApiError('not_found');
  return call;
}
