/** The caller and its permissions. A client's key sees one tenant, read-only; for it, no other tenant exists. */
import type { Request, RequestHandler, Response } from 'express';
import type {} from 'pino-http';
import type { AccessContext } from '../access/access-context.ts';
import { type Caller, callerOf } from '../access/identity/api-key.ts';
import { callerOfCookie } from '../access/identity/sign-in.ts';
import { cookieIn, isSameOrigin, signInCookie } from '../access/identity/sign-in-cookie.ts';
import type { Context } from '../context.ts';
import type { ClientAccess, ErrorCode, Scope } from '../contract.ts';
import { ApiError } from '../errors.ts';
import { findTenant, findTenantByHandle, type Tenant } from '../store/tenants.ts';

declare global {
  namespace Express {
    /** What the handlers of one request leave for each other. */
    interface Locals {
      caller: Caller;
      /** Of a client, once a route that it may use is found. */
      access?: ClientAccess;
      errorCode?: ErrorCode;
      messageType?: string;
      webhookResult?: 'unreadable' | 'not-theirs' | 'in-doubt';
    }
  }
}

/** Admits only requests with a valid `Authorization: Bearer vak_…` or, in its absence, the portal's cookie. */
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

/** Only the operator; a change needs the scope `write`. */
export const operatorOnly: RequestHandler = (req, res, next) => {
  const caller = callerIn(res);
  // A client must not even learn what an operator can do.
  if (caller.tenantId !== null) throw new ApiError('not_found');
  const needed = /^(GET|HEAD)$/.test(req.method) ? 'read' : 'write';
  demandScope(caller, needed);
  next();
};

/** @throws ApiError `forbidden` */
export function demandScope({ scopes }: Caller, needed: Scope): void {
  if (!scopes.includes(needed))
    throw new ApiError('forbidden', { detail: `The key lacks the scope "${needed}".` });
}

/** Who may change what is a client's own: the operator, and a client that may write. @throws ApiError */
export function demandOwnChange(res: Response): void {
  const { scopes, tenantId } = callerIn(res);
  if (!scopes.includes('write')) throw new ApiError(tenantId === null ? 'forbidden' : 'not_found');
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
  demandScope(callerIn(res), 'read');
  return tenant;
}

/** Whether the caller may see provider costs: a client sees what it pays, not what the operator pays. */
export function seesProviderCost(res: Response): boolean {
  return callerIn(res).tenantId === null;
}
