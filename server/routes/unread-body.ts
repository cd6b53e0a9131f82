import type { RequestHandler } from 'express';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';

/**
 * A body parser in the surrounding app leaves no bytes to check a signature against, nor text for the routes' own
 * parsers. Their refusals would blame the sender, who did nothing wrong; this names the cause instead.
 */
export function unreadBody(ctx: Context): RequestHandler {
  let said = false;
  return (req, _res, next) => {
    const hasBody =
      req.headers['transfer-encoding'] !== undefined || Number(req.headers['content-length']) > 0;
    if (!hasBody || req.body === undefined) return next();
    if (!said) {
      said = true;
      ctx.log.error(
        'the surrounding app has read the body of a request: mount the router before express.json() and every other body parser',
      );
    }
    throw new ApiError('internal_error', {
      detail: 'This server’s router is mounted after a body parser; it must come first.',
    });
  };
}
