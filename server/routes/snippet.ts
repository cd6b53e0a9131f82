/** The HTML for a tenant's pages, for the operator and for the client itself. */
import { Router } from 'express';
import { isOriginAllowed } from '../access/tenants/allowed-origins.ts';
import { siteAssistantsOf } from '../access/tenants/site-assistants.ts';
import type { Context } from '../context.ts';
import { type SnippetView, snippetQuerySchema } from '../contract.ts';
import { invalidField } from '../errors.ts';
import { launcherLabels } from '../launcher-labels.ts';
import { noteOnOrigins, snippetFor } from '../snippets.ts';
import type { Tenant } from '../store/tenants.ts';
import { visibleTenant } from './caller.ts';
import { parse } from './parse.ts';

export function snippetRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/:slug/snippet', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    const { platform, lang, assistant, origin: asked } = parse(snippetQuerySchema, req.query);
    const { snippet, where, notes } = snippetFor({
      platform,
      server: ctx.config.publicUrl,
      tenant: tenant.slug,
      mode: tenant.modes[0] ?? 'voice',
      appearance: tenant.appearance,
      label: tenant.texts.launcher ?? (lang ? launcherLabels[lang] : null),
      rejoinCalls: tenant.rejoinCalls,
      assistant: assistant === undefined ? null : further(tenant, assistant),
    });
    const origin = asked === undefined ? null : checked(asked, tenant.allowedOrigins);
    notes.push(...noteOnOrigins(tenant.allowedOrigins, origin !== null));
    const view: SnippetView = { platform, snippet, where, notes, origin };
    if (req.accepts(['json', 'text']) !== 'text') {
      res.json(view);
      return;
    }
    if (origin) res.set('X-Origin-Allowed', String(origin.allowed));
    res.type('text/plain').send(`${snippet}\n`);
  });

  return router;
}

/**
 * @returns null for the main assistant, which needs no name
 * @throws ApiError `invalid_request`
 */
function further(tenant: Tenant, assistant: string): string | null {
  if (!siteAssistantsOf(tenant).includes(assistant))
    throw invalidField('assistant', 'the website may not use it: add it to `siteAssistantIds`');
  return assistant === tenant.assistantId ? null : assistant;
}

/**
 * Accepts a page's address for its origin, because that is what people paste.
 * @throws ApiError `invalid_request`
 */
function checked(address: string, allowed: readonly string[]): { origin: string; allowed: boolean } {
  const url = URL.parse(address);
  if (!url || !/^https?:$/.test(url.protocol)) {
    throw invalidField('origin', 'use the form https://host');
  }
  return { origin: url.origin, allowed: isOriginAllowed(allowed, url.origin) };
}
