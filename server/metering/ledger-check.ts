/** Compares a month with Vapi's list before it is frozen: missing reports are booked first, forged ones are not billed. */
import { apisOf, type Org, orgOf, withAcceptedKey } from '../access/tenants/orgs.ts';
import { monthIn, nextMonth } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import { listClaimed } from '../store/call-owners.ts';
import { listUnequalMonths } from '../store/tenant-months.ts';
import type { Tenant } from '../store/tenants.ts';
import type { CallsApi } from '../vapi/calls-api.ts';
import { bookCalls } from './booking.ts';
import { giveUpGone } from './give-up.ts';
import { mostAskedFor, reasonOf, reconcileOrg } from './reconcile.ts';
import type { Period } from './sums.ts';

/** A call counts for the day on which it started, but may have been created and queued the day before. */
const createdBeforeMs = 86_400_000;

/** @returns why the tenant's calls of the period could not be compared; null when they were, and the ledger is right */
export type LedgerCheck = (tenant: Tenant, period: Period) => Promise<string | null>;

/** For one run over many tenants: a shared org is read once. */
export function createLedgerCheck(ctx: Context): LedgerCheck {
  const done = new Map<string, Promise<string | null>>();
  return ({ orgId }, period) => {
    const key = `${orgId} ${period.from} ${period.to}`;
    const check = done.get(key) ?? compare(ctx, orgId, period);
    done.set(key, check);
    return check;
  };
}

async function compare(ctx: Context, orgId: string, { from, to }: Period): Promise<string | null> {
  const org = await orgOf(ctx, orgId, from);
  // Deleted before the period, which cannot contain its calls.
  if (org.tenants.length === 0) return null;
  const period = { from: from - createdBeforeMs, to };
  try {
    const { drifts } = await withAcceptedKey(apisOf(ctx, org), async (api) => {
      const compared = await reconcileOrg(ctx, api, org, period, { callByCall: true });
      for (const tenant of org.tenants) await askAboutClaims(ctx, api, org, tenant, to);
      return compared;
    });
    for (const { tenant, added, changed, missing } of drifts) {
      if (added + changed + missing > 0)
        ctx.log.warn({ tenant, added, changed, missing }, 'ledger corrected before a month was billed');
    }
    for (const tenant of org.tenants) await checkSums(ctx, tenant, { from, to });
    return null;
  } catch (error) {
    ctx.log.warn({ err: error, orgId }, 'a month was not compared with Vapi');
    return reasonOf(error);
  }
}

/** Calls of earlier months, which are in no list of this period: Vapi is asked about each, and the answer settles it. */
async function askAboutClaims(
  ctx: Context,
  api: CallsApi,
  org: Org,
  tenant: Tenant,
  beforeMs: number,
): Promise<void> {
  for (const id of await listClaimed(ctx.store, tenant.id, beforeMs, mostAskedFor)) {
    const call = await api.get(id);
    if (call) await bookCalls(ctx, org, [call]);
    else await giveUpGone(ctx, tenant, [id]);
  }
}

/** The lists' sums against the rows they were made from. Rating reads the rows, so a difference bills nothing wrong. */
async function checkSums(ctx: Context, tenant: Tenant, { from, to }: Period): Promise<void> {
  const months = {
    from: monthIn(tenant.timeZone, from),
    to: nextMonth(monthIn(tenant.timeZone, to - 1)),
  };
  for (const { month, sums } of await listUnequalMonths(ctx.store, tenant.id, months))
    ctx.log.error({ tenant: tenant.slug, month, ...sums }, 'the sums of a month are not those of its calls');
}
