/**
 * Calls that survive a change of page. The visitor's browser reports when it leaves and when it is back; if it is not
 * back in time the server ends the call, so that no one pays for a room without a visitor.
 */
import { startSharedWorker } from '../../base/shared-worker.ts';
import type { Worker } from '../../base/worker.ts';
import type { Context } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { findCall } from '../../store/calls.ts';
import { type LeftCall, saveEnded, saveLeft, saveRejoined, takeAbandoned } from '../../store/left-calls.ts';
import { findTenantById, type Tenant } from '../../store/tenants.ts';
import { endLiveCall } from './end-call.ts';

/** Time to get from one page to the next: loading it, and a tap where the browser requires one. */
export const rejoinWithinSeconds = 30;

/** Only a room that we opened can be kept, and only if its tenant allows it. */
export const mayRejoin = (tenant: Tenant): boolean => tenant.rejoinCalls && tenant.accessMode === 'proxy';

/**
 * The visitor leaves the `page`-th page of the call. If the tenant does not allow rejoining, the call ends immediately.
 * @throws ApiError `vapi_unavailable`
 */
export async function leaveCall(ctx: Context, tenant: Tenant, callId: string, page: number): Promise<void> {
  if (!mayRejoin(tenant)) return endLiveCall(ctx, tenant.id, callId);
  const endAt = ctx.now() + rejoinWithinSeconds * 1000;
  await saveLeft(ctx.store, { tenantId: tenant.id, callId, page }, endAt);
}

/**
 * The visitor continues the call, on its `page`-th page.
 * @throws ApiError `not_found` when the call is over or about to be
 */
export async function rejoinCall(ctx: Context, tenant: Tenant, callId: string, page: number): Promise<void> {
  const row = await findCall(ctx.store, tenant.id, callId);
  if (!row || row.status === 'ended' || tenant.status === 'paused' || !mayRejoin(tenant)) {
    throw new ApiError('not_found');
  }
  if (!(await saveRejoined(ctx.store, { tenantId: tenant.id, callId, page })))
    throw new ApiError('not_found');
}

const tickMs = 2000;
const mostAtOnce = 8;
/** After these attempts the call is left to the assistant's silence timeout and its own limit. */
const pausesMs = [5000, 10_000, 30_000, 60_000];

export function startEndingAbandoned(ctx: Context): Worker {
  return startSharedWorker<LeftCall>(ctx.log, {
    atOnce: mostAtOnce,
    pauseMs: tickMs,
    takeDue: (closedTo) => takeNext(ctx, closedTo),
    work: (left) => endAbandoned(ctx, left),
  });
}

/** @returns whether there was one to end */
export async function endNextAbandoned(ctx: Context): Promise<boolean> {
  const left = await takeNext(ctx);
  if (left) await endAbandoned(ctx, left);
  return left !== null;
}

function takeNext(ctx: Context, closedTo: string[] = []): Promise<LeftCall | null> {
  const now = ctx.now();
  const retryAt = (attempts: number) => {
    const pause = pausesMs[attempts];
    return pause === undefined ? null : now + pause;
  };
  return takeAbandoned(ctx.store, now, retryAt, closedTo);
}

/** @returns whether it is ended */
async function endAbandoned(ctx: Context, left: LeftCall): Promise<boolean> {
  try {
    const tenant = await findTenantById(ctx.store, left.tenantId);
    if (tenant) await endLiveCall(ctx, tenant.id, left.callId);
    await saveEnded(ctx.store, left);
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    ctx.log.warn({ err: error, call: left.callId }, 'an abandoned call could not be ended');
    return false;
  }
  return true;
}
