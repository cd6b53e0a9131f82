/** Deleting a tenant: its settings, people and permissions go, its calls, usage and invoices stay. */
import { type Actor, recordChange } from '../../access/audit.ts';
import { endLiveCalls } from '../../access/start/end-call.ts';
import { giveBackPhoneNumbers } from '../../access/tenants/phone-numbers.ts';
import { settleKey } from '../../access/tenants/public-key.ts';
import { viewTenant } from '../../access/tenants/tenant-changes.ts';
import { dayMs } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import { firstRetryMs, unwireTenant } from '../../metering/unwiring.ts';
import { removeBlockedCallers } from '../../store/blocked-callers.ts';
import { deleteIdentityKeys } from '../../store/identities.ts';
import { endLeadsBy } from '../../store/leads.ts';
import { putPendingKey } from '../../store/pending-keys.ts';
import { endSignIns } from '../../store/sign-ins.ts';
import { deleteTenant, findTenantById, type Tenant } from '../../store/tenants.ts';
import { insertUnwiring } from '../../store/unwirings.ts';
import { deletePeopleOf } from '../../store/users.ts';
import { endPlans } from './plan-changes.ts';

/** What its visitors left is deleted this long after it. */
const leadsKeptMs = 30 * dayMs;

/**
 * Its billing ends today; what is not billed yet is billed by the next close. Its assistants are given back first, so
 * that its own server misses nothing; those that Vapi does not change now are tried again.
 */
export async function removeTenant(ctx: Context, tenant: Tenant, by: Actor): Promise<void> {
  const { assistants, failure: unwired } = await unwireTenant(ctx, tenant, true);
  const failure = unwired ?? (await giveBackPhoneNumbers(ctx, tenant));
  const { id, slug } = tenant;
  if (failure !== null) ctx.log.warn({ err: failure, tenant: slug }, 'assistants not given back yet');
  await ctx.store.transaction().execute(async (db) => {
    const record = (action: string, before: object | null, after: object | null) =>
      recordChange(db, { ...by, action, tenant: slug, before, after }, ctx.now());
    await removeBlockedCallers(db, id);
    await endPlans(db, tenant, ctx.now());
    await deleteTenant(db, id, ctx.now());
    // As it is now: a key may have been made since the tenant was read.
    const { publicKeyId } = (await findTenantById(db, id)) ?? tenant;
    if (publicKeyId !== null) await putPendingKey(db, id, ctx.now());
    if (failure !== null) await insertUnwiring(db, id, ctx.now() + firstRetryMs);
    await endLeadsBy(db, id, ctx.now() + leadsKeptMs);
    await deleteIdentityKeys(db, id);
    await endSignIns(db, id, true);
    await deletePeopleOf(db, id);
    if (assistants.length > 0) await record('tenant.unwire', null, { assistants });
    await record('tenant.delete', viewTenant(ctx, tenant), null);
  });
  // What costs money first: Vapi may be slow to delete the key.
  await endLiveCalls(ctx, id);
  await settleKey(ctx, id);
}
