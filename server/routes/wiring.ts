/** The operator lets us point a tenant's assistants at our webhook, and may look at the plan first. */
import express, { Router } from 'express';
import { recordChange } from '../access/audit.ts';
import { viewTenant } from '../access/tenants/tenant-changes.ts';
import type { Context } from '../context.ts';
import { wireQuerySchema, wireRequestSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { changeAssistants, keepTargets, prepareWiring, viewWiring } from '../metering/wiring.ts';
import { lockTenant, type Tenant } from '../store/tenants.ts';
import { callerIn, visibleTenant } from './caller.ts';
import { parse } from './parse.ts';

export function wiringRoutes(ctx: Context): Router {
  const router = Router();
  router.post('/:slug/wire', express.json({ limit: '16kb' }), async (req, res) => {
    const dryRun = parse(wireQuerySchema, req.query)['dry-run'] === 'true';
    const request = parse(wireRequestSchema, req.body ?? {});
    const tenant = await visibleTenant(ctx, req, res);
    const wiring = await prepareWiring(ctx, tenant, request);
    // Shown before anything is changed: afterwards the old servers are known only to the store.
    const answer = await viewWiring(ctx, tenant, wiring, dryRun);
    if (!dryRun && answer.assistants.some(({ changed }) => changed)) {
      await ctx.store.transaction().execute(async (db) => {
        const current = await lockTenant(db, tenant.slug);
        if (!current) throw new ApiError('not_found');
        await keepTargets(ctx, db, current, wiring);
        const next = (await lockTenant(db, tenant.slug)) as Tenant;
        const after = { ...viewTenant(ctx, next), wired: answer.assistants };
        const { actor } = callerIn(res);
        const change = { actor, action: 'tenant.wire', tenant: tenant.slug, requestId: String(req.id) };
        await recordChange(db, { ...change, before: viewTenant(ctx, current), after }, ctx.now());
      });
      await changeAssistants(ctx, tenant, wiring);
    }
    res.json(answer);
  });
  return router;
}
