/** Which pages may use which tenant. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Request } from 'express';
import type { Config } from '../../config.ts';
import type { Context } from '../../context.ts';
import { ApiError } from '../../errors.ts';
import { findTenant, type Tenant } from '../../store/tenants.ts';
import type { SessionClaims } from '../identity/session-token.ts';
import type { Verified } from '../identity/signed-token.ts';
import { isNetwork, networkOf } from '../identity/visitor-network.ts';
import { isOriginAllowed } from '../tenants/allowed-origins.ts';
import type { Refusals } from './blocked-origins.ts';
import { isOfTalkPage, type TalkRequest, talkOriginOf } from './talk.ts';

export interface Admitted {
  tenant: Tenant;
  origin: string;
  /** From the page of `TALK_URL`: the operator tries the agent. */
  isTalk: boolean;
}

/** A refusal always takes this long: reading a tenant takes microseconds longer than finding none. */
const refusalMs = 5;

/**
 * The tenant, if this page may use it. An unknown tenant and a refused page get the same answer after the same time, so
 * that no one can enumerate an operator's tenants.
 * @throws ApiError `origin_not_allowed`
 */
export async function admit(
  ctx: Context & { refusals: Refusals },
  slug: string | null,
  req: TalkRequest,
): Promise<Admitted> {
  const askedAt = performance.now();
  const tenant = slug === null ? null : await findTenant(ctx.store, slug);
  const isTalk = isOfTalkPage(ctx.config, req);
  const origin = tenant && (isTalk ? talkOriginOf(ctx, tenant, req) : allowedOriginOf(ctx, tenant, req));
  if (tenant && origin !== null) return { tenant, origin, isTalk };
  // An operator cannot allow the talk page.
  if (tenant && !isTalk) ctx.refusals.note(tenant, originsOf(ctx.config, req).at(-1));
  await pause(Math.max(0, refusalMs - (performance.now() - askedAt)));
  throw new ApiError('origin_not_allowed');
}

function allowedOriginOf({ config }: Context, { allowedOrigins }: Tenant, req: TalkRequest): string | null {
  return originsOf(config, req).find((origin) => isOriginAllowed(allowedOrigins, origin)) ?? null;
}

/**
 * Where the page can be from. A browser sends no `Origin` when a page reads from its own server, but a `Sec-Fetch-Site`
 * that no page can set: the page then has the address that it asked, by the request or, behind a proxy that sends
 * another `Host`, by `PUBLIC_URL`.
 */
function originsOf({ publicUrl }: Config, { headers, method }: TalkRequest): (string | undefined)[] {
  const { origin, host, 'sec-fetch-site': from } = headers;
  if (origin !== undefined || method !== 'GET' || from !== 'same-origin') return [origin];
  const ours = new URL(publicUrl);
  return [`${ours.protocol}//${host}`, ours.origin];
}

/**
 * The claims of a permission: a session, or the token that continues a conversation.
 * @throws ApiError `session_expired`, after which the element requests a new session; `unauthorized` when it is forged
 */
export function claimsOf<Claims>(verified: Verified<Claims>): Claims {
  if (verified.ok) return verified.claims;
  throw new ApiError(verified.reason === 'expired' ? 'session_expired' : 'unauthorized');
}

/**
 * The tenant of a verified permission, if it is used where it was issued: same tenant, same page and, if the tenant
 * requires it, same network. Calls and messages are admitted here, and only here.
 * @throws ApiError `unauthorized`, `origin_not_allowed`, `session_expired`
 */
export async function admitSession(
  ctx: Context & { refusals: Refusals },
  claims: SessionClaims,
  req: TalkRequest & Pick<Request, 'ip'>,
): Promise<Admitted> {
  const admitted = await admit(ctx, claims.tenant, req);
  if (admitted.tenant.id !== claims.tenantId) throw new ApiError('unauthorized');
  if (admitted.origin !== claims.origin) throw new ApiError('origin_not_allowed');
  const isBound = admitted.tenant.bindSessionToNetwork;
  if (isBound && !isNetwork(ctx.keys.network, networkOf(req.ip), claims.network)) {
    // Usually a phone that has just changed networks: the element requests a new session and continues.
    throw new ApiError('session_expired');
  }
  return admitted;
}
