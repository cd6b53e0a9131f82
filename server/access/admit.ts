/** Which pages may use which tenant. */
import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import { findTenant, type Tenant } from '../store/tenants.ts';
import { isOriginAllowed } from './allowed-origins.ts';
import { recordRefusal } from './blocked-origins.ts';

/**
 * The tenant, when this page may use it. An unknown tenant and a refused page are answered alike, so that nobody can
 * list an operator's tenants.
 * @throws ApiError `origin_not_allowed`
 */
export async function admit(
  ctx: Context,
  slug: string | null,
  origin: string | undefined,
): Promise<{ tenant: Tenant; origin: string }> {
  const tenant = slug === null ? null : await findTenant(ctx.store, slug);
  if (!tenant || !isOriginAllowed(tenant.allowedOrigins, origin)) {
    if (tenant) await recordRefusal(ctx, tenant, origin);
    throw new ApiError('origin_not_allowed');
  }
  return { tenant, origin };
}
