/** What a private key opens at Vapi; the key is neither stored nor answered. */
import express, { Router } from 'express';
import { lookAtVapi } from '../access/tenants/look.ts';
import type { Context } from '../context.ts';
import { vapiLookSchema } from '../contract.ts';
import { parse } from './parse.ts';

export function vapiLookRoutes(ctx: Context): Router {
  const router = Router();
  router.post('/look', express.json({ limit: '16kb' }), async (req, res) => {
    res.json(await lookAtVapi(ctx, parse(vapiLookSchema, req.body).privateKey));
  });
  return router;
}
