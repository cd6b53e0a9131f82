/**
 * From a session to a grant: one transaction consumes the session, takes a concurrency slot and holds the spend; only
 * then is the call created or a key handed out.
 */
import type { Context } from '../context.ts';
import type { Grant, KeyGrant, ProxyGrant, VariableValues } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { newCallRow } from '../metering/usage.ts';
import { insertCall, lockCall, updateCall } from '../store/calls.ts';
import {
  claimReservation,
  countStarts,
  insertReservation,
  type Reservation,
  readCommitments,
  releaseReservation,
} from '../store/reservations.ts';
import { lockForStart, type Tenant } from '../store/tenants.ts';
import { monthIn } from '../time-zone.ts';
import { type CreatedCall, createWebCall, VapiError } from '../vapi/vapi-api.ts';
import { type Hold, holdFor, leaseEnd } from './limits.ts';
import { signScopedKey } from './scoped-key.ts';
import { issueEndToken, type SessionClaims } from './session-token.ts';
import { openTenantSecret } from './tenant-secrets.ts';

/** @throws ApiError `session_used`, `tenant_paused`, `rate_limited`, `concurrency_limit`, `budget_exhausted`, `vapi_unavailable` */
export async function grantCall(
  ctx: Context,
  tenant: Tenant,
  session: SessionClaims,
  asked: VariableValues,
): Promise<Grant> {
  const reservation = await reserve(ctx, tenant, session);
  const assistantOverrides = {
    maxDurationSeconds: reservation.maxSeconds,
    metadata: { tenant: tenant.slug, session: session.jti },
    // The only thing of the browser's that reaches Vapi, and of that only the names that the tenant allows.
    variableValues: Object.fromEntries(
      Object.entries(asked).filter(([name]) => tenant.allowedVariables.includes(name)),
    ),
  };
  const base = {
    maxDurationSeconds: reservation.maxSeconds,
    ...(ctx.config.dailyProxyUrl ? { mediaProxyUrl: ctx.config.dailyProxyUrl } : {}),
  };
  if (tenant.accessMode === 'proxy') {
    return { ...base, ...(await proxyGrant(ctx, tenant, reservation, assistantOverrides)) };
  }
  return { ...base, ...keyGrant(ctx, tenant, session, assistantOverrides) };
}

async function reserve(ctx: Context, tenant: Tenant, session: SessionClaims): Promise<Reservation> {
  const now = ctx.now();
  const month = monthIn(tenant.timeZone, now);
  const { limits } = tenant;
  return ctx.store.transaction().execute(async (db) => {
    if (!(await lockForStart(db, tenant.id, session.generation))) throw new ApiError('tenant_paused');
    const starts = await countStarts(db, tenant.id, session.network, now - 60_000);
    if (starts >= limits.callsPerMinutePerIp) throw new ApiError('rate_limited', { retryAfter: 60 });
    const { committedMicros, callsInProgress } = await readCommitments(db, tenant.id, month, now);
    if (callsInProgress >= limits.concurrentCalls)
      throw new ApiError('concurrency_limit', { retryAfter: 30 });
    const hold: Hold | null = holdFor(limits, committedMicros);
    if (!hold) throw new ApiError('budget_exhausted');
    const reservation: Reservation = {
      id: session.jti,
      tenantId: tenant.id,
      month,
      amountMicros: hold.amountMicros,
      maxSeconds: hold.maxSeconds,
      state: 'held',
      leaseExpiresAt: leaseEnd(now, hold.maxSeconds),
      accessMode: tenant.accessMode,
      assistantId: tenant.assistantId,
      visitorNetwork: session.network,
      callId: null,
      createdAt: now,
    };
    if (!(await insertReservation(db, reservation))) throw new ApiError('session_used');
    return reservation;
  });
}

