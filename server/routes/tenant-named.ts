import type { Context } from '../context.ts';
import { ApiError } from '../errors.ts';
import { findTenant, type Tenant } from '../store/tenants.ts';

/** @throws ApiError `not_found` */
export async function tenantNamed(ctx: Context, slug: string): Promise<Tenant> {
  const tenant = await findTenant(ctx.store, slug);
  if (!tenant) throw new ApiError('not_found');
  return tenant;
}
