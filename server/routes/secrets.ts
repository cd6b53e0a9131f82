/** Ends a rotation of `SECRET_KEY`. */
import { Router } from 'express';
import { resealSecrets } from '../access/secrets/reseal.ts';
import type { Context } from '../context.ts';
import { actorIn } from './caller.ts';

export function secretRoutes(ctx: Context): Router {
  const router = Router();
  router.post('/reseal', async (req, res) => {
    res.json({ resealed: await resealSecrets(ctx, actorIn(req, res)) });
  });
  return router;
}
