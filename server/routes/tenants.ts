/** The operator's tenants. Secrets go in and never come out. */
import express, { Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { endLiveCalls } from '../access/start/end-call.ts';
import { makeTalkLink } from '../access/start/talk.ts';
import { makeIdentityKey, removeIdentityKey, viewIdentityKey } from '../access/tenants/identity-key.ts';
import { lookAtVapi } from '../access/tenants/look.ts';
import { refuseNewTenant } from '../access/tenants/new-tenant-check.ts';
import { allowOrigin, setStatus, viewSettled } from '../access/tenants/saved-tenants.ts';
import { viewTenant } from '../access/tenants/tenant-changes.ts';
import { makeVapiKey, revokeVapiKey } from '../access/tenants/vapi-key.ts';
import { iso } from '../base/iso.ts';
import { addClient } from '../billing/plan/new-client.ts';
import { setupOf } from '../billing/plan/setup.ts';
import { removeTenant } from '../billing/plan/tenant-deletion.ts';
import {
  allowOriginSchema,
  type BlockedOriginView,
  type CreateTenant,
  createTenantSchema,
  makeIdentityKeySchema,
  type TalkLink,
  tenantsQuerySchema,
  updateTenantSchema,
} from '../contract.ts';
import { ApiError } from '../errors.ts';
import type { MeteringContext } from '../metering/metering-context.ts';
import { changeSettings } from '../metering/tenant-update.ts';
import { listBlockedOrigins } from '../store/blocked-origins.ts';
import { listTenants, type Tenant } from '../store/tenants.ts';
import { actorIn, visibleTenant } from './caller.ts';
import { parse } from './parse.ts';

export function tenantRoutes(ctx: AccessContext & MeteringContext): Router {
  const router = Router();
  const body = express.json({ limit: '64kb' });
  const view = (tenant: Tenant) => viewTenant(ctx, tenant);
  const parseNewTenant = async (body: unknown): Promise<CreateTenant> => {
    try {
      return parse(createTenantSchema, body);
    } catch (error) {
      if (error instanceof ApiError) await refuseNewTenant(ctx, body, error);
      throw error;
    }
  };

  router.get('/', async (req, res) => {
    const { cursor, limit } = parse(tenantsQuerySchema, req.query);
    const tenants = await listTenants(ctx.store, cursor ?? null, limit + 1);
    const page = tenants.slice(0, limit);
    const nextCursor = tenants.length > limit ? (page.at(-1)?.slug ?? null) : null;
    res.json({ tenants: page.map(view), nextCursor });
  });

  router.post('/', body, async (req, res) => {
    const input = await parseNewTenant(req.body);
    const tenant = await addClient(ctx, input, actorIn(req, res));
    res.status(201).location(`/v1/tenants/${tenant.slug}`).json(tenant);
  });

  router.get('/:slug', async (req, res) => {
    res.json(view(await visibleTenant(ctx, req, res)));
  });

  router.patch('/:slug', body, async (req, res) => {
    const changes = parse(updateTenantSchema, req.body);
    const tenant = await visibleTenant(ctx, req, res);
    res.json(await changeSettings(ctx, tenant, changes, actorIn(req, res)));
  });

  router.delete('/:slug', async (req, res) => {
    await removeTenant(ctx, await visibleTenant(ctx, req, res), actorIn(req, res));
    res.status(204).end();
  });

  /** Refuses new sessions and calls, invalidates what was issued, and ends the calls in progress. */
  router.post('/:slug/pause', async (req, res) => {
    const tenant = await setStatus(ctx, req.params.slug, { ...actorIn(req, res), action: 'tenant.pause' });
    res.json({ ...view(tenant), calls: await endLiveCalls(ctx, tenant.id) });
  });

  router.post('/:slug/resume', async (req, res) => {
    const by = { ...actorIn(req, res), action: 'tenant.resume' as const };
    res.json(view(await setStatus(ctx, req.params.slug, by)));
  });

  router.get('/:slug/setup', async (req, res) => {
    res.json(await setupOf(ctx, await visibleTenant(ctx, req, res)));
  });

  router.post('/:slug/talk', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    const { url, expiresAt } = await makeTalkLink(ctx, tenant, actorIn(req, res));
    res.status(201).json({ url, expiresAt: iso(expiresAt) } satisfies TalkLink);
  });

  router.get('/:slug/vapi', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    res.json(await lookAtVapi(ctx, openTenantSecret(ctx.box, tenant, 'privateKey')));
  });

  router.post('/:slug/vapi-key', async (req, res) => {
    res.json(await makeVapiKey(ctx, await visibleTenant(ctx, req, res), actorIn(req, res)));
  });

  router.delete('/:slug/vapi-key', async (req, res) => {
    res.json(await revokeVapiKey(ctx, await visibleTenant(ctx, req, res), actorIn(req, res)));
  });

  router.get('/:slug/identity-key', async (req, res) => {
    res.json(await viewIdentityKey(ctx, await visibleTenant(ctx, req, res)));
  });

  router.post('/:slug/identity-key', body, async (req, res) => {
    const { overlapSeconds } = parse(makeIdentityKeySchema, req.body ?? {});
    const tenant = await visibleTenant(ctx, req, res);
    res.status(201).json(await makeIdentityKey(ctx, tenant, overlapSeconds, actorIn(req, res)));
  });

  router.delete('/:slug/identity-key', async (req, res) => {
    await removeIdentityKey(ctx, await visibleTenant(ctx, req, res), actorIn(req, res));
    res.status(204).end();
  });

  router.get('/:slug/blocked-origins', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    await ctx.refusals.flush();
    const rows = await listBlockedOrigins(ctx.store, tenant.id);
    const blockedOrigins: BlockedOriginView[] = rows.map(({ origin, count, firstSeenAt, lastSeenAt }) => ({
      ...{ origin, count },
      firstSeen: iso(firstSeenAt),
      lastSeen: iso(lastSeenAt),
    }));
    res.json({ blockedOrigins });
  });

  router.post('/:slug/allowed-origins', body, async (req, res) => {
    const { origin } = parse(allowOriginSchema, req.body);
    // Otherwise the refusals still in memory would be written after the origin has been forgotten.
    await ctx.refusals.flush();
    const tenant = await allowOrigin(ctx, String(req.params.slug), origin, actorIn(req, res));
    res.json(await viewSettled(ctx, tenant, {}));
  });

  return router;
}
