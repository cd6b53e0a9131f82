/** Keeps account of the pages that were refused, so that the operator can see an attempt, or allow a forgotten page. */
import type { Context } from '../context.ts';
import { countBlockedOrigin } from '../store/blocked-origins.ts';
import type { Tenant } from '../store/tenants.ts';
import { dayIn } from '../time-zone.ts';
import { raiseNotice } from './notices.ts';

export async function recordRefusal(ctx: Context, tenant: Tenant, header: string | undefined): Promise<void> {
  const now = ctx.now();
  await countBlockedOrigin(ctx.store, tenant.id, nameOf(header), now);
  if (await ctx.frontLimits.isRefusalBurst(tenant.id)) {
    await raiseNotice(ctx.store, tenant, 'refused-origins', dayIn(tenant.timeZone, now), {}, now);
  }
}

/** What was written by hand is not worth keeping as it is: only what could be allowed is kept by name. */
function nameOf(header: string | undefined): string {
  if (header === undefined) return '(none)';
  if (header.length > 300 || URL.parse(header)?.origin !== header || header === 'null') return '(malformed)';
  return header;
}
