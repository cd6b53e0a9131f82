/** The host of `TALK_URL`: the page of "Talk to it now", what its call needs, and nothing of the portal or the API. */
import { type RequestHandler, Router } from 'express';
import { isTalkHost } from '../access/start/talk.ts';
import { talkPage } from '../access/start/talk-page.ts';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';

/** @param served what that host has; everything else is not found there */
export function onTalkHost(ctx: Context, ...served: RequestHandler[]): RequestHandler {
  const router = Router();
  router.use(...served, () => {
    const detail = `Only the page of “Talk to it now” is here; this server is at ${ctx.config.publicUrl}.`;
    throw new ApiError('not_found', { detail });
  });
  return (req, res, next) => (isTalkHost(ctx.config, req) ? router(req, res, next) : next());
}

export function talkPages(ctx: Context): Router {
  const router = Router();
  router.get('/talk', (_req, res) => {
    const { html, policy } = talkPage(ctx.config);
    res.set({
      'Content-Security-Policy': policy,
      'Cache-Control': 'no-store',
      'X-Robots-Tag': 'noindex',
      'Referrer-Policy': 'no-referrer',
    });
    // It knows no exceptions; the policy does.
    res.removeHeader('X-Frame-Options');
    res.type('html').send(html);
  });
  return router;
}
