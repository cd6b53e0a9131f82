import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import { findCall } from '../store/calls.ts';
import { endCall, VapiError } from '../vapi/vapi-api.ts';
import { controlUrlContext } from './grant.ts';

/**
 * Ends the call at Vapi if it is one of ours and not over yet; its cost still comes with its report.
 * @throws ApiError `vapi_unavailable`
 */
export async function endLiveCall(ctx: Context, tenantId: string, callId: string): Promise<void> {
  const row = await findCall(ctx.store, tenantId, callId);
  if (!row || row.status === 'ended' || row.controlUrlSealed === null) return;
  try {
    await endCall(ctx.box.open(row.controlUrlSealed, controlUrlContext(tenantId, callId)));
  } catch (error) {
    if (error instanceof VapiError) throw new ApiError('vapi_unavailable', { retryAfter: 5, cause: error });
    throw error;
  }
}
