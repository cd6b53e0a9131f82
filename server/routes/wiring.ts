/** Points a tenant's assistants at our webhook; a dry run shows the plan first. */
import express, { Router } from 'express';
import { wireQuerySchema, wireRequestSchema } from '../contract.ts';
import type { MeteringContext } from '../metering/metering-context.ts';
import { wireTenant } from '../metering/wiring.ts';
import { actorIn, visibleTenant } from './caller.ts';
import { parse } from './parse.ts';

export function wiringRoutes(ctx: MeteringContext): Router {
  const router = Router();
  router.post('/:slug/wire', express.json({ limit: '16kb' }), async (req, res) => {
    const dryRun = parse(wireQuerySchema, req.query)['dry-run'] === 'true';
    const request = parse(wireRequestSchema, req.body ?? {});
    const tenant = await visibleTenant(ctx, req, res);
    res.json(await wireTenant(ctx, tenant, { ...request, dryRun }, actorIn(req, res)));
  });
  return router;
}
