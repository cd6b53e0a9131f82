/** A tenant's phone numbers, and callers whom its agent does not answer. */
import express, { Router } from 'express';
import { blockCaller, unblockCaller, viewBlockedCaller } from '../access/tenants/blocked-callers.ts';
import { assignPhoneNumber, releasePhoneNumber, viewPhoneNumbers } from '../access/tenants/phone-numbers.ts';
import type { Context } from '../context.ts';
import { type BlockedCallersAnswer, blockCallerSchema, putPhoneNumberSchema } from '../contract.ts';
import { listBlockedCallers } from '../store/blocked-callers.ts';
import { actorIn, visibleTenant } from './caller.ts';
import { parse } from './parse.ts';

export function phoneRoutes(ctx: Context): Router {
  const router = Router();
  const body = express.json({ limit: '4kb' });

  router.get('/:slug/phone-numbers', async (req, res) => {
    res.json(await viewPhoneNumbers(ctx, await visibleTenant(ctx, req, res)));
  });

  router.put('/:slug/phone-numbers/:id', body, async (req, res) => {
    const wish = parse(putPhoneNumberSchema, req.body);
    const tenant = await visibleTenant(ctx, req, res);
    res.json(await assignPhoneNumber(ctx, tenant, String(req.params.id), wish, actorIn(req, res)));
  });

  router.delete('/:slug/phone-numbers/:id', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    await releasePhoneNumber(ctx, tenant, String(req.params.id), actorIn(req, res));
    res.status(204).end();
  });

  router.get('/:slug/blocked-callers', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    const callers = (await listBlockedCallers(ctx.store, tenant.id)).map(viewBlockedCaller);
    res.json({ callers } satisfies BlockedCallersAnswer);
  });

  // In a body, not in the address: addresses are logged.
  router.post('/:slug/blocked-callers', body, async (req, res) => {
    const wish = parse(blockCallerSchema, req.body);
    const tenant = await visibleTenant(ctx, req, res);
    const { blocked, isNew } = await blockCaller(ctx, tenant, wish, actorIn(req, res));
    res.status(isNew ? 201 : 200).json(blocked);
  });

  router.delete('/:slug/blocked-callers/:id', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    await unblockCaller(ctx, tenant, String(req.params.id), actorIn(req, res));
    res.status(204).end();
  });
  return router;
}
