/** Which pages may use which tenant. */
import { setTimeout as pause } from 'node:timers/promises';
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import { findTenant, type Tenant } from '../store/tenants.ts';
import { isOriginAllowed } from './allowed-origins.ts';

/** A refusal takes so long whatever was found: reading a tenant takes longer than finding none, by microseconds. */
const refusalMs = 5;

/**
 * The tenant, when this page may use it. An unknown tenant and a refused page are answered alike, and after the same
 * time, so that nobody can list an operator's tenants.
 * @throws ApiError `origin_not_allowed`
 */
export async function admit(
  ctx: Context,
  slug: string | null,
  origin: string | undefined,
): Promise<{ tenant: Tenant; origin: string }> {
  const refusal = pause(refusalMs);
  const tenant = slug === null ? null : await findTenant(ctx.store, slug);
  if (!tenant || !isOriginAllowed(tenant.allowedOrigins, origin)) {
    if (tenant) ctx.refusals.note(tenant, origin);
    await refusal;
    throw new ApiError('origin_not_allowed');
  }
  return { tenant, origin };
}
