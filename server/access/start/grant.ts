/**
 * From a session to a grant: one transaction consumes the session and reserves a concurrency slot and the spend; only
 * then is the call created or a key handed out.
 */
import { iso } from '../../base/iso.ts';
import { inSpan } from '../../base/tracing.ts';
import type { Context } from '../../context.ts';
import {
  callKinds,
  type Grant,
  type KeyGrant,
  type ProxyGrant,
  type VariableValues,
  type VisitorIdentity,
} from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { newCallRow } from '../../ledger/usage.ts';
import { claimCall } from '../../store/call-owners.ts';
import { lockCall, updateCall } from '../../store/calls.ts';
import { claimReservation, type Reservation, releaseReservation } from '../../store/reservations.ts';
import { isOpenSince, lockForStart, type Tenant } from '../../store/tenants.ts';
import { signScopedKey } from '../../vapi/scoped-key.ts';
import { type CreatedCall, createWebCall, VapiError } from '../../vapi/vapi-api.ts';
import { vapiFailure } from '../../vapi/vapi-failure.ts';
import { callToken, feedbackToken, type SessionClaims } from '../identity/session-token.ts';
import { openTenantSecret, sealControlUrl } from '../secrets/tenant-secrets.ts';
import { isSquad } from '../tenants/squads.ts';
import { variablesFor } from './before-call.ts';
import { endLiveCall } from './end-call.ts';
import { type Identity, keepIdentity, refuseUnproven } from './identity.ts';
import { mayRejoin, rejoinWithinSeconds } from './left-calls.ts';
import { reserve } from './reserve.ts';
import { isTalkOrigin } from './talk.ts';

/** @throws ApiError what `reserve` throws, also for what has changed since; `call_denied`, `identity_refused`, `vapi_unavailable` */
export async function grantCall(
  ctx: Context,
  tenant: Tenant,
  session: SessionClaims,
  asked: {
    variableValues?: VariableValues | undefined;
    identity: Identity | null;
    consentVersion: string | null;
  },
): Promise<Grant> {
  const { consentVersion, identity } = asked;
  // Before anything is counted.
  refuseUnproven(identity, tenant.accessMode === 'proxy');
  const reserved = await inSpan(ctx, 'reserve', () =>
    reserve(ctx, tenant, session, { consentVersion, kind: 'call' }),
  );
  // The mode that the start was decided in: the tenant was read before.
  const isProxied = reserved.accessMode === 'proxy' || isKeyless(ctx, reserved, session);
  const reservation = isProxied ? { ...reserved, accessMode: 'proxy' as const } : reserved;
  try {
    // The mode may have changed since.
    refuseUnproven(identity, isProxied);
  } catch (error) {
    await releaseReservation(ctx.store, reservation.id);
    throw error;
  }
  const values = { reservation, asked: asked.variableValues, identity };
  const assistantOverrides = {
    maxDurationSeconds: reservation.maxSeconds,
    metadata: { tenant: tenant.slug, session: session.jti },
    variableValues: await variablesFor(ctx, tenant, session, values),
  };
  const base = {
    maxDurationSeconds: reservation.maxSeconds,
    ...(ctx.config.dailyProxyUrl ? { mediaProxyUrl: ctx.config.dailyProxyUrl } : {}),
  };
  const start: Start = { tenant, reservation, assistantOverrides, visitor: identity?.visitor ?? null };
  if (isProxied) {
    return { ...base, ...(await proxyGrant(ctx, start)) };
  }
  // The operator's server may have been slow to answer.
  if (!(await isOpenSince(ctx.store, tenant.id, session.generation))) {
    await releaseReservation(ctx.store, reservation.id);
    throw new ApiError('tenant_paused');
  }
  return { ...base, ...keyGrant(ctx, start, session.origin) };
}

/** The restricted public key names the client's pages, which the operator's talk page is not. */
function isKeyless({ config }: Context, { accessMode }: Reservation, { origin }: SessionClaims): boolean {
  return accessMode === 'public-key' && isTalkOrigin(config, origin);
}

interface Start {
  tenant: Tenant;
  reservation: Reservation;
  assistantOverrides: KeyGrant['assistantOverrides'];
  visitor: VisitorIdentity | null;
}

