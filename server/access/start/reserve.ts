/**
 * The one transaction that decides a start: it consumes the session and reserves a concurrency slot and the spend, or
 * leaves no trace. The tenant's row lock serializes two starts of one tenant, so the counts read here are still valid
 * when the reservation is written.
 */
import { monthIn } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { Limits } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import type { Queries } from '../../store/database.ts';
import { insertReservation, type Reservation, readCommitments } from '../../store/reservations.ts';
import { countStart, type RecentStarts, readStarts } from '../../store/starts.ts';
import { lockForStart, type Tenant } from '../../store/tenants.ts';
import type { SessionClaims } from '../identity/session-token.ts';
import { networksPerSite } from '../identity/visitor-network.ts';
import { raiseNotice } from '../notices/notices.ts';
import { checkSiteAssistant } from '../tenants/site-assistants.ts';
import { holdOfWallet, noticeEmpty, type WalletHold } from '../wallet/hold.ts';
import {
  leaseEnd,
  type ReservedSpend,
  shortestCallSeconds,
  spendForCall,
  spendForMessage,
  worstCost,
} from './limits.ts';
import { isOpen } from './opening-hours.ts';

const modes = { call: 'voice', message: 'chat' };
const spendFor = { call: spendForCall, message: spendForMessage };
/** A conversation has many messages where a visitor has one call. */
const messagesPerCall = 10;

interface Wish {
  consentVersion: string | null;
  kind: 'call' | 'message';
  /** A shorter call than the tenant's longest. */
  mostSeconds?: number;
}

/**
 * Messages and calls are counted separately; the slots and the spend that they reserve share the same limits.
 * @param wish its consentVersion is what the visitor agreed to, kept as evidence
 * @throws ApiError `tenant_paused`, `assistant_not_allowed`, `call_denied` (the tenant does not offer it), `outside_hours`,
 * `session_used`, `rate_limited`, `concurrency_limit`, `budget_exhausted`, `balance_empty`
 */
export async function reserve(
  ctx: Context,
  tenant: Tenant,
  session: SessionClaims,
  { consentVersion, kind, mostSeconds = Number.POSITIVE_INFINITY }: Wish,
): Promise<Reservation> {
  const now = ctx.now();
  const month = monthIn(tenant.timeZone, now);
  try {
    const reserved = await ctx.store.transaction().execute(async (db) => {
      // The tenant was read before the lock; this is its current state.
      const current = await lockForStart(db, tenant.id, session.generation);
      if (!current) throw new ApiError('tenant_paused');
      const { limits, accessMode } = current;
      const assistantId = checkSiteAssistant(current, session.assistant);
      if (!current.modes.some((mode) => mode === 'hybrid' || mode === modes[kind]))
        throw new ApiError('call_denied');
      if (!isOpen(limits.hours, current.timeZone, now)) throw new ApiError('outside_hours');
      const visitor = { visitorNetwork: session.network, visitorSite: session.site };
      checkStarts(limits, await readStarts(db, { tenantId: tenant.id, kind, ...visitor }, now), kind);
      const { committedMicros, callsInProgress } = await readCommitments(db, tenant.id, month, now);
      if (callsInProgress >= limits.concurrentCalls)
        throw new ApiError('concurrency_limit', { retryAfter: 30 });
      const maxCallSeconds = Math.min(limits.maxCallSeconds, mostSeconds);
      const affordable = spendFor[kind]({ ...limits, maxCallSeconds }, committedMicros);
      if (!affordable) throw new ApiError('budget_exhausted');
      const spend = await paidByWallet(db, current, kind, affordable, now);
      // The call or message begins before then.
      const leaseExpiresAt = leaseEnd(now, spend.maxSeconds);
      const reservation: Reservation = {
        // One session can begin a call and a message, each once.
        id: kind === 'call' ? session.jti : session.jti.replace(/^ses_/, 'msg_'),
        tenantId: tenant.id,
        kind,
        generation: session.generation,
        month: monthIn(current.timeZone, leaseExpiresAt),
        amountMicros: spend.amountMicros,
        priceMicros: spend.priceMicros,
        pricePool: spend.pricePool,
        maxSeconds: spend.maxSeconds,
        state: 'held',
        leaseExpiresAt,
        accessMode,
        assistantId,
        ...visitor,
        callId: null,
        consentVersion,
        createdAt: now,
      };
      if (!(await insertReservation(db, reservation))) throw new ApiError('session_used');
      await countStart(db, reservation);
      return reservation;
    });
    ctx.wakeSweep(tenant.orgId);
    return reserved;
  } catch (error) {
    if (error instanceof ApiError && error.code === 'budget_exhausted') {
      const data = { budgetMicros: tenant.limits.monthlyBudgetMicros };
      await raiseNotice(ctx.store, tenant, { kind: 'budget-100', period: month, data }, now);
    }
    if (error instanceof ApiError && error.code === 'balance_empty')
      await noticeEmpty(ctx.store, tenant, now);
    throw error;
  }
}

/**
 * A call is no longer than the wallet covers; a message is covered or refused.
 * @throws ApiError `balance_empty`
 */
async function paidByWallet(
  db: Queries,
  tenant: Tenant,
  kind: Wish['kind'],
  spend: ReservedSpend,
  nowMs: number,
): Promise<ReservedSpend & WalletHold> {
  if (tenant.walletOn !== 1) return { ...spend, priceMicros: 0, pricePool: null };
  const { maxSeconds } = spend;
  const isCall = kind === 'call';
  const costOf = (length: number) => (isCall ? worstCost(tenant.limits, length) : spend.amountMicros);
  const hold = await holdOfWallet(
    db,
    tenant,
    {
      ...{ channel: isCall ? 'web' : 'chat', maxSeconds, costOf },
      leastSeconds: isCall ? Math.min(shortestCallSeconds, maxSeconds) : maxSeconds,
      ...{ from: nowMs, to: leaseEnd(nowMs, maxSeconds) },
    },
    nowMs,
  );
  if (!hold) throw new ApiError('balance_empty');
  return { ...hold, amountMicros: costOf(hold.maxSeconds) };
}

const seconds = { minute: 60, hour: 3600, day: 86_400 };

function checkStarts(limits: Limits, recent: RecentStarts, kind: Wish['kind']): void {
  const times = kind === 'call' ? 1 : messagesPerCall;
  const { callsPerMinutePerIp: minute, callsPerHourPerIp: hour, callsPerDayPerIp: day } = limits;
  const allowed = {
    network: { minute, hour, day },
    site: { minute: minute * networksPerSite, hour: hour * networksPerSite, day: day * networksPerSite },
    all: { minute: limits.callsPerMinute, hour: limits.callsPerHour, day: limits.callsPerDay },
  };
  for (const who of ['network', 'site', 'all'] as const) {
    for (const window of ['day', 'hour', 'minute'] as const) {
      if (recent[who][window] >= allowed[who][window] * times) {
        throw new ApiError('rate_limited', { retryAfter: seconds[window] });
      }
    }
  }
}
