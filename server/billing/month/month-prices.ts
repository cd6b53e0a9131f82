/**
 * Keeps the price of each client's current months, so that a list of all clients rates nothing: included minutes and
 * tiers make a price depend on all calls of the month. Calculated again in the background once something has changed.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import { StoreUnavailable } from '../../base/store-unavailable.ts';
import { monthIn } from '../../base/time-zone.ts';
import { startWorker, type Worker } from '../../base/worker.ts';
import type { Context } from '../../context.ts';
import { toApiError } from '../../errors.ts';
import { giveLease, takeLease } from '../../store/leases.ts';
import { listUnpriced, type PriceFigures, savePrice, type Unpriced } from '../../store/month-prices.ts';
import { findTenantById } from '../../store/tenants.ts';
import { monthBefore } from '../plan/period.ts';
import { marginOf } from './margin.ts';

const pauseMs = 5000;
const lease = 'month-prices';
/** How long a killed process blocks the others. */
const leaseMs = 60_000;
const atOnce = 50;
/** A price of a million calls takes seconds: it is calculated again every five minutes, not at each call. */
const rest = { ms: 5000, msPerThousandCalls: 300 };
/** What a reader waits for at most: one with few clients never sees an old price. */
const few = { tenants: 20, calls: 1000 };

/** The current month in UTC first, then those that are current or just over somewhere. */
export function currentMonths(nowMs: number): [string, ...string[]] {
  const month = monthIn('UTC', nowMs);
  const ahead = monthIn('Pacific/Kiritimati', nowMs);
  return [month, ...(ahead === month ? [] : [ahead]), monthBefore(month)];
}

export function startMonthPrices(ctx: Context): Worker {
  const owner = randomUUID();
  let isFirst = true;
  return startWorker(ctx.log, pauseMs, async (isStopped) => {
    // A process that has just started answers its first readers before it rates everything that changed meanwhile.
    if (!isFirst) return refreshPrices(ctx, owner, isStopped);
    isFirst = false;
    return false;
  });
}

/**
 * One piece of work, by one process at a time.
 * @param owner names the process
 * @returns whether there may be more to do
 */
export async function refreshPrices(
  ctx: Context,
  owner: string,
  isStopped: () => boolean = () => false,
): Promise<boolean> {
  const own = () => takeLease(ctx.store, { name: lease, owner, expiresAt: ctx.now() + leaseMs }, ctx.now());
  if (!(await own())) return false;
  let ownedAt = ctx.now();
  /** Not before each client: it is a durable write. */
  const stillOwn = async () => {
    if (ctx.now() - ownedAt < leaseMs / 2) return true;
    ownedAt = ctx.now();
    return own();
  };
  try {
    for (const month of currentMonths(ctx.now())) {
      const due = await listUnpriced(ctx.store, month, { nowMs: ctx.now(), rest, limit: atOnce });
      for (const one of due) {
        if (isStopped() || !(await stillOwn())) return false;
        await priceMonth(ctx, one, month);
        // As in `ledger`: a thousand small clients must not block requests either.
        await otherWork();
      }
      if (due.length === atOnce) return true;
    }
    return false;
  } finally {
    await giveLease(ctx.store, lease, owner);
  }
}

/**
 * Before a list is shown: calculates what has changed, if that is little. A database that cannot be written, as one on a
 * full disk, still has its list, with the prices that are there.
 * @param changed how many clients of the list have no current price
 * @returns whether prices were calculated
 */
export async function refreshFew(ctx: Context, month: string, changed: number): Promise<boolean> {
  if (changed === 0 || changed > few.tenants) return false;
  try {
    await priceFew(ctx, month);
    return true;
  } catch (error) {
    if (error instanceof StoreUnavailable) return false;
    throw error;
  }
}

async function priceFew(ctx: Context, month: string): Promise<void> {
  const limit = few.tenants + 1;
  const due = await listUnpriced(ctx.store, month, { nowMs: ctx.now(), rest: null, limit });
  const calls = due.reduce((sum, row) => sum + row.calls, 0);
  if (due.length === limit || calls > few.calls) return;
  for (const one of due) await priceMonth(ctx, one, month);
}

/** Stores the price, or why there is none: a client that cannot be rated does not hold up those behind it. */
async function priceMonth(ctx: Context, from: Unpriced, month: string): Promise<void> {
  const { tenantId } = from;
  const tenant = await findTenantById(ctx.store, tenantId);
  if (!tenant) return;
  let figures: PriceFigures;
  try {
    const { currency, revenueCents, costCents, billed } = await marginOf(ctx.store, tenant, month);
    figures = { currency, priceCents: revenueCents, costCents, billed: billed ? 1 : 0, problem: null };
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    const { code, message } = toApiError(error);
    if (code === 'internal_error') ctx.log.error({ err: error, tenant: tenant.slug, month }, 'no price');
    figures = { currency: null, priceCents: null, costCents: null, billed: null, problem: message };
  }
  await savePrice(ctx.store, { month, tenantId }, from, figures, ctx.now());
}
