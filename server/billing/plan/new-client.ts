/** Adds a client with the agency's default limits and plan. */
import { type Actor, recordChange } from '../../access/audit.ts';
import { createTenant } from '../../access/tenants/saved-tenants.ts';
import { dayIn } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { ClientDefaults, CreateTenant, SavedTenant, UpdateClientDefaults } from '../../contract.ts';
import { findClientDefaults, saveClientDefaults } from '../../store/client-defaults.ts';
import { findTenant } from '../../store/tenants.ts';
import { setPlan } from './plan-changes.ts';

/** @throws ApiError as `createTenant` does; a plan that cannot be set then is left to the operator */
export async function addClient(ctx: Context, input: CreateTenant, by: Actor): Promise<SavedTenant> {
  const { limits, plan } = await findClientDefaults(ctx.store);
  const saved = await createTenant(ctx, { ...input, limits: { ...limits, ...input.limits } }, by);
  if (plan === null) return saved;
  try {
    const tenant = await findTenant(ctx.store, saved.slug);
    const fromDay = dayIn(saved.timeZone, ctx.now());
    if (tenant) await setPlan(ctx, tenant, { plan, fromDay, isConfirmed: false }, by);
  } catch (error) {
    // The client exists, and its secrets are in this answer alone. That it has no plan is shown where its set-up is.
    ctx.log.warn({ err: error, tenant: saved.slug }, 'default plan not set');
  }
  return saved;
}

export async function changeClientDefaults(
  ctx: Context,
  changes: UpdateClientDefaults,
  by: Actor,
): Promise<ClientDefaults> {
  return ctx.store.transaction().execute(async (db) => {
    const before = await findClientDefaults(db);
    await saveClientDefaults(db, changes, ctx.now());
    const after = await findClientDefaults(db);
    const change = { action: 'client-defaults.update', tenant: null, before, after };
    await recordChange(db, { ...by, ...change }, ctx.now());
    return after;
  });
}
