import type { RequestHandler } from 'express';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';

/**
 * A parser of the app around the router leaves no bytes whose signature could be checked, nor text for the routes'
 * own parsers. Their refusals would name the sender, who has done nothing wrong; so this names the cause.
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
        'the app around the router has read the body of a request: mount the router before express.json() and every other body parser',
      );
    }
    throw new ApiError('internal_error', {
      detail: 'This server’s router is mounted behind a body parser; it has to come before.',
    });
  };
}
