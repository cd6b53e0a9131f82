/** Looks at an organization with a key that is not stored: for setting up a client by choosing names. */
import type { Context } from '../../context.ts';
import type { VapiLookAnswer } from '../../contract.ts';
import { listTenantsOfOrg } from '../../store/tenants.ts';
import { lookAtOrg } from '../../vapi/org-look.ts';
import { vapiFailure } from '../../vapi/vapi-failure.ts';
import { refuseWrongKey } from './tenant-check.ts';

/** @throws ApiError `invalid_request` when Vapi does not accept the key; `vapi_unavailable` */
export async function lookAtVapi(ctx: Context, privateKey: string): Promise<VapiLookAnswer> {
  let org: Awaited<ReturnType<typeof lookAtOrg>>;
  try {
    org = await lookAtOrg(ctx.config.vapiBaseUrl, privateKey);
  } catch (cause) {
    refuseWrongKey(cause);
    throw vapiFailure(cause);
  }
  const tenants = org.orgId === null ? [] : await listTenantsOfOrg(ctx.store, org.orgId, ctx.now());
  const slugs = tenants.filter(({ deletedAt }) => deletedAt === null).map(({ slug }) => slug);
  return { ...org, tenants: slugs.sort() };
}
