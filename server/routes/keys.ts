/** API keys of the operator and its clients. A key is shown once, when it is created. */
import express, { Router } from 'express';
import { createApiKey, revokeKey, viewApiKey } from '../access/identity/api-key.ts';
import type { Context } from '../context.ts';
import { createKeySchema, pageQuerySchema } from '../contract.ts';
import { listApiKeys } from '../store/api-keys.ts';
import { actorIn } from './caller.ts';
import { cutPage, readCursor } from './cursor.ts';
import { parse } from './parse.ts';

export function keyRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const { cursor, limit } = parse(pageQuerySchema, req.query);
    const after = readCursor(cursor);
    const rows = await listApiKeys(ctx.store, after && { createdAt: after.time, id: after.id }, limit + 1);
    const { page, nextCursor } = cutPage(rows, limit, (row) => ({ time: row.createdAt, id: row.id }));
    res.json({ keys: page.map(viewApiKey), nextCursor });
  });

  router.post('/', express.json({ limit: '16kb' }), async (req, res) => {
    const input = parse(createKeySchema, req.body);
    res.status(201).json(await createApiKey(ctx, input, actorIn(req, res)));
  });

  router.delete('/:id', async (req, res) => {
    await revokeKey(ctx, req.params.id, actorIn(req, res));
    res.status(204).end();
  });

  return router;
}
