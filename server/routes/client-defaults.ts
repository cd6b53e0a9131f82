/** What a new client gets unless its request says something else. */
import express, { Router } from 'express';
import { changeClientDefaults } from '../billing/plan/new-client.ts';
import type { Context } from '../context.ts';
import { updateClientDefaultsSchema } from '../contract.ts';
import { findClientDefaults } from '../store/client-defaults.ts';
import { actorIn } from './caller.ts';
import { parse } from './parse.ts';

export function clientDefaultsRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/', async (_req, res) => {
    res.json(await findClientDefaults(ctx.store));
  });

  router.patch('/', express.json({ limit: '64kb' }), async (req, res) => {
    const changes = parse(updateClientDefaultsSchema, req.body);
    res.json(await changeClientDefaults(ctx, changes, actorIn(req, res)));
  });

  return router;
}
