/**
 * A call by phone that asks first: decided before it costs, by the rules of a start and in one transaction under the tenant's
 * lock. What is granted is in the ledger and held for before Vapi is answered, so that a pause ends it, reports settle it and
 * a poll or a sweep finds it, whatever is lost afterwards.
 */
import { monthIn } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { Limits } from '../../contract.ts';
import { newCallRow } from '../../ledger/usage.ts';
import { findBlockedCaller } from '../../store/blocked-callers.ts';
import { countCallsOfCaller, insertCallers } from '../../store/call-callers.ts';
import { claimCall } from '../../store/call-owners.ts';
import { lockCall, updateCall } from '../../store/calls.ts';
import type { Queries } from '../../store/database.ts';
import { findPhoneNumber } from '../../store/phone-numbers.ts';
import { findReservation, insertReservation, readCommitments } from '../../store/reservations.ts';
import { lockForStart, type Tenant } from '../../store/tenants.ts';
import type { PhoneRequest } from '../../vapi/phone-requests.ts';
import { callerHashes } from '../identity/caller-hashes.ts';
import { raiseNotice } from '../notices/notices.ts';
import { sealControlUrl } from '../secrets/tenant-secrets.ts';
import { namedIn } from '../tenants/squads.ts';
import { noticeEmpty } from '../wallet/hold.ts';
import { leaseEnd, leaseGraceSeconds, spendForCall, worstCost } from './limits.ts';
import { isOpen } from './opening-hours.ts';
import { phoneCallByWallet, phoneHoldId } from './phone-hold.ts';

/** `foreign`: the call or the number is another tenant's. `over`: it has ended, or what was held for it is gone. */
export type PhoneRefusalReason =
  | 'paused'
  | 'closed'
  | 'blocked'
  | 'often'
  | 'busy'
  | 'budget'
  | 'balance'
  | 'foreign'
  | 'over';

export type PhoneDecision = { assistantId: string; maxSeconds: number } | { refused: PhoneRefusalReason };

/** Undoes the transaction: what is refused leaves no trace. */
class Refused extends Error {
  readonly reason: PhoneRefusalReason;
  constructor(reason: PhoneRefusalReason) {
    super(reason);
    this.reason = reason;
  }
}

/** Asked again about the same call, the answer is the same while it is held for. */
export async function decidePhoneCall(
  ctx: Context,
  tenant: Tenant,
  request: PhoneRequest,
): Promise<PhoneDecision> {
  const [now, arrivedAt] = [ctx.now(), performance.now()];
  const { callerId, event, phoneNumberId } = request;
  const number = phoneNumberId === null ? null : await findPhoneNumber(ctx.store, phoneNumberId);
  if (number && number.tenantId !== tenant.id) return { refused: 'foreign' };
  const hashes = callerId === null ? [] : callerHashes(ctx.keys.caller, tenant.id, callerId);
  const wish = { ...request, wanted: number?.assistantId ?? null, hashes };
  try {
    return await inTurn(ctx, tenant.id, async (queue) => {
      await refuseWhenFull(ctx, tenant, event.callId, queue, arrivedAt);
      const held = await ctx.store.transaction().execute((db) => hold(ctx, db, tenant, wish, ctx.now()));
      ctx.wakeSweep(tenant.orgId);
      return held;
    });
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    if (error.reason === 'budget') {
      const data = { budgetMicros: tenant.limits.monthlyBudgetMicros };
      const notice = { kind: 'budget-100', period: monthIn(tenant.timeZone, now), data } as const;
      await raiseNotice(ctx.store, tenant, notice, now);
    }
    if (error.reason === 'balance') await noticeEmpty(ctx.store, tenant, now);
    return { refused: error.reason };
  }
}

interface Queue {
  last: Promise<unknown>;
  /** Why the last look found no room, and when it began, by `performance.now()`. */
  full: { reason: PhoneRefusalReason; since: number } | null;
}
const queues = new WeakMap<object, Map<string, Queue>>();

/** They would wait for the tenant's lock anyway: in a queue they do not keep the connections from other tenants meanwhile. */
function inTurn<Result>(
  { store }: Context,
  tenantId: string,
  work: (queue: Queue) => Promise<Result>,
): Promise<Result> {
  const byTenant = queues.get(store) ?? new Map<string, Queue>();
  queues.set(store, byTenant);
  const queue = byTenant.get(tenantId) ?? { last: Promise.resolve(), full: null };
  byTenant.set(tenantId, queue);
  const result = queue.last.then(() => work(queue));
  const over: Promise<unknown> = result
    .catch(() => {})
    .then(() => {
      if (queue.last === over) byTenant.delete(tenantId);
    });
  queue.last = over;
  return result;
}

/**
 * Most of many at once are refused, and need neither lock nor transaction for that; those that have waited since before a
 * look share what it found. Not where some reasons are answered otherwise than others.
 * @param arrivedAt by `performance.now()`
 * @throws Refused
 */