async function proxyGrant(
  ctx: Context,
  tenant: Tenant,
  reservation: Reservation,
  assistantOverrides: KeyGrant['assistantOverrides'],
): Promise<Omit<ProxyGrant, 'maxDurationSeconds'>> {
  const { assistantId } = reservation;
  const { key } = signScopedKey(
    { orgId: tenant.orgId, privateKey: privateKeyOf(ctx, tenant), assistantId },
    ctx.now(),
  );
  let call: CreatedCall;
  try {
    call = await createWebCall(ctx.config.vapiBaseUrl, key, { assistantId, assistantOverrides });
  } catch (error) {
    if (!(error instanceof VapiError)) throw error;
    // Should Vapi have made a call and its answer been lost, nobody can join it, so it costs nothing to speak of.
    await releaseReservation(ctx.store, reservation.id);
    throw new ApiError('vapi_unavailable', { retryAfter: error.retryAfter ?? 5, cause: error });
  }
  await recordCreatedCall(ctx, tenant, reservation, call);
  const expiresAt = reservation.leaseExpiresAt;
  return {
    mode: 'proxy',
    callId: call.id,
    webCallUrl: call.webCallUrl,
    ...(call.callToken ? { callToken: call.callToken } : {}),
    endToken: issueEndToken(ctx.keys.endCall, { tenant: tenant.slug, call: call.id }, expiresAt, ctx.now()),
  };
}

/** A webhook may have been quicker than Vapi's answer to us, so the row may be there already. */
async function recordCreatedCall(
  ctx: Context,
  tenant: Tenant,
  reservation: Reservation,
  call: CreatedCall,
): Promise<void> {
  const now = ctx.now();
  const fresh = newCallRow(tenant.id, {
    kind: 'status',
    callId: call.id,
    asOf: now,
    type: 'webCall',
    status: 'queued',
    assistantId: reservation.assistantId,
    sessionId: reservation.id,
    createdAt: now,
    startedAt: null,
    endedAt: null,
    endedReason: null,
    cost: null,
  });
  await ctx.store.transaction().execute(async (db) => {
    await insertCall(db, fresh);
    const row = await lockCall(db, tenant.id, call.id);
    if (!row) throw new Error('the call is gone');
    await claimReservation(db, {
      tenantId: tenant.id,
      id: reservation.id,
      assistantId: reservation.assistantId,
      callId: call.id,
    });
    await updateCall(db, {
      ...row,
      sessionId: reservation.id,
      accessMode: reservation.accessMode,
      controlUrlSealed: call.controlUrl
        ? ctx.box.seal(call.controlUrl, controlUrlContext(tenant.id, call.id))
        : null,
    });
  });
}

function keyGrant(
  ctx: Context,
  tenant: Tenant,
  session: SessionClaims,
  assistantOverrides: KeyGrant['assistantOverrides'],
): Omit<KeyGrant, 'maxDurationSeconds'> {
  const base = { apiBaseUrl: ctx.config.vapiBaseUrl, assistantId: tenant.assistantId, assistantOverrides };
  if (tenant.accessMode === 'scoped-key') {
    const { orgId, assistantId } = tenant;
    const scope = { orgId, privateKey: privateKeyOf(ctx, tenant), assistantId, origin: session.origin };
    const { key, expiresAt } = signScopedKey(scope, ctx.now());
    return { ...base, mode: 'scoped-key', key, expiresAt: new Date(expiresAt).toISOString() };
  }
  const key = openTenantSecret(ctx.box, tenant, 'publicKey');
  if (!key) throw new Error(`tenant ${tenant.slug} has no public key`);
  return { ...base, mode: 'public-key', key };
}

function privateKeyOf(ctx: Context, tenant: Tenant): string {
  const key = openTenantSecret(ctx.box, tenant, 'privateKey');
  if (!key) throw new Error(`tenant ${tenant.slug} has no private key`);
  return key;
}

/** What binds a sealed control URL to its call. */
export function controlUrlContext(tenantId: string, callId: string): string {
  return `calls/${tenantId}/${callId}/controlUrl`;
}
