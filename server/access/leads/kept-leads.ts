/** Leads as the people who work on them read, change and delete them. */
import type { Context } from '../../context.ts';
import type { ChangeLead, LeadView } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { changeLead, deleteLead, findLead } from '../../store/leads.ts';
import type { Tenant } from '../../store/tenants.ts';
import { type Actor, recordChange } from '../audit.ts';
import { sealNote, viewLead } from '../secrets/lead-content.ts';

/** @throws ApiError `not_found` */
export async function updateLead(
  ctx: Context,
  tenant: Tenant,
  id: string,
  { state, note }: ChangeLead,
  by: Actor,
): Promise<LeadView> {
  const changes = {
    ...(state === undefined ? {} : { state }),
    ...(note === undefined ? {} : { noteSealed: note ? sealNote(ctx, tenant.id, id, note) : null }),
  };
  return ctx.store.transaction().execute(async (db) => {
    const before = await findLead(db, tenant.id, id);
    const row =
      before && Object.keys(changes).length > 0 ? await changeLead(db, tenant.id, id, changes) : before;
    if (!before || !row) throw new ApiError('not_found');
    // What is written about a person stays with the lead, and is deleted with it.
    const change = {
      action: 'lead.update',
      tenant: tenant.slug,
      before: { lead: id, state: before.state },
      after: { lead: id, state: row.state, note: note === undefined ? 'unchanged' : 'changed' },
    };
    await recordChange(db, { ...by, ...change }, ctx.now());
    return viewLead(ctx, row);
  });
}

/** @throws ApiError `not_found` */
export async function removeLead(ctx: Context, tenant: Tenant, id: string, by: Actor): Promise<void> {
  if ((await removeLeads(ctx, tenant, [id], by)).length === 0) throw new ApiError('not_found');
}

/** @returns the ids of those that were there */
export async function removeLeads(ctx: Context, tenant: Tenant, ids: string[], by: Actor): Promise<string[]> {
  return ctx.store.transaction().execute(async (db) => {
    const leads: string[] = [];
    for (const id of ids) if (await deleteLead(db, tenant.id, id)) leads.push(id);
    if (leads.length > 0) {
      const change = { action: 'lead.delete', tenant: tenant.slug, before: { leads }, after: null };
      await recordChange(db, { ...by, ...change }, ctx.now());
    }
    return leads;
  });
}
