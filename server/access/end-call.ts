import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import { findCall, listLiveCalls } from '../store/calls.ts';
import type { Tenant } from '../store/tenants.ts';
import { endCall, VapiError } from '../vapi/vapi-api.ts';
import { openControlUrl } from './tenant-secrets.ts';

/**
 * Ends the call at Vapi if it is one of ours and not over yet; its cost still comes with its report.
 * @throws ApiError `vapi_unavailable`
 */
export async function endLiveCall(ctx: Context, tenantId: string, callId: string): Promise<void> {
  const row = await findCall(ctx.store, tenantId, callId);
  if (!row || row.status === 'ended' || row.controlUrlSealed === null) return;
  try {
    const controlUrl = openControlUrl(ctx.box, tenantId, callId, row.controlUrlSealed);
    await endCall(ctx.config.vapiBaseUrl, controlUrl);
  } catch (error) {
    if (error instanceof VapiError) throw new ApiError('vapi_unavailable', { retryAfter: 5, cause: error });
    throw error;
  }
}

/** Calls that were created longer ago than any call can last are over, whatever was never reported of them. */
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

/** A call that goes on although the tenant is paused, or was since its grant: whoever told us need not wait for its end. */
export function endUnwanted(ctx: Context, tenant: Pick<Tenant, 'id' | 'slug'>, callId: string): void {
  ctx.log.warn({ tenant: tenant.slug, call: callId }, 'ending a call that a pause has made unwanted');
  ctx.background(endLiveCall(ctx, tenant.id, callId));
}
