/** Asks Vapi about one call of the ledger, and books what it says. */
import { apisOf, orgOf } from '../access/tenants/orgs.ts';
import type { Context } from '../context.ts';
import type { CallRow } from '../store/calls.ts';
import type { Tenant } from '../store/tenants.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { bookCalls } from './booking.ts';

/**
 * @returns false when Vapi does not know the call
 * @throws VapiError
 */
export async function askAboutCall(
  ctx: Context,
  tenant: Tenant,
  row: Pick<CallRow, 'id' | 'createdAt'>,
): Promise<boolean> {
  const [api] = apisOf(ctx, { orgId: tenant.orgId, tenants: [tenant] });
  const call = (await api?.get(row.id)) ?? null;
  if (call) await bookCalls(ctx, await orgOf(ctx, tenant.orgId, row.createdAt), [call]);
  return call !== null;
}

/** Without waiting for it; if Vapi does not answer, the next poll asks again. */
export function askSoon(ctx: Context, tenant: Tenant, row: CallRow): void {
  const asked = askAboutCall(ctx, tenant, row).catch((error: unknown) => {
    if (!(error instanceof VapiError)) throw error;
    ctx.log.warn({ err: error, tenant: tenant.slug, call: row.id }, 'Vapi could not be asked about a call');
  });
  ctx.background(asked);
}
