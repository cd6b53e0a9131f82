import { Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import type { Lifecycle } from '../base/lifecycle.ts';
import { shared } from '../base/shared.ts';
import { StoreUnavailable } from '../base/store-unavailable.ts';
import { proveWritable } from '../store/leases.ts';
import { authenticate } from './caller.ts';

/** For load balancers; reveals nothing beyond its purpose. */
export function healthRoutes(ctx: AccessContext & { lifecycle: Lifecycle }): Router {
  const router = Router();
  // Anyone may ask, and each check is a write: concurrent requests share one.
  const writable = shared(() => proveWritable(ctx.store, ctx.now()));
  router.get('/healthz', (_req, res) => {
    res.json({ status: 'ok' });
  });
  router.get('/readyz', async (_req, res) => {
    if (ctx.lifecycle.stopping) {
      res.status(503).json({ status: 'stopping' });
      return;
    }
    try {
      await writable();
      res.json({ status: 'ready' });
    } catch (error) {
      if (!(error instanceof StoreUnavailable))
        ctx.log.error({ err: error }, 'readiness could not be determined');
      res.status(503).set('Retry-After', '5').json({ status: 'database not writable' });
    }
  });
  return router;
}

/** For monitors. */
export function opsRoutes(ctx: AccessContext): Router {
  const router = Router();
  // The clients' usage and cost are the operator's business: Prometheus sends one of its keys.
  router.get('/metrics', authenticate(ctx), async (_req, res) => {
    const { registry } = ctx.metrics;
    res.type(registry.contentType).send(await registry.metrics());
  });
  return router;
}
