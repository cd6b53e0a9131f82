/** A visitor leaves a message because no one can talk to it. */
import { Router } from 'express';
import type { AccessContext } from '../../access/access-context.ts';
import { takeLead } from '../../access/leads/take-lead.ts';
import { admit } from '../../access/start/admit.ts';
import { leadRequestSchema } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { parse, parseJsonText } from '../parse.ts';
import { visitorBody } from './cors.ts';

export function visitorLeadRoutes(ctx: AccessContext): Router {
  const router = Router();
  router.post('/leads', ctx.frontLimits.calls, visitorBody, async (req, res) => {
    const asked = parse(leadRequestSchema, parseJsonText(req.body));
    const { tenant, origin, isTalk } = await admit(ctx, asked.tenant, req);
    // The operator's try-out must not reach the client's mailbox.
    if (isTalk) throw new ApiError('not_found');
    await takeLead(ctx, tenant, origin, req.ip, asked);
    res.status(204).set({ 'Access-Control-Allow-Origin': origin, 'Cache-Control': 'no-store' }).end();
  });
  return router;
}
