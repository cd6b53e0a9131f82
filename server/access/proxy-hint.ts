import type { RequestHandler } from 'express';
import type { Context } from '../context.ts';

/**
 * Logs once when requests come through a proxy that is not trusted: every visitor then appears to have the proxy's
 * address, and all of them share one visitor's limits.
 */
export function proxyHint(ctx: Context): RequestHandler {
  let said = ctx.config.trustProxy !== false;
  return (req, _res, next) => {
    if (!said && req.headers['x-forwarded-for'] !== undefined) {
      said = true;
      ctx.log.warn(
        'requests carry X-Forwarded-For, but TRUST_PROXY is not set: all visitors are counted as one',
      );
    }
    next();
  };
}
