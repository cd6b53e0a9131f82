/** The tenants of one Vapi organization, and access to its calls at Vapi. */
import type { Context } from '../../context.ts';
import { deletedForMs, listTenantsOfOrg, listTenantsToSweep, type Tenant } from '../../store/tenants.ts';
import { type CallsApi, createCallsApi, type Patience } from '../../vapi/calls-api.ts';
import { VapiError } from '../../vapi/vapi-api.ts';
import { openTenantSecret } from '../secrets/tenant-secrets.ts';

/** Tenants that share one Vapi organization; usually there is one. */
export interface Org {
  orgId: string;
  tenants: Tenant[];
}

/**
 * Orgs that have a tenant, or had one recently.
 * @param slug only the org of this tenant
 * @param sinceMs start of the period whose calls are examined: tenants of that time, or shortly before, are included
 */
export async function listOrgs(ctx: Context, slug?: string, sinceMs = ctx.now()): Promise<Org[]> {
  const orgs = new Map<string, Org>();
  const pageSize = 200;
  for (let after = ''; ; ) {
    const page = await listTenantsToSweep(ctx.store, heardOfSince(ctx, sinceMs), after, pageSize);
    for (const tenant of page) {
      const org = orgs.get(tenant.orgId) ?? { orgId: tenant.orgId, tenants: [] };
      org.tenants.push(tenant);
      orgs.set(tenant.orgId, org);
    }
    if (page.length < pageSize) break;
    after = page.at(-1)?.id ?? '';
  }
  const lately = heardOfSince(ctx, ctx.now());
  const isAskedFor = (tenant: Tenant) =>
    slug
      ? tenant.slug === slug && tenant.deletedAt === null
      : tenant.deletedAt === null || tenant.deletedAt > lately;
  return [...orgs.values()].filter((org) => org.tenants.some(isAskedFor));
}

/** @param sinceMs as for `listOrgs` */
export async function orgOf(ctx: Context, orgId: string, sinceMs = ctx.now()): Promise<Org> {
  return { orgId, tenants: await listTenantsOfOrg(ctx.store, orgId, heardOfSince(ctx, sinceMs)) };
}

function heardOfSince(ctx: Context, sinceMs: number): number {
  return Math.min(ctx.now(), sinceMs) - deletedForMs;
}

/**
 * One for each private key that its tenants have, existing tenants first: usually one.
 * @throws Error when none of them can be opened
 */
export function apisOf(ctx: Context, { orgId, tenants }: Org, patience?: Patience): CallsApi[] {
  const existingFirst = [...tenants].sort(
    (a, b) => Number(a.deletedAt !== null) - Number(b.deletedAt !== null),
  );
  const keys = new Set<string>();
  let failure: unknown;
  for (const tenant of existingFirst) {
    try {
      keys.add(openTenantSecret(ctx.box, tenant, 'privateKey'));
    } catch (error) {
      failure = error;
    }
  }
  if (keys.size === 0) throw new Error(`no private key of org ${orgId} can be opened`, { cause: failure });
  return [...keys].map((key) => createCallsApi(ctx.config.vapiBaseUrl, key, ctx.vapiClock.look, patience));
}

/** The key opens a different org from the one its tenant was created with: whose calls those are is unknown. */
export class ForeignKeyError extends VapiError {
  readonly orgId: string;
  constructor(orgId: string) {
    super(`the private key is of the organization ${orgId}`);
    this.orgId = orgId;
  }
}

/** Works with the first key that Vapi accepts: one client's old key must not hide the calls of the others. */
export async function withAcceptedKey<Result>(
  apis: CallsApi[],
  work: (api: CallsApi) => Promise<Result>,
): Promise<Result> {
  let refusal: unknown;
  for (const api of apis) {
    try {
      return await work(api);
    } catch (error) {
      if (!isRefusedKey(error)) throw error;
      refusal = error;
    }
  }
  throw refusal;
}

export function isRefusedKey(error: unknown): boolean {
  if (error instanceof ForeignKeyError) return true;
  return error instanceof VapiError && (error.status === 401 || error.status === 403);
}