async function proxyGrant(
  ctx: Context,
  { tenant, reservation, assistantOverrides, visitor }: Start,
): Promise<Omit<ProxyGrant, 'maxDurationSeconds'>> {
  const { assistantId } = reservation;
  const isOfSquad = isSquad(tenant, assistantId);
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  const scope = { orgId: tenant.orgId, privateKey, assistantId: isOfSquad ? null : assistantId };
  const { key } = signScopedKey(scope, ctx.vapiClock.now());
  let call: CreatedCall;
  try {
    const outlivesVisit = mayRejoin(tenant);
    const { pageTools } = tenant;
    const wish = { assistantId, isSquad: isOfSquad, assistantOverrides, outlivesVisit, pageTools };
    const create = () => createWebCall(ctx.config.vapiBaseUrl, key, wish, ctx.vapiClock.look);
    call = await inSpan(ctx, 'create call at Vapi', create, { kind: 'client' });
    ctx.tracing?.note({ 'vapi_agent.call': call.id });
  } catch (error) {
    // Unless Vapi clearly refused, it may have created a call: its reservation stays until that is known (`unclaimed`).
    if (error instanceof VapiError && error.refused) await releaseReservation(ctx.store, reservation.id);
    throw vapiFailure(error);
  }
  const record = () => recordCreatedCall(ctx, tenant, reservation, call, visitor);
  if (!(await inSpan(ctx, 'record call', record))) {
    ctx.log.warn(
      { tenant: tenant.slug, call: call.id },
      'ending a call that was paused while it was created',
    );
    ctx.background(endLiveCall(ctx, tenant.id, call.id));
    throw new ApiError('tenant_paused');
  }
  const expiresAt = reservation.leaseExpiresAt;
  return {
    mode: 'proxy',
    callId: call.id,
    webCallUrl: call.webCallUrl,
    ...(call.roomToken ? { callToken: call.roomToken } : {}),
    endToken: callToken.issue(
      ctx.keys.callToken,
      { tenant: tenant.slug, call: call.id },
      expiresAt,
      ctx.now(),
    ),
    ...(mayRejoin(tenant) ? { rejoinWithinSeconds } : {}),
    ...pageOf(tenant),
  };
}

/** What the assistant may do and know there; the descriptions are for Vapi alone. */
function pageOf({ pageContext, pageTools }: Tenant): Pick<ProxyGrant, 'page'> {
  if (!pageContext && pageTools.length === 0) return {};
  const tools = pageTools.map(({ name, label, ask, parameters }) => ({
    ...{ name, label, ask },
    parameters: Object.fromEntries(
      Object.entries(parameters).map(([key, { type, enum: values, optional }]) => [
        key,
        { type, ...(values && { enum: values }), ...(optional && { optional }) },
      ]),
    ),
  }));
  return { page: { context: pageContext, tools } };
}

/**
 * A webhook may arrive before Vapi's answer to us, so the row may already exist. The tenant's lock orders this and a
 * pause: a pause either sees the call in the ledger and ends it, or is seen here.
 * @returns false when the tenant has been paused or deleted since the call was granted
 */
export async function recordCreatedCall(
  ctx: Context,
  tenant: Tenant,
  reservation: Reservation,
  call: CreatedCall,
  visitor: VisitorIdentity | null = null,
): Promise<boolean> {
  const now = ctx.now();
  const fresh = newCallRow(tenant.id, {
    kind: 'status',
    source: 'answer',
    callId: call.id,
    asOf: now,
    type: callKinds.web,
    status: null,
    assistantId: reservation.assistantId,
    sessionId: reservation.id,
    createdAt: call.createdAt ?? now,
    startedAt: null,
    endedAt: null,
    endedReason: null,
    controlUrl: null,
    cost: null,
  });
  return ctx.store.transaction().execute(async (db) => {
    const wanted = (await lockForStart(db, tenant.id, reservation.generation)) !== null;
    await claimCall(db, { callId: call.id, tenantId: tenant.id, confirmed: true });
    const row = await lockCall(db, fresh);
    await claimReservation(db, {
      tenantId: tenant.id,
      id: reservation.id,
      assistantId: reservation.assistantId,
      callId: call.id,
    });
    await updateCall(db, row, {
      ...row,
      sessionId: reservation.id,
      accessMode: reservation.accessMode,
      // In case its end is never reported.
      pollAt: row.status === 'ended' ? row.pollAt : reservation.leaseExpiresAt,
      controlUrlSealed: call.controlUrl ? sealControlUrl(ctx.box, tenant.id, call.id, call.controlUrl) : null,
    });
    await keepIdentity(ctx, db, tenant.id, call.id, visitor);
    return wanted;
  });
}

function keyGrant(
  ctx: Context,
  { tenant, reservation, assistantOverrides }: Start,
  origin: string,
): Omit<KeyGrant, 'maxDurationSeconds'> {
  const { assistantId } = reservation;
  const base = {
    apiBaseUrl: ctx.config.vapiBaseUrl,
    assistantId,
    assistantOverrides,
    feedbackToken: feedbackToken.issue(
      ctx.keys.callToken,
      { tenant: tenant.slug, session: reservation.id },
      reservation.leaseExpiresAt,
      ctx.now(),
    ),
  };
  if (reservation.accessMode === 'scoped-key') {
    const scope = {
      orgId: tenant.orgId,
      privateKey: openTenantSecret(ctx.box, tenant, 'privateKey'),
      assistantId,
      origin,
    };
    const { key, expiresAt } = signScopedKey(scope, ctx.vapiClock.now());
    return { ...base, mode: 'scoped-key', key, expiresAt: iso(expiresAt) };
  }
  const key = openTenantSecret(ctx.box, tenant, 'publicKey');
  if (!key) throw new Error(`tenant ${tenant.slug} has no public key`);
  return { ...base, mode: 'public-key', key };
}
