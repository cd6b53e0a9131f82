import { Router } from 'express';
import type { Context } from '../context.ts';
import { pingStore } from '../store/database.ts';
import { authenticate, operatorOnly } from './caller.ts';

/** For load balancers and monitors; tells nothing that is not theirs to know. */
export function opsRoutes(ctx: Context): Router {
  const router = Router();
  router.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get('/readyz', async (req, res) => {
    try {
      await pingStore(ctx.store);
      res.json({ status: 'ready' });
    } catch (error) {
      req.log.error({ err: error }, 'store not reachable');
      res.status(503).json({ status: 'store not reachable' });
    }
  });
  // How much an agency's clients talk and cost is the operator's business: Prometheus sends one of its keys.
  router.get('/metrics', authenticate(ctx), operatorOnly, async (_req, res) => {
    const { registry } = ctx.metrics;
    res.type(registry.contentType).send(await registry.metrics());
  });
  return router;
}
