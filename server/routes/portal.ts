/** The portal's page and files. Its data comes from `/v1`, with the cookie of the sign-in. */
import { Router } from 'express';
import expressStaticGzip from 'express-static-gzip';

/** Logos may come from any https host; everything else only from here. */
const policy = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  "media-src 'self'",
  "img-src 'self' https: data:",
  "form-action 'self'",
  "base-uri 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** @param folder what `npm run build` wrote for the portal */
export function portalAssets(folder: string): Router {
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
          res.setHeader('Content-Security-Policy', policy);
          const immutable = /[\\/]assets[\\/]/.test(path);
          res.setHeader('Cache-Control', immutable ? 'public, max-age=31536000, immutable' : 'no-cache');
        },
      },
    }),
  );
  return router;
}
