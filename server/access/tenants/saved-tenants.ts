/** Creating and changing tenants in the store; every change is in the audit log. */
import type { Context } from '../../context.ts';
import type { CreateTenant, SavedTenant } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { forgetBlockedOrigin } from '../../store/blocked-origins.ts';
import type { Queries } from '../../store/database.ts';
import { setLeadExpiry } from '../../store/leads.ts';
import { putPendingKey } from '../../store/pending-keys.ts';
import { sweepAgain } from '../../store/sweeps.ts';
import { insertTenant, lockTenant, setTenantStatus, type Tenant, updateTenant } from '../../store/tenants.ts';
import { type Actor, recordChange } from '../audit.ts';
import { checkNewTenant, slugTaken } from './new-tenant-check.ts';
import { changesKey, notesOnSettling } from './public-key.ts';
import { slugsFrom } from './slug.ts';
import { namedIn } from './squads.ts';
import { applyTenantChanges, newTenant, viewTenant } from './tenant-changes.ts';
import { type Checked, checkSharing, notesOnSettings } from './tenant-check.ts';

/**
 * @returns the tenant, with the generated secrets: the only time they are shown
 * @throws ApiError `invalid_request` with every problem that was found; `conflict` when the slug was taken meanwhile
 */
export async function createTenant(ctx: Context, input: CreateTenant, by: Actor): Promise<SavedTenant> {
  const { checked, orgId, kinds } = await checkNewTenant(ctx, input);
  const { tenant, generated } = newTenant(ctx, { ...input, slug: '', orgId }, kinds);
  await ctx.store.transaction().execute(async (db) => {
    const slugs = input.slug === undefined ? slugsFrom(input.name) : [input.slug];
    tenant.slug = await insertAtFreeSlug(db, tenant, slugs);
    await checkSharing(db, tenant, ctx.now());
    await sweepAgain(db, tenant.orgId, ctx.now());
    const after = viewTenant(ctx, tenant);
    const change = { action: 'tenant.create', tenant: tenant.slug, before: null, after };
    await recordChange(db, { ...by, ...change }, ctx.now());
  });
  return { ...viewSaved(ctx, tenant, checked), ...generated };
}

/** The database decides: of two that are inserted at once, each gets its own slug. @throws ApiError `conflict` */
async function insertAtFreeSlug(db: Queries, tenant: Tenant, slugs: Iterable<string>): Promise<string> {
  let tried = '';
  for (const slug of slugs) {
    tried = slug;
    if (await insertTenant(db, { ...tenant, slug })) return slug;
  }
  throw slugTaken(tried);
}

/**
 * Reads, changes and writes under the tenant's row lock, so that of two concurrent changes neither is lost.
 * @param apply may return what the audit log should name beyond the settings
 * @throws ApiError `not_found`
 */
export async function changeTenant(
  ctx: Context,
  slug: string,
  by: Actor & { action: string },
  apply: (db: Queries, current: Tenant) => Promise<unknown>,
): Promise<Tenant> {
  return ctx.store.transaction().execute(async (db) => {
    const current = await lockTenant(db, slug);
    if (!current) throw new ApiError('not_found');
    const named = await apply(db, current);
    const next = (await lockTenant(db, slug)) as Tenant;
    if (changesKey(current, next)) await putPendingKey(db, next.id, ctx.now());
    const keepDays = next.leads?.keepDays;
    if (keepDays !== undefined && keepDays !== current.leads?.keepDays)
      await setLeadExpiry(db, next.id, keepDays);
    if (changesCalls(current, next)) await sweepAgain(db, next.orgId, ctx.now());
    const after = { ...viewTenant(ctx, next), ...(named as object | undefined) };
    await recordChange(db, { ...by, tenant: slug, before: viewTenant(ctx, current), after }, ctx.now());
    return next;
  });
}

/** Whether other calls are the tenant's, or are read with another key. */
function changesCalls(before: Tenant, after: Tenant): boolean {
  const parts = ({ orgId, wholeOrg, privateKeySealed, squads, ...named }: Tenant) =>
    JSON.stringify([orgId, wholeOrg, privateKeySealed, squads, namedIn(named)]);
  return parts(before) !== parts(after);
}

const statusAfter = { 'tenant.pause': 'paused', 'tenant.resume': 'active' } as const;

export function setStatus(
  ctx: Context,
  slug: string,
  by: Actor & { action: keyof typeof statusAfter },
): Promise<Tenant> {
  return changeTenant(ctx, slug, by, (db, { id }) =>
    setTenantStatus(db, id, statusAfter[by.action], ctx.now()),
  );
}

export function allowOrigin(ctx: Context, slug: string, origin: string, by: Actor): Promise<Tenant> {
  return changeTenant(ctx, slug, { ...by, action: 'tenant.allow-origin' }, async (db, current) => {
    const allowedOrigins = [...current.allowedOrigins, origin];
    await updateTenant(db, applyTenantChanges(ctx, current, { allowedOrigins }));
    await forgetBlockedOrigin(db, current.id, origin);
  });
}

export function viewSaved(
  ctx: Context,
  tenant: Tenant,
  checked: Partial<Checked>,
  moreNotes: string[] = [],
): SavedTenant {
  const notes = [...notesOnSettings(tenant), ...moreNotes];
  return { ...viewTenant(ctx, tenant), ...checked, ...(notes.length > 0 ? { notes } : {}) };
}

/** Also brings the tenant's public key at Vapi in line with what was saved. */
export async function viewSettled(
  ctx: Context,
  tenant: Tenant,
  checked: Partial<Checked>,
): Promise<SavedTenant> {
  return viewSaved(ctx, tenant, checked, await notesOnSettling(ctx, tenant));
}
