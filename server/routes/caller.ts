/** The caller and its permissions. A client's key sees one tenant, read-only; for it, no other tenant exists. */
import type { Request, RequestHandler, Response } from 'express';
import type {} from 'pino-http';
import type { AccessContext } from '../access/access-context.ts';
import { type Caller, callerOf } from '../access/identity/api-key.ts';
import { callerOfCookie } from '../access/identity/sign-in.ts';
import { cookieIn, isSameOrigin, signInCookie } from '../access/identity/sign-in-cookie.ts';
import type { Context } from '../context.ts';
import {
  type ClientAccess,
  type ErrorCode,
  isClientPermission,
  type Permission,
  permissionFor,
} from '../contract.ts';
import { ApiError } from '../errors.ts';
import { findTenant, findTenantByHandle, type Tenant } from '../store/tenants.ts';

declare global {
  namespace Express {
    /** What the handlers of one request leave for each other. */
    interface Locals {
      caller: Caller;
      /** The request's, below the path at which the server is mounted. */
      path: string;
      /** Of a client, once a route that it may use is found. */
      access?: ClientAccess;
      errorCode?: ErrorCode;
      messageType?: string;
      webhookResult?: 'unreadable' | 'not-theirs' | 'in-doubt' | 'refused';
    }
  }
}

/**
 * Admits only requests with a valid `Authorization: Bearer vak_…` or, in its absence, the portal's cookie, and only to
 * routes whose permission the caller has.
 */
export function authenticate(ctx: AccessContext): RequestHandler {
  const { name } = signInCookie(ctx.config.publicUrl);
  return async (req, res, next) => {
    res.set('Cache-Control', 'no-store');
    const { authorization } = req.headers;
    const key = /^Bearer (\S{1,256})$/i.exec(authorization ?? '')?.[1];
    const cookie = authorization === undefined ? cookieIn(req, name) : null;
    const caller = key ? await callerOf(ctx, key) : cookie ? await callerOfCookie(ctx, cookie) : null;
    if (!caller) {
      await ctx.frontLimits.failedAuth(req.ip);
      throw new ApiError('unauthorized');
    }
    // A browser adds the cookie to any page's requests, so only our own pages may change anything with it.
    if (cookie && !/^(GET|HEAD)$/.test(req.method) && !isSameOrigin(req, ctx.config.publicUrl)) {
      throw new ApiError('forbidden', { detail: 'Only the portal’s own pages can do this with its cookie.' });
    }
    res.locals.caller = caller;
    await countRead(ctx, res, 1);
    const needed = permissionFor(req.method, res.locals.path);
    // Before its role matters: for a client no other tenant exists.
    if (caller.tenantId !== null && needed && !caller.permissions.includes(needed)) {
      const slug = /^\/v1\/tenants\/([^/]+)/i.exec(res.locals.path)?.[1];
      const tenant = slug && (await findTenantByHandle(ctx.store, decodeURIComponent(slug)));
      if (slug && (!tenant || tenant.id !== caller.tenantId)) throw new ApiError('not_found');
    }
    demandPermission(caller, needed);
    next();
  };
}

/**
 * A client's reads must not keep the server busy; the operator's are not counted.
 * @throws ApiError `rate_limited`
 */
export async function countRead(ctx: AccessContext, res: Response, points: number): Promise<void> {
  const { tenantId, actor } = callerIn(res);
  if (tenantId !== null) await ctx.frontLimits.clientRead(actor, points);
}

export function callerIn(res: Response): Caller {
  return res.locals.caller;
}

/** The actor for the audit log. */
export function actorIn(req: Request, res: Response): { actor: string; requestId: string } {
  return { actor: callerIn(res).actor, requestId: String(req.id) };
}

/**
 * @param needed undefined for a route that no one may use
 * @throws ApiError `forbidden`; to a client `not_found` for what only operators have, of which it must learn nothing
 */
export function demandPermission({ permissions, tenantId }: Caller, needed: Permission | undefined): void {
  if (needed && permissions.includes(needed)) return;
  if (!needed || (tenantId !== null && !isClientPermission(needed))) throw new ApiError('not_found');
  throw new ApiError('forbidden', { detail: `This needs the permission "${needed}".` });
}

/**
 * The tenant named in the path, if the caller may see it.
 * @throws ApiError `not_found` also for another tenant's
 */
export async function visibleTenant(ctx: Context, req: Request, res: Response): Promise<Tenant> {
  return allowed(res, await findTenant(ctx.store, String(req.params.slug)));
}

/**
 * Also a deleted tenant, whose usage and invoices remain: the operator then names it by its id.
 * @throws ApiError `not_found` also for another tenant's
 */
export async function billedTenant(ctx: Context, req: Request, res: Response): Promise<Tenant> {
  return allowed(res, await findTenantByHandle(ctx.store, String(req.params.slug)));
}

function allowed(res: Response, tenant: Tenant | null): Tenant {
  const { tenantId } = callerIn(res);
  if (!tenant || (tenantId !== null && tenant.id !== tenantId)) throw new ApiError('not_found');
  // The answer to a change also shows the tenant, which a key that can only write must not read.
  demandPermission(callerIn(res), 'self.read');
  return tenant;
}

/** Whether the caller may see provider costs: a client sees what it pays, not what the operator pays. */
export function seesProviderCost(res: Response): boolean {
  return callerIn(res).tenantId === null;
}
