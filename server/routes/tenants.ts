/** The operator's tenants. Secrets go in and never come out. Every change is in the audit log. */

import express, { type Request, type Response, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import { recordChange } from '../access/audit.ts';
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { endLiveCalls } from '../access/start/end-call.ts';
import { applyTenantChanges, newTenant, viewTenant } from '../access/tenants/tenant-changes.ts';
import { checkSharing, checkTenant, notesOnSettings } from '../access/tenants/tenant-check.ts';
import { iso } from '../base/iso.ts';
import { endPlans } from '../billing/plan/plan-changes.ts';
import {
  allowOriginSchema,
  type BlockedOriginView,
  createTenantSchema,
  type SavedTenant,
  tenantsQuerySchema,
  type UpdateTenant,
  updateTenantSchema,
} from '../contract.ts';
import { ApiError } from '../errors.ts';
import type { MeteringContext } from '../metering/metering-context.ts';
import { retargetOutbox } from '../metering/outbox.ts';
import { firstRetryMs, unwireTenant } from '../metering/unwiring.ts';
import { forgetBlockedOrigin, listBlockedOrigins } from '../store/blocked-origins.ts';
import type { Queries } from '../store/database.ts';
import { removeForwardTargets } from '../store/forward-targets.ts';
import { endSignIns } from '../store/sign-ins.ts';
import {
  deleteTenant,
  insertTenant,
  listTenants,
  lockTenant,
  setTenantStatus,
  type Tenant,
  updateTenant,
} from '../store/tenants.ts';
import { insertUnwiring } from '../store/unwirings.ts';
import { callerIn, visibleTenant } from './caller.ts';
import { parse } from './parse.ts';

export function tenantRoutes(ctx: AccessContext & MeteringContext): Router {
  const router = Router();
  const body = express.json({ limit: '64kb' });
  const view = (tenant: Tenant) => viewTenant(ctx, tenant);
  const notesOf = (tenant: Tenant): Pick<SavedTenant, 'notes'> => {
    const notes = notesOnSettings(tenant);
    return notes.length > 0 ? { notes } : {};
  };

  router.get('/', async (req, res) => {
    const { cursor, limit } = parse(tenantsQuerySchema, req.query);
    const tenants = await listTenants(ctx.store, cursor ?? null, limit + 1);
    const page = tenants.slice(0, limit);
    const nextCursor = tenants.length > limit ? (page.at(-1)?.slug ?? null) : null;
    res.json({ tenants: page.map(view), nextCursor });
  });

  router.post('/', body, async (req, res) => {
    const input = parse(createTenantSchema, req.body);
    const { checked, orgId } = await checkTenant(ctx, {
      ...input,
      orgId: input.orgId,
      assistantIds: input.assistantIds ?? [],
    });
    const { tenant, generated } = newTenant(ctx, { ...input, orgId });
    await ctx.store.transaction().execute(async (db) => {
      if (!(await insertTenant(db, tenant))) {
        throw new ApiError('conflict', { detail: `A tenant "${tenant.slug}" exists already.` });
      }
      await checkSharing(db, tenant, ctx.now());
      await audit(db, req, res, 'tenant.create', tenant.slug, null, view(tenant));
    });
    // The one time that generated secrets are shown: the operator has to give them to Vapi and to its own server.
    res
      .status(201)
      .location(`/v1/tenants/${tenant.slug}`)
      .json({ ...view(tenant), ...generated, ...checked, ...notesOf(tenant) } satisfies SavedTenant);
  });

  router.get('/:slug', async (req, res) => {
    res.json(view(await visibleTenant(ctx, req, res)));
  });

  router.patch('/:slug', body, async (req, res) => {
    const changes = parse(updateTenantSchema, req.body);
    const checked = await checkChanges(await visibleTenant(ctx, req, res), changes);
    const tenant = await change(req, res, 'tenant.update', async (db, current) => {
      const next = applyTenantChanges(ctx, current, changes);
      if (changes.orgId !== undefined || changes.wholeOrg !== undefined) {
        await checkSharing(db, next, ctx.now());
      }
      await updateTenant(db, next);
      // Said for the whole tenant, it counts for each of its assistants.
      if (changes.webhookForwardUrl !== undefined) {
        await removeForwardTargets(db, current.id);
        await retargetOutbox(db, current.id, ctx.now());
      }
    });
    ctx.outboxBell.ring();
    res.json({ ...view(tenant), ...checked, ...notesOf(tenant) } satisfies SavedTenant);
  });

  /** Only what Vapi has to know about is checked, so that a tenant can be edited while Vapi is down. */
  async function checkChanges(
    tenant: Tenant,
    changes: UpdateTenant,
  ): Promise<Pick<SavedTenant, 'vapiCheck' | 'clockBehindSeconds'>> {
    const { privateKey, orgId, assistantId, assistantIds } = changes;
    if ([privateKey, orgId, assistantId, assistantIds].every((value) => value === undefined)) return {};
    const { checked } = await checkTenant(ctx, {
      privateKey: privateKey ?? openTenantSecret(ctx.box, tenant, 'privateKey'),
      orgId: orgId ?? tenant.orgId,
      assistantId: assistantId ?? tenant.assistantId,
      assistantIds: assistantIds ?? tenant.assistantIds,
    });
    return checked;
  }

  /**
   * Its billing ends with today; what is not billed yet is billed by the next close. Its assistants are given back first,
   * so that its own server misses nothing; those that Vapi does not change now are tried again.
   */
  router.delete('/:slug', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    const { assistants, failure } = await unwireTenant(ctx, tenant, true);
    if (failure !== null)
      req.log.warn({ err: failure, tenant: tenant.slug }, 'assistants not given back yet');
    await ctx.store.transaction().execute(async (db) => {
      await endPlans(db, tenant, ctx.now());
      await deleteTenant(db, tenant.id, ctx.now());
      if (failure !== null) await insertUnwiring(db, tenant.id, ctx.now() + firstRetryMs);
      await endSignIns(db, tenant.id);
      if (assistants.length > 0) {
        await audit(db, req, res, 'tenant.unwire', tenant.slug, null, { assistants });
      }
      await audit(db, req, res, 'tenant.delete', tenant.slug, view(tenant), null);
    });
    await endLiveCalls(ctx, tenant.id);
    res.status(204).end();
  });

  /** Refuses new sessions and calls from now on, makes worthless what was issued, and ends the calls in progress. */
  router.post('/:slug/pause', async (req, res) => {
    const tenant = await change(req, res, 'tenant.pause', (db, current) =>
      setTenantStatus(db, current.id, 'paused', ctx.now()),
    );
    res.json({ ...view(tenant), calls: await endLiveCalls(ctx, tenant.id) });
  });

  router.post('/:slug/resume', async (req, res) => {
    const tenant = await change(req, res, 'tenant.resume', (db, current) =>
      setTenantStatus(db, current.id, 'active', ctx.now()),
    );
    res.json(view(tenant));
  });

  router.get('/:slug/blocked-origins', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    await ctx.refusals.flush();
    const rows = await listBlockedOrigins(ctx.store, tenant.id);
    const blockedOrigins: BlockedOriginView[] = rows.map(({ origin, count, firstSeenAt, lastSeenAt }) => ({
      origin,
      count,
      firstSeen: iso(firstSeenAt),
      lastSeen: iso(lastSeenAt),
    }));
    res.json({ blockedOrigins });
  });

  router.post('/:slug/allowed-origins', body, async (req, res) => {
    const { origin } = parse(allowOriginSchema, req.body);
    // Else what is noted of it would be written down after it has been forgotten.
    await ctx.refusals.flush();
    const tenant = await change(req, res, 'tenant.allow-origin', async (db, current) => {
      const allowedOrigins = [...current.allowedOrigins, origin];
      await updateTenant(db, applyTenantChanges(ctx, current, { allowedOrigins }));
      await forgetBlockedOrigin(db, current.id, origin);
    });
    res.json(view(tenant));
  });

  /** Reads, changes and writes under the tenant's row lock, so that two changes at once both remain. */
  async function change(
    req: Request,
    res: Response,
    action: string,
    apply: (db: Queries, current: Tenant) => Promise<void>,
  ): Promise<Tenant> {
    return ctx.store.transaction().execute(async (db) => {
      const slug = String(req.params.slug);
      const current = await lockTenant(db, slug);
      if (!current) throw new ApiError('not_found');
      await apply(db, current);
      const next = (await lockTenant(db, slug)) as Tenant;
      await audit(db, req, res, action, slug, view(current), view(next));
      return next;
    });
  }

  function audit(
    db: Queries,
    req: Request,
    res: Response,
    action: string,
    tenant: string,
    before: object | null,
    after: object | null,
  ): Promise<void> {
    const { actor } = callerIn(res);
    return recordChange(db, { actor, action, tenant, before, after, requestId: String(req.id) }, ctx.now());
  }

  return router;
}
