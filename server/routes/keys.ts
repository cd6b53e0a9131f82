/** API keys of the operator and its clients. A key is shown once, when it is created. */
import express, { Router } from 'express';
import { createApiKey, revokeKey, viewApiKey } from '../access/identity/api-key.ts';
import type { Context } from '../context.ts';
import { createKeySchema, pageQuerySchema } from '../contract.ts';
import { listApiKeys } from '../store/api-keys.ts';
import { actorIn } from './caller.ts';
import { readPage } from './cursor.ts';
import { parse } from './parse.ts';

export function keyRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/', async (req, res) => {
    const query = parse(pageQuerySchema, req.query);
    const { page, nextCursor } = await readPage(query, 'createdAt', (after, limit) =>
      listApiKeys(ctx.store, after, limit),
    );
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
