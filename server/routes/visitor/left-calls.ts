/** A visitor who ends a call, or moves between pages during it, permitted by the call's own token. */
import { type Request, Router } from 'express';
import type { AccessContext } from '../../access/access-context.ts';
import { callToken } from '../../access/identity/session-token.ts';
import { endLiveCall } from '../../access/start/end-call.ts';
import { leaveCall, rejoinCall } from '../../access/start/left-calls.ts';
import type { Context } from '../../context.ts';
import { endCallRequestSchema, pageOfCallSchema } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { findTenant } from '../../store/tenants.ts';
import { parse, parseJsonText } from '../parse.ts';
import { visitorBody } from './cors.ts';

export function leftCallRoutes(ctx: AccessContext): Router {
  const router = Router();
  router.post('/calls/:id/end', ctx.frontLimits.calls, visitorBody, async (req, res) => {
    const { token } = parse(endCallRequestSchema, parseJsonText(req.body));
    const { tenant, callId } = await callIn(ctx, req, token);
    if (tenant) await endLiveCall(ctx, tenant.id, callId);
    res.status(204).end();
  });

  router.post('/calls/:id/leave', ctx.frontLimits.calls, visitorBody, async (req, res) => {
    const { tenant, callId, page } = await visitIn(ctx, req);
    await leaveCall(ctx, tenant, callId, page);
    res.status(204).end();
  });

  router.post('/calls/:id/rejoin', ctx.frontLimits.calls, visitorBody, async (req, res) => {
    const { tenant, callId, page } = await visitIn(ctx, req);
    await rejoinCall(ctx, tenant, callId, page);
    res.status(204).end();
  });

  return router;
}

/** @throws ApiError `invalid_request`, `unauthorized`, `not_found` */
async function visitIn(ctx: Context, req: Request) {
  const { token, page } = parse(pageOfCallSchema, parseJsonText(req.body));
  const { tenant, callId } = await callIn(ctx, req, token);
  if (!tenant) throw new ApiError('not_found');
  return { tenant, callId, page };
}

/**
 * The call of the path, if the token is its own.
 * @throws ApiError `unauthorized`
 */
async function callIn(ctx: Context, req: Request, token: string) {
  const verified = callToken.verify(ctx.keys.callToken, token, ctx.now());
  if (!verified.ok || verified.claims.call !== req.params.id) throw new ApiError('unauthorized');
  const { tenant, call: callId } = verified.claims;
  return { tenant: await findTenant(ctx.store, tenant), callId };
}
