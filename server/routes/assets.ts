/** The element's files, for every page of the world: cross-origin, compressed at build time, cached by their names. */
import express, { type RequestHandler } from 'express';
import expressStaticGzip from 'express-static-gzip';

/** @param folder what `npm run build` wrote for the widget */
export function widgetAssets(folder: string): RequestHandler {
  return expressStaticGzip(folder, {
    enableBrotli: true,
    orderPreference: ['br', 'gz'],
    index: false,
    serveStatic: {
      setHeaders(res, path) {
        res.setHeader('Access-Control-Allow-Origin', '*');
        res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
        res.setHeader('Timing-Allow-Origin', '*');
        // A chunk's name holds its hash; the entries keep their names, so browsers must ask again soon.
        const immutable = /[\\/]chunks[\\/]/.test(path);
        res.setHeader(
          'Cache-Control',
          immutable
            ? 'public, max-age=31536000, immutable'
            : 'public, max-age=300, stale-while-revalidate=86400',
        );
      },
    },
  });
}

/**
 * What a webmaster installs, such as `vapi-agent.zip`: the same for everybody and without a secret, so anybody may have it.
 * @param folder what `npm run build` wrote for installs
 */
export function installFiles(folder: string): RequestHandler {
  return express.static(folder, {
    index: false,
    redirect: false,
    setHeaders(res) {
      res.setHeader('Cache-Control', 'public, max-age=300');
      res.setHeader('Content-Disposition', 'attachment');
    },
  });
}
