/** What a client may see and do of its own: `contract/client-access.ts`, enforced before and after each route. */
import { type RequestHandler, type Response, Router } from 'express';
import type { Context } from '../context.ts';
import {
  type ClientAccess,
  type ClientRoute,
  clientAccessOf,
  clientRoutes,
  clientRuleOf,
  clientSwitchNames,
  hiddenFields,
} from '../contract.ts';
import { ApiError } from '../errors.ts';
import { findDefaultAccess } from '../store/client-defaults.ts';
import { findTenantById } from '../store/tenants.ts';
import { callerIn } from './caller.ts';
import { wantsCsv } from './csv.ts';

const mount = '/v1/tenants';

/** What the caller sees of a tenant: the operator everything, a client what its own settings say. */
export async function accessOf(ctx: Context, res: Response): Promise<ClientAccess> {
  const { tenantId } = callerIn(res);
  if (tenantId === null) return everything;
  const tenant = await findTenantById(ctx.store, tenantId);
  return clientAccessOf(await findDefaultAccess(ctx.store), tenant?.clientAccess);
}

const everything = Object.fromEntries(clientSwitchNames.map((name) => [name, true])) as ClientAccess;

/**
 * Before all routes of `/v1/tenants`. A client finds nothing but the operations of the table whose switches are on, and
 * in their answers no field whose switch is off; the operator passes.
 */
export function clientAccess(ctx: Context): Router {
  const router = Router();
  for (const route of clientRoutes) {
    const [method = '', path = ''] = route.split(' ');
    if (!path.startsWith(`${mount}/`)) continue;
    // The same paths as the routes behind have, matched by the same router: no spelling gets past it.
    const pattern = path.slice(mount.length).replace(/\{(\w+)\}/g, ':$1');
    router[method.toLowerCase() as 'get' | 'post' | 'put' | 'patch' | 'delete'](
      pattern,
      admitting(ctx, route),
    );
  }
  router.use((_req, res, next) => {
    if (callerIn(res).tenantId !== null && !res.locals.access) throw new ApiError('not_found');
    next();
  });
  return router;
}

function admitting(ctx: Context, route: ClientRoute): RequestHandler {
  const { needs = [], needsForCsv = [] } = clientRuleOf(route) ?? {};
  return async (req, res, next) => {
    const access = await accessOf(ctx, res);
    const needed = wantsCsv(req) ? [...needs, ...needsForCsv] : needs;
    if (!needed.every((name) => access[name])) throw new ApiError('not_found');
    res.locals.access = access;
    const hidden = hiddenFields(route, access);
    if (hidden.length > 0) {
      const json = res.json.bind(res);
      res.json = (body) => json(without(body, hidden));
    }
    next();
  };
}

/** What the caller of this request sees. */
export function accessIn(res: Response): ClientAccess {
  return res.locals.access ?? everything;
}

/** @param fields `calls[].priceMicros`: of each entry of a list */
function without(body: unknown, fields: string[]): unknown {
  const copy = structuredClone(body);
  for (const field of fields) remove(copy, field.split('.'));
  return copy;
}

function remove(target: unknown, [piece = '', ...rest]: string[]): void {
  if (typeof target !== 'object' || target === null) return;
  const name = piece.replace('[]', '');
  const inner = (target as Record<string, unknown>)[name];
  if (rest.length === 0) delete (target as Record<string, unknown>)[name];
  else for (const one of piece.endsWith('[]') ? (inner as unknown[]) : [inner]) remove(one, rest);
}
