/** Looks at everything that calls and money need, and says what to do about what is wrong. */
import express, { Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import { doctorRequestSchema, serverDoctorRequestSchema } from '../contract.ts';
import { examineServer, examineTenant } from '../doctor/doctor.ts';
import type { MeteringContext } from '../metering/metering-context.ts';
import { actorIn, visibleTenant } from './caller.ts';
import { parse } from './parse.ts';

export function tenantDoctorRoutes(ctx: MeteringContext): Router {
  const router = Router();
  router.post('/:slug/doctor', express.json({ limit: '1kb' }), async (req, res) => {
    const request = parse(doctorRequestSchema, req.body ?? {});
    const tenant = await visibleTenant(ctx, req, res);
    res.json(await examineTenant(ctx, tenant, request, actorIn(req, res)));
  });
  return router;
}

export function serverDoctorRoutes(ctx: AccessContext & BillingContext): Router {
  const router = Router();
  router.post('/', express.json({ limit: '1kb' }), async (req, res) => {
    parse(serverDoctorRequestSchema, req.body ?? {});
    res.json(await examineServer(ctx, actorIn(req, res)));
  });
  return router;
}