async function refuseWhenFull(
  ctx: Context,
  tenant: Tenant,
  callId: string,
  queue: Queue,
  arrivedAt: number,
): Promise<void> {
  if (tenant.phoneRefusal.transferTo !== null) return;
  if (queue.full === null || queue.full.since < arrivedAt) {
    const since = performance.now();
    const reason = await whyFull(ctx, tenant);
    queue.full = reason && { reason, since };
  }
  if (queue.full === null) return;
  // One that is held for already is answered as before.
  const own = await findReservation(ctx.store, tenant.id, phoneHoldId(tenant.id, callId));
  if (!own) throw new Refused(queue.full.reason);
}

async function whyFull(ctx: Context, { id, limits, timeZone }: Tenant): Promise<'busy' | 'budget' | null> {
  const now = ctx.now();
  const month = monthIn(timeZone, now);
  const { committedMicros, callsInProgress } = await readCommitments(ctx.store, id, month, now);
  if (callsInProgress >= limits.concurrentCalls) return 'busy';
  return spendForCall(limits, committedMicros) === null ? 'budget' : null;
}

interface Wish extends PhoneRequest {
  /** The assistant that the number is assigned to. */
  wanted: string | null;
  /** Of the caller, under each key, the newest first. */
  hashes: string[];
}

async function hold(ctx: Context, db: Queries, tenant: Tenant, wish: Wish, now: number) {
  const { event, wanted, hashes } = wish;
  // The tenant was read before the lock; this is its current state.
  const current = await lockForStart(db, tenant.id, tenant.generation);
  if (!current) throw new Refused('paused');
  const id = phoneHoldId(tenant.id, event.callId);
  const own = await findReservation(db, tenant.id, id);
  if (own) {
    if (own.state !== 'held' || own.generation < current.generation) throw new Refused('over');
    return { assistantId: own.assistantId, maxSeconds: own.maxSeconds };
  }
  const { limits, timeZone, generation, accessMode } = current;
  if (await findBlockedCaller(db, tenant.id, hashes)) throw new Refused('blocked');
  if (!isOpen(limits.hours, timeZone, now)) throw new Refused('closed');
  if (await callsTooOften(db, tenant.id, hashes, limits, now)) throw new Refused('often');
  const { committedMicros, callsInProgress } = await readCommitments(
    db,
    tenant.id,
    monthIn(timeZone, now),
    now,
  );
  if (callsInProgress >= limits.concurrentCalls) throw new Refused('busy');
  const affordable = spendForCall(limits, committedMicros);
  if (!affordable) throw new Refused('budget');
  const begins = { from: now, to: leaseEnd(now, affordable.maxSeconds) };
  const asked = { channel: 'inbound' as const, maxSeconds: affordable.maxSeconds, ...begins };
  const spend = await phoneCallByWallet(db, current, asked, now);
  if (!spend) throw new Refused('balance');
  const { owner } = await claimCall(db, { callId: event.callId, tenantId: tenant.id, confirmed: false });
  if (owner !== tenant.id) throw new Refused('foreign');
  const row = await lockCall(db, newCallRow(tenant.id, { ...event, createdAt: now }));
  if (row.status === 'ended') throw new Refused('over');
  const assistantId = wanted !== null && namedIn(current).includes(wanted) ? wanted : current.assistantId;
  const { maxSeconds, priceMicros, pricePool } = spend;
  const amountMicros = worstCost(limits, maxSeconds);
  const leaseExpiresAt = leaseEnd(now, maxSeconds);
  await insertReservation(db, {
    ...{ id, tenantId: tenant.id, kind: 'phone', generation, month: monthIn(timeZone, leaseExpiresAt) },
    ...{ amountMicros, priceMicros, pricePool },
    ...{ maxSeconds, state: 'held', leaseExpiresAt, accessMode, assistantId },
    ...{ visitorNetwork: '', visitorSite: null, callId: event.callId, consentVersion: null, createdAt: now },
  });
  await insertCallers(db, tenant.id, event.callId, hashes.slice(0, 1));
  const { controlUrl } = event;
  await updateCall(db, row, {
    ...row,
    assistantId: row.assistantId ?? assistantId,
    // In case its end is never reported, or it never begins.
    pollAt: leaseExpiresAt - leaseGraceSeconds * 1000,
    controlUrlSealed:
      row.controlUrlSealed ??
      (controlUrl === null ? null : sealControlUrl(ctx.box, tenant.id, row.id, controlUrl)),
  });
  return { assistantId, maxSeconds };
}

const minuteMs = 60_000;

/** A caller has the limits of one visitor's network; callers who withhold their number have only those of all. */
async function callsTooOften(
  db: Queries,
  tenantId: string,
  hashes: string[],
  limits: Limits,
  now: number,
): Promise<boolean> {
  if (hashes.length === 0) return false;
  const { callsPerMinutePerIp: minute, callsPerHourPerIp: hour, callsPerDayPerIp: day } = limits;
  const windows = [
    [minuteMs, minute],
    [60 * minuteMs, hour],
    [24 * 60 * minuteMs, day],
  ] as const;
  const since = windows.map(([ms]) => now - ms);
  const counts = await countCallsOfCaller(db, tenantId, hashes, since);
  return windows.some(([, most], index) => (counts[index] ?? 0) >= most);
}
