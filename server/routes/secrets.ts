/** Ends a rotation of `SECRET_KEY`. */
import { Router } from 'express';
import { recordChange } from '../access/audit.ts';
import { resealSecrets } from '../access/secrets/reseal.ts';
import type { Context } from '../context.ts';
import { actorIn } from './caller.ts';

export function secretRoutes(ctx: Context): Router {
  const router = Router();
  router.post('/reseal', async (req, res) => {
    const resealed = await resealSecrets(ctx);
    const change = { action: 'secrets.reseal', tenant: null, before: null, after: { resealed } };
    await recordChange(ctx.store, { ...actorIn(req, res), ...change }, ctx.now());
    res.json({ resealed });
  });
  return router;
}
