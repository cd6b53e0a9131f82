import type { RequestHandler } from 'express';
import { safeEqual } from '../access/safe-equal.ts';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';

/** Lets only `Authorization: Bearer <operator key>` through. */
export function requireOperator(ctx: Context): RequestHandler {
  return (req, res, next) => {
    const key = /^Bearer (\S+)$/i.exec(req.headers.authorization ?? '')?.[1];
    if (!key || !safeEqual(key, ctx.operatorApiKey)) throw new ApiError('unauthorized');
    res.set('Cache-Control', 'no-store');
    next();
  };
}
