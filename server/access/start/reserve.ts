/**
 * The one transaction in which a start is decided: it consumes the session, takes a concurrency slot and holds the
 * spend, or leaves no trace. The tenant's row lock makes two starts of one tenant wait for each other, so the counts
 * that are read here still hold when the reservation is written.
 */

import { monthIn } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { Limits } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import {
  countStarts,
  insertReservation,
  type RecentStarts,
  type Reservation,
  readCommitments,
} from '../../store/reservations.ts';
import { lockForStart, type Tenant } from '../../store/tenants.ts';
import type { SessionClaims } from '../identity/session-token.ts';
import { networksPerSite } from '../identity/visitor-network.ts';
import { raiseNotice } from '../notices/notices.ts';
import { holdFor, holdForMessage, leaseEnd } from './limits.ts';
import { isOpen } from './opening-hours.ts';

const modes = { call: 'voice', message: 'chat' };
const holds = { call: holdFor, message: holdForMessage };
/** A conversation has many messages where a visitor has one call. */
const messagesPerCall = 10;

/**
 * A message and a call are counted apart; the slot and the spend that they hold come out of the same limits.
 * @param consentVersion what the visitor has agreed to, kept as evidence
 * @throws ApiError `tenant_paused`, `call_denied` (the tenant does not offer it), `outside_hours`, `session_used`,
 * `rate_limited`, `concurrency_limit`, `budget_exhausted`
 */
export async function reserve(
  ctx: Context,
  tenant: Tenant,
  session: SessionClaims,
  consentVersion: string | null,
  kind: Reservation['kind'] = 'call',
): Promise<Reservation> {
  const now = ctx.now();
  const month = monthIn(tenant.timeZone, now);
  try {
    return await ctx.store.transaction().execute(async (db) => {
      // The tenant was read before the lock; from here on it is as it is now.
      const current = await lockForStart(db, tenant.id, session.generation);
      if (!current) throw new ApiError('tenant_paused');
      const { limits, assistantId, accessMode } = current;
      if (!current.modes.some((mode) => mode === 'hybrid' || mode === modes[kind]))
        throw new ApiError('call_denied');
      if (!isOpen(limits.hours, current.timeZone, now)) throw new ApiError('outside_hours');
      const visitor = { visitorNetwork: session.network, visitorSite: session.site };
      checkStarts(limits, await countStarts(db, tenant.id, visitor, now, kind), kind);
      const { committedMicros, callsInProgress } = await readCommitments(db, tenant.id, month, now);
      if (callsInProgress >= limits.concurrentCalls)
        throw new ApiError('concurrency_limit', { retryAfter: 30 });
      const hold = holds[kind](limits, committedMicros);
      if (!hold) throw new ApiError('budget_exhausted');
      // Whatever comes of it begins before then.
      const leaseExpiresAt = leaseEnd(now, hold.maxSeconds);
      const reservation: Reservation = {
        // One session can begin a call and a message, each once.
        id: kind === 'call' ? session.jti : session.jti.replace(/^ses_/, 'msg_'),
        tenantId: tenant.id,
        kind,
        generation: session.generation,
        month: monthIn(current.timeZone, leaseExpiresAt),
        amountMicros: hold.amountMicros,
        maxSeconds: hold.maxSeconds,
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
      return reservation;
    });
  } catch (error) {
    if (error instanceof ApiError && error.code === 'budget_exhausted') {
      const data = { budgetMicros: tenant.limits.monthlyBudgetMicros };
      await raiseNotice(ctx.store, tenant, 'budget-100', month, data, now);
    }
    throw error;
  }
}

const seconds = { minute: 60, hour: 3600, day: 86_400 };

function checkStarts(limits: Limits, recent: RecentStarts, kind: Reservation['kind']): void {
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
