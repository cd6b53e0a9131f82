/** The portal's page and files. Its data comes from `/v1`, with the cookie of the sign-in. */
import { type RequestHandler, Router } from 'express';
import expressStaticGzip from 'express-static-gzip';
import type { Config } from '../config.ts';
import type { Context } from '../context.ts';

/** Logos may come from any https host, a call's page from its own; everything else only from here. */
const policy = ({ talkUrl }: Config): string =>
  [
    "default-src 'none'",
    "script-src 'self'",
    "style-src 'self'",
    "connect-src 'self'",
    "media-src 'self'",
    "img-src 'self' https: data:",
    "form-action 'self'",
    "base-uri 'none'",
    "frame-ancestors 'none'",
    `frame-src ${talkUrl ? new URL(talkUrl).origin : "'none'"}`,
  ].join('; ');

/** The server's own address leads to its portal. Relative: below a mount path and behind a proxy too. */
export const toPortal: RequestHandler = (req, res, next) => {
  if (req.path !== '/' || !/^(GET|HEAD)$/.test(req.method)) return next();
  const [path = ''] = req.originalUrl.split('?', 1);
  res.redirect(302, `${path.slice(path.lastIndexOf('/') + 1)}/portal/`.replace(/^\//, ''));
};

/** @param folder what `npm run build` wrote for the portal */
export function portalAssets(ctx: Context, folder: string): Router {
  const router = Router();
  router.use((req, res, next) => {
    // The page names its files relative to itself, so the address must end with the slash.
    const [path = '', query] = req.originalUrl.split('?', 2);
    if (req.path !== '/' || path.endsWith('/')) next();
    else res.redirect(308, `${path.slice(path.lastIndexOf('/') + 1)}/${query ? `?${query}` : ''}`);
  });
  router.use(
    expressStaticGzip(folder, {
      enableBrotli: true,
      orderPreference: ['br', 'gz'],
      serveStatic: {
        redirect: false,
        setHeaders(res, path) {
          res.setHeader('Content-Security-Policy', policy(ctx.config));
          const immutable = /[\\/]assets[\\/]/.test(path);
          res.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
      },
    }),
  );
  return router;
}
