/** A person's own sessions and places, and looking at a client's portal as the client sees it. */
import express, { type RequestHandler, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import {
  choosePlace,
  endOtherSessions,
  endSession,
  sessionsOf,
  stopViewing,
  viewAs,
} from '../access/identity/sessions.ts';
import { choosePlaceSchema, type SessionsAnswer, viewAsSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { actorIn, authenticate, callerIn, visibleTenant } from './caller.ts';
import { parse } from './parse.ts';

const body = express.json({ limit: '16kb' });

/** A key, and a sign-in without a person, has no sessions and belongs to one place. */
const personOnly: RequestHandler = (_req, res, next) => {
  if (callerIn(res).userId === null) throw new ApiError('not_found');
  next();
};

/** At `/v1`. */
export function sessionRoutes(ctx: AccessContext): Router {
  const router = Router();
  router.use('/me', authenticate(ctx));
  router.get('/me/sessions', async (_req, res) => {
    res.json({ sessions: await sessionsOf(ctx, callerIn(res)) } satisfies SessionsAnswer);
  });
  router.delete('/me/sessions', personOnly, async (req, res) => {
    await endOtherSessions(ctx, callerIn(res), actorIn(req, res));
    res.status(204).end();
  });
  router.delete('/me/sessions/:id', personOnly, async (req, res) => {
    await endSession(ctx, callerIn(res), String(req.params.id), actorIn(req, res));
    res.status(204).end();
  });
  router.post('/me/place', personOnly, body, async (req, res) => {
    await choosePlace(ctx, callerIn(res), parse(choosePlaceSchema, req.body).tenant, actorIn(req, res));
    res.status(204).end();
  });
  router.delete('/me/view', async (req, res) => {
    await stopViewing(ctx, callerIn(res), actorIn(req, res));
    res.status(204).end();
  });
  return router;
}

/** At `/v1/tenants`. */
export function viewAsRoutes(ctx: AccessContext): Router {
  const router = Router();
  router.post('/:slug/view-as', body, async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    await viewAs(ctx, callerIn(res), tenant, parse(viewAsSchema, req.body ?? {}).role, actorIn(req, res));
    res.status(204).end();
  });
  return router;
}
