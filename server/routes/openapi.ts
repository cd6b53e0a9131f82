/** The contract of this API, for programs and tools; every page may read it. */
import { Router } from 'express';
import type { Context } from '../context.ts';
import { openApiDocument } from '../openapi/document.ts';

export function openApiRoutes(ctx: Context): Router {
  const router = Router();
  let text: string | null = null;
  router.get('/openapi.json', (_req, res) => {
    text ??= JSON.stringify(openApiDocument(ctx.config.publicUrl));
    res.set('Access-Control-Allow-Origin', '*').set('Cache-Control', 'public, max-age=300');
    res.type('application/json').send(text);
  });
  return router;
}
