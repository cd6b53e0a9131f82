/** What a client may change about its own agent, as far as its switches allow. */
import express, { type Request, type Response, Router } from 'express';
import { changeOwnSettings, ownSettingsOf } from '../access/tenants/own-settings.ts';
import type { Context } from '../context.ts';
import { changeOwnSettingsSchema, hiddenFields, type OwnSettings } from '../contract.ts';
import { actorIn, visibleTenant } from './caller.ts';
import { accessIn } from './client-access.ts';
import { parse } from './parse.ts';

export function ownSettingsRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/:slug/own-settings', async (req, res) => {
    send(res, ownSettingsOf(await visibleTenant(ctx, req, res)));
  });

  router.patch('/:slug/own-settings', express.json({ limit: '64kb' }), async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    // A field that the client does not see is, for it, not a field.
    const hidden = hiddenFields('PATCH /v1/tenants/{slug}/own-settings', accessIn(res));
    const mask = Object.fromEntries(hidden.map((field) => [field, true])) as Record<string, never>;
    const changes = parse(changeOwnSettingsSchema.omit(mask), req.body);
    send(res, await changeOwnSettings(ctx, tenant.slug, changes, versionIn(req), actorIn(req, res)));
  });

  return router;
}

function send(res: Response, settings: OwnSettings): void {
  res.set('ETag', `"${settings.version}"`).json(settings);
}

/** `If-Match: "…"`; null without it, and for `*`. What cannot be a version is none. */
function versionIn(req: Request): string | null {
  const header = req.get('if-match')?.trim();
  if (header === undefined || header === '*') return null;
  return /^(?:W\/)?"([\w-]{1,64})"$/.exec(header)?.[1] ?? 'none';
}
