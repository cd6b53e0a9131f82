/** Changes a tenant's settings, and redirects the messages that wait for its own server. */
import type { Actor } from '../access/audit.ts';
import { changeTenant, viewSettled } from '../access/tenants/saved-tenants.ts';
import { assistantsOf } from '../access/tenants/squads.ts';
import { applyTenantChanges } from '../access/tenants/tenant-changes.ts';
import { checkChanges, checkSharing } from '../access/tenants/tenant-check.ts';
import type { SavedTenant, UpdateTenant } from '../contract.ts';
import { invalidField } from '../errors.ts';
import { removeForwardTargets } from '../store/forward-targets.ts';
import { type Tenant, updateTenant } from '../store/tenants.ts';
import { removeWirings } from '../store/wirings.ts';
import type { MeteringContext } from './metering-context.ts';
import { retargetOutbox } from './outbox.ts';
import { checkKeptOutputs } from './outcomes.ts';

export async function changeSettings(
  ctx: MeteringContext,
  tenant: Tenant,
  changes: UpdateTenant,
  by: Actor,
): Promise<SavedTenant> {
  const { checked, kinds } = await checkChanges(ctx, tenant, changes);
  const change = { ...by, action: 'tenant.update' };
  const saved = await changeTenant(ctx, tenant.slug, change, async (db, current) => {
    const next = applyTenantChanges(ctx, current, changes, kinds);
    if (current.publicKeyId !== null && next.orgId !== current.orgId)
      throw invalidField(
        'orgId',
        'revoke the public key first: the new private key cannot delete it at Vapi',
      );
    if (changes.orgId !== undefined || changes.wholeOrg !== undefined) {
      await checkSharing(db, next, ctx.now());
    }
    if (changes.results !== undefined) await checkKeptOutputs(db, next);
    await updateTenant(db, next);
    // Assistants that are no longer the tenant's may report anywhere.
    const kept = assistantsOf(next);
    const dropped = assistantsOf(current).filter((id) => !kept.includes(id));
    if (dropped.length > 0) await removeWirings(db, current.id, dropped);
    // Set for the whole tenant, it counts for each of its assistants.
    if (changes.webhookForwardUrl !== undefined) await removeForwardTargets(db, current.id);
    if (changes.webhookForwardUrl !== undefined || changes.webhookForwardHeaders !== undefined) {
      await retargetOutbox(db, current.id, ctx.now());
    }
  });
  ctx.outboxBell.ring();
  return viewSettled(ctx, saved, checked);
}
