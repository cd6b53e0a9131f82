/** Compares the ledger with Vapi's books now, and reports what was found and done. */
import express, { Router } from 'express';
import type { Context } from '../context.ts';
import { reconcileSchema } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { reconcile } from '../metering/reconcile.ts';
import { findTenant } from '../store/tenants.ts';
import { parse } from './parse.ts';

export function reconcileRoutes(ctx: Context): Router {
  const router = Router();
  router.post('/', express.json({ limit: '16kb' }), async (req, res) => {
    const { tenant, from, to } = parse(reconcileSchema, req.body);
    if (tenant && !(await findTenant(ctx.store, tenant))) throw new ApiError('not_found');
    res.json(await reconcile(ctx, { from: Date.parse(from), to: Date.parse(to) }, tenant));
  });
  return router;
}
