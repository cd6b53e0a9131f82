/** The element's files, for pages anywhere: cross-origin, compressed at build time, cached by name. */
import { globSync } from 'node:fs';
import { join } from 'node:path';
import express, { type RequestHandler, Router } from 'express';
import expressStaticGzip from 'express-static-gzip';

/** A chunk that the launcher itself names, from any build. */
const launchersChunk = /^(mount|vapi-call|eager)-[\w-]{6,8}\.js$/;

/** @param folder what `npm run build` wrote for the widget */
export function widgetAssets(folder: string): Router {
  const router = Router();
  router.use(builtFiles(folder));
  router.use('/chunks', chunksOfOtherBuilds(join(folder, 'chunks')));
  return router;
}

function builtFiles(folder: string): RequestHandler {
  return expressStaticGzip(folder, {
    enableBrotli: true,
    orderPreference: ['br', 'gz'],
    index: false,
    serveStatic: {
      setHeaders(res, path) {
        res.setHeader('Access-Control-Allow-Origin', '*');
        res.setHeader('Cross-Origin-Resource-Policy', 'cross-origin');
        res.setHeader('Timing-Allow-Origin', '*');
        // A chunk's name contains its hash; entries keep their names, so browsers must revalidate soon.
        const immutable = /[\\/]chunks[\\/]|[\\/]headless[\\/].+-[\w-]{6}\.js/.test(path);
        res.setHeader(
          'Cache-Control',
          immutable
            ? 'public, max-age=31536000, immutable'
            : 'public, max-age=300, stale-while-revalidate=60',
        );
      },
    },
  });
}

/**
 * For some minutes after an upgrade browsers still have the previous build's launcher, and while several processes are
 * being restarted it may reach either build: its requests are answered with this build's chunk of that name. The chunk
 * and the launcher share only `mount()` and `loadCall`, which must stay compatible from one release to the next.
 */
function chunksOfOtherBuilds(folder: string): RequestHandler {
  const present = globSync('*.js', { cwd: folder });
  const current = new Map(present.map((name) => [launchersChunk.exec(name)?.[1], name]));
  return (req, res, next) => {
    const [, kind] = launchersChunk.exec(req.path.slice(1)) ?? [];
    const name = kind && current.get(kind);
    if (!name || (req.method !== 'GET' && req.method !== 'HEAD')) return next();
    res.set({
      'Access-Control-Allow-Origin': '*',
      'Cross-Origin-Resource-Policy': 'cross-origin',
      'Cache-Control': 'no-store',
    });
    res.redirect(302, name);
  };
}

/**
 * What a webmaster installs, such as `vapi-agent.zip`: the same for everyone and without secrets, so it is public.
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
