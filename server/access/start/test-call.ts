/**
 * A call that the operator makes to see whether calls work. It counts like a visitor's: pause, hours, limits, budget, a
 * reservation, a row in the ledger. It is not a visit: challenge, consent and the before-call server are skipped.
 */
import type { Context } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { releaseReservation } from '../../store/reservations.ts';
import type { Tenant } from '../../store/tenants.ts';
import { signScopedKey } from '../../vapi/scoped-key.ts';
import { type CreatedCall, createWebCall, VapiError } from '../../vapi/vapi-api.ts';
import { newSessionId } from '../identity/session-token.ts';
import { hashNetwork } from '../identity/visitor-network.ts';
import { openTenantSecret } from '../secrets/tenant-secrets.ts';
import { isSquad } from '../tenants/squads.ts';
import { endLiveCall } from './end-call.ts';
import { recordCreatedCall } from './grant.ts';
import { reserve } from './reserve.ts';

/** When we end it. No one is in its room, so a longer call would show nothing more. */
export const testCallSeconds = 10;
/** When Vapi ends it if we cannot. */
const mostSeconds = 30;

/** What a test may reserve: the call, and one more that Vapi should have refused. */
export function testCallCost({ limits }: Pick<Tenant, 'limits'>): { seconds: number; mostMicros: number } {
  const one = Math.ceil((mostSeconds * limits.worstCaseMicrosPerMinute) / 60);
  return { seconds: testCallSeconds, mostMicros: 2 * one };
}

/**
 * @param page the key allows only `allowed`, and the request claims to come from `asking`; null = a key for our own use
 * @throws VapiError, and ApiError as `reserve` does
 */
export async function startTestCall(
  ctx: Context,
  tenant: Tenant,
  page: { allowed: string; asking: string } | null,
): Promise<CreatedCall> {
  const id = newSessionId();
  const session = {
    jti: id,
    tenant: tenant.slug,
    tenantId: tenant.id,
    origin: page?.asking ?? ctx.config.publicUrl,
    // Its own network: a test uses up the tenant's starts but no visitor's.
    network: hashNetwork(ctx.keys.network, id),
    site: null,
    generation: tenant.generation,
    assistant: null,
  };
  const reserved = await reserve(ctx, tenant, session, { consentVersion: null, kind: 'call', mostSeconds });
  const reservation = { ...reserved, accessMode: 'proxy' as const };
  const { assistantId, maxSeconds } = reservation;
  let call: CreatedCall;
  try {
    const { orgId } = tenant;
    const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
    const isOfSquad = isSquad(tenant, assistantId);
    const named = isOfSquad ? null : assistantId;
    const scope = { orgId, privateKey, assistantId: named, ...(page ? { origin: page.allowed } : {}) };
    const { key } = signScopedKey(scope, ctx.vapiClock.now());
    const assistantOverrides = {
      maxDurationSeconds: maxSeconds,
      metadata: { tenant: tenant.slug, session: id },
      variableValues: {},
    };
    const wish = { assistantId, isSquad: isOfSquad, assistantOverrides, outlivesVisit: false };
    call = await createWebCall(ctx.config.vapiBaseUrl, key, wish, ctx.vapiClock.look, page?.asking);
  } catch (error) {
    // Unless Vapi clearly refused, it may have created a call (`unclaimed`).
    if (!(error instanceof VapiError) || error.refused) await releaseReservation(ctx.store, id);
    throw error;
  }
  if (!(await recordCreatedCall(ctx, tenant, reservation, call))) {
    ctx.background(endLiveCall(ctx, tenant.id, call.id));
    throw new ApiError('tenant_paused');
  }
  return call;
}
