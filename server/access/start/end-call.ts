import type { Context } from '../../context.ts';
import type { UnwantedReason } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { findCall, listLiveCalls } from '../../store/calls.ts';
import { findTenantById, type Tenant } from '../../store/tenants.ts';
import { readCallRecord } from '../../vapi/call-record.ts';
import { endCall, VapiError } from '../../vapi/vapi-api.ts';
import { vapiFailure } from '../../vapi/vapi-failure.ts';
import { openControlUrl } from '../secrets/tenant-secrets.ts';
import { apisOf } from '../tenants/orgs.ts';

/**
 * Ends the call at Vapi if it is one of ours and not over yet; its cost still arrives with its report.
 * @throws ApiError `vapi_unavailable`, also when Vapi offers no way to end it
 */
export async function endLiveCall(ctx: Context, tenantId: string, callId: string): Promise<void> {
  const row = await findCall(ctx.store, tenantId, callId);
  if (!row || row.status === 'ended') return;
  try {
    const controlUrl =
      row.controlUrlSealed === null
        ? await askForControlUrl(ctx, tenantId, callId)
        : openControlUrl(ctx.box, tenantId, callId, row.controlUrlSealed);
    if (controlUrl !== null) await endCall(ctx.config.vapiBaseUrl, controlUrl);
  } catch (error) {
    throw vapiFailure(error);
  }
}

/**
 * Fetches the URL of a call whose reports did not include it.
 * @returns null when the call is over, or Vapi does not know it
 * @throws VapiError
 */
async function askForControlUrl(ctx: Context, tenantId: string, callId: string): Promise<string | null> {
  const tenant = await findTenantById(ctx.store, tenantId);
  const [api] = tenant ? apisOf(ctx, { orgId: tenant.orgId, tenants: [tenant] }) : [];
  const call = (await api?.get(callId)) ?? null;
  if (!call) return null;
  const { status, controlUrl } = readCallRecord(call, ctx.now());
  if (status === 'ended') return null;
  if (controlUrl === null) throw new VapiError('Vapi gives no control URL for the call');
  return controlUrl;
}

/** Calls created longer ago than any call can last are over, even if their end was never reported. */
const longestCallMs = 43_200_000;

/** @returns how many were ended and how many could not be reached */
export async function endLiveCalls(
  ctx: Context,
  tenantId: string,
): Promise<{ ended: number; failed: number }> {
  const ids = await listLiveCalls(ctx.store, tenantId, ctx.now() - longestCallMs);
  const results = await Promise.allSettled(ids.map((id) => endLiveCall(ctx, tenantId, id)));
  const ended = results.filter((result) => result.status === 'fulfilled').length;
  return { ended, failed: ids.length - ended };
}

/**
 * Ends a call that must not continue, without waiting for it. A failure is retried each time the call is seen in
 * progress: by its next report, poll or sweep.
 * `isNew`: whether the call is found to be unwanted for the first time
 */
export function endUnwanted(
  ctx: Context,
  tenant: Pick<Tenant, 'id' | 'slug'>,
  { callId, reason, isNew }: { callId: string; reason: UnwantedReason; isNew: boolean },
): void {
  if (isNew) ctx.metrics.unwantedCalls.inc({ reason });
  const about = { tenant: tenant.slug, call: callId, reason };
  ctx.log.warn(about, 'ending an unwanted call');
  const ended = endLiveCall(ctx, tenant.id, callId).catch((error: unknown) => {
    if (!(error instanceof ApiError)) throw error;
    ctx.log.warn({ ...about, err: error }, 'an unwanted call could not be ended and continues');
  });
  ctx.background(ended);
}
