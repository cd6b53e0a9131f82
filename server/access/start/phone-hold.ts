/**
 * Phone calls that begin at Vapi without asking this server (`phone-request` decides those that ask). One is held for when it
 * is first reported, by the rules of a start and in the same way: the tenant's lock, one transaction. A call without room, and
 * one that has used up what is held for it, is ended by whatever sees it first: a report, the poll that is due at that moment,
 * or a sweep.
 */
import { monthIn } from '../../base/time-zone.ts';
import { type CallChannel, callKinds, type UnwantedReason } from '../../contract.ts';
import type { CallEvent } from '../../ledger/call-event.ts';
import { channelOf } from '../../ledger/channel.ts';
import { isRinging, isUnderWay } from '../../ledger/usage.ts';
import type { CallRow } from '../../store/calls.ts';
import type { Queries } from '../../store/database.ts';
import { findReservation, insertReservation, readCommitments } from '../../store/reservations.ts';
import { lockForStart, type Tenant } from '../../store/tenants.ts';
import { raiseNotice } from '../notices/notices.ts';
import { holdOfWallet, noticeEmpty, type WalletHold } from '../wallet/hold.ts';
import { leaseEnd, leaseGraceSeconds, shortestCallSeconds, spendForCall, worstCost } from './limits.ts';
import { isOpen } from './opening-hours.ts';

export interface PhoneHold {
  unwanted: UnwantedReason | null;
  /** When it has used up what is held for it, in epoch milliseconds; null when nothing is. */
  endsAt: number | null;
}

export const isPhoneCall = ({ type }: Pick<CallRow, 'type'>): boolean =>
  type === callKinds.inbound || type === callKinds.outbound;

/** Of what is held for a call; a tenant can lose a call to another one, which then holds for it too. */
export const phoneHoldId = (tenantId: string, callId: string): string => `tel_${tenantId}_${callId}`;

/**
 * Where numbers ask, one that no one has answered was refused: it hears a sentence or is sent on, and costs no agent.
 * Ending it would cut the sentence short.
 */
const isRefused = ({ phoneCalls }: Tenant, row: CallRow, { squadId }: CallEvent): boolean =>
  phoneCalls === 'ask' && row.type === callKinds.inbound && row.assistantId === null && !squadId;

/**
 * Call it in the transaction that has locked the call's row.
 * @param row after the report; one that rings, or is in progress, is held for
 * @returns null when the tenant's phone calls are not limited, or there is nothing to limit
 */
export async function holdPhoneCall(
  db: Queries,
  tenant: Tenant,
  row: CallRow,
  event: CallEvent,
  nowMs: number,
): Promise<PhoneHold | null> {
  if (tenant.phoneCalls === 'keep' || tenant.deletedAt !== null || !isPhoneCall(row)) return null;
  if (!isUnderWay(row) || isRefused(tenant, row, event)) return null;
  // Once refused it stays so: room that others leave meanwhile would only delay its end.
  if (row.unwanted !== null) return { unwanted: row.unwanted, endsAt: null };
  const id = phoneHoldId(tenant.id, row.id);
  const own = await findReservation(db, tenant.id, id);
  if (own) {
    if (own.generation < tenant.generation) return { unwanted: 'outdated', endsAt: null };
    const endsAt = own.leaseExpiresAt - leaseGraceSeconds * 1000;
    const { committedMicros } = await readCommitments(db, tenant.id, monthIn(tenant.timeZone, nowMs), nowMs);
    const isUsedUp = nowMs >= endsAt || committedMicros > tenant.limits.monthlyBudgetMicros;
    return { unwanted: isUsedUp ? 'used-up' : null, endsAt };
  }
  const current = await lockForStart(db, tenant.id, tenant.generation);
  if (!current) return { unwanted: 'paused', endsAt: null };
  const { limits, timeZone } = current;
  const month = monthIn(timeZone, nowMs);
  const { committedMicros, callsInProgress } = await readCommitments(db, tenant.id, month, nowMs);
  const affordable = spendForCall(limits, committedMicros);
  if (!affordable) {
    const data = { budgetMicros: limits.monthlyBudgetMicros };
    await raiseNotice(db, current, { kind: 'budget-100', period: month, data }, nowMs);
  }
  const isFull = callsInProgress >= limits.concurrentCalls || !isOpen(limits.hours, timeZone, nowMs);
  if (!affordable || isFull) return { unwanted: 'no-room', endsAt: null };
  // One that rings counts for the day on which it is answered, which may have another price.
  const answeredBy = isRinging(row) ? leaseEnd(nowMs, affordable.maxSeconds) : nowMs;
  const began = { from: row.startedAt ?? row.createdAt, to: answeredBy };
  const wish = { channel: channelOf(row.type), maxSeconds: affordable.maxSeconds, ...began };
  const spend = await phoneCallByWallet(db, current, wish, nowMs);
  if (!spend) {
    // A refused report must be kept, so the notice is in its transaction.
    await noticeEmpty(db, current, nowMs);
    return { unwanted: 'no-room', endsAt: null };
  }
  const beganAt = Math.min(nowMs, row.startedAt ?? (row.type === callKinds.inbound ? row.createdAt : nowMs));
  const leaseExpiresAt = leaseEnd(beganAt, spend.maxSeconds);
  await insertReservation(db, {
    ...{ id, tenantId: tenant.id, kind: 'phone', generation: current.generation },
    // One of the month before, reported late, is booked there and uses none of this month's budget.
    ...{ month: monthIn(timeZone, leaseExpiresAt), amountMicros: worstCost(limits, spend.maxSeconds) },
    ...{ priceMicros: spend.priceMicros, pricePool: spend.pricePool },
    ...{ maxSeconds: spend.maxSeconds, state: 'held', leaseExpiresAt, accessMode: current.accessMode },
    ...{ assistantId: row.assistantId ?? '', visitorNetwork: '', visitorSite: null, callId: row.id },
    ...{ consentVersion: null, createdAt: nowMs },
  });
  const endsAt = leaseExpiresAt - leaseGraceSeconds * 1000;
  return { unwanted: nowMs >= endsAt ? 'used-up' : null, endsAt };
}

/**
 * A call is no longer than its client's wallet covers.
 * @param wish it begins between `from` and `to`, in epoch milliseconds
 * @returns null when the wallet does not cover the shortest call
 */
export async function phoneCallByWallet(
  db: Queries,
  tenant: Tenant,
  wish: { channel: CallChannel; maxSeconds: number; from: number; to: number },
  nowMs: number,
): Promise<WalletHold | null> {
  const { maxSeconds } = wish;
  if (tenant.walletOn !== 1) return { maxSeconds, priceMicros: 0, pricePool: null };
  const costOf = (length: number) => worstCost(tenant.limits, length);
  const leastSeconds = Math.min(shortestCallSeconds, maxSeconds);
  return holdOfWallet(db, tenant, { ...wish, leastSeconds, costOf }, nowMs);
}
