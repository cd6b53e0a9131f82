/** How far the set-up of a tenant has come, from facts alone: nothing is ticked off by hand. */
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import type { SetupAnswer } from '../../contract.ts';
import { viewWirings } from '../../metering/wiring-state.ts';
import { firstCallAt, hasReport } from '../../store/calls.ts';
import { listPlanVersions } from '../../store/plans.ts';
import type { Tenant } from '../../store/tenants.ts';
import { inForce } from './plan.ts';

export async function setupOf(ctx: Context, tenant: Tenant): Promise<SetupAnswer> {
  const [connected, versions, calledAt] = await Promise.all([
    isConnected(ctx, tenant),
    listPlanVersions(ctx.store, tenant.id),
    firstCallAt(ctx.store, tenant.id),
  ]);
  const { snippetSeenAt, snippetSeenOn, invitedAt } = tenant;
  const steps = {
    connected,
    snippetSeen:
      snippetSeenAt === null || snippetSeenOn === null
        ? null
        : { origin: snippetSeenOn, at: iso(snippetSeenAt) },
    plan: inForce(versions).at(-1)?.plan != null,
    invited: invitedAt === null ? null : iso(invitedAt),
    firstCall: calledAt === null ? null : iso(calledAt),
  };
  return { ...steps, isDone: Object.values(steps).every(Boolean) };
}

/** What was wired counts from then on: an earlier report does not show that Vapi still reports here. */
async function isConnected(ctx: Context, tenant: Tenant): Promise<boolean> {
  const { assistants } = await viewWirings(ctx, tenant);
  const wired = assistants.filter(({ state }) => state !== 'not-wired');
  if (wired.length === 0) return hasReport(ctx.store, tenant.id);
  const isFine = wired.every(({ state }) => state === 'connected' || state === 'waiting');
  return isFine && wired.some(({ state }) => state === 'connected');
}
