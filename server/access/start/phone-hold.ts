/**
 * Phone calls begin at Vapi without asking this server. One is held for when it is first reported, by the rules of a start
 * and in the same way: the tenant's lock, one transaction. A call without room, and one that has used up what is held
 * for it, is ended by whatever sees it first: a report, the poll that is due at that moment, or a sweep.
 */
import { monthIn } from '../../base/time-zone.ts';
import { callKinds, type UnwantedReason } from '../../contract.ts';
import { channelOf } from '../../ledger/channel.ts';
import { isUnderWay } from '../../ledger/usage.ts';
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

/**
 * Call it in the transaction that has locked the call's row.
 * @param row after the report; one that rings, or is in progress, is held for
 * @returns null when the tenant's phone calls are not limited, or there is nothing to limit
 */
export async function holdPhoneCall(
  db: Queries,
  tenant: Tenant,
  row: CallRow,
  nowMs: number,
): Promise<PhoneHold | null> {
  if (tenant.phoneCalls !== 'limit' || tenant.deletedAt !== null || !isPhoneCall(row)) return null;
  if (!isUnderWay(row)) return null;
  // Once refused it stays so: room that others leave meanwhile would only delay its end.
  if (row.unwanted !== null) return { unwanted: row.unwanted, endsAt: null };
  // A tenant can lose a call to another one, which then holds for it too.
  const id = `tel_${tenant.id}_${row.id}`;
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
  const spend = await paidByWallet(db, current, row, affordable.maxSeconds, nowMs);
  if (!spend) return { unwanted: 'no-room', endsAt: null };
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

async function paidByWallet(
  db: Queries,
  tenant: Tenant,
  row: CallRow,
  maxSeconds: number,
  nowMs: number,
): Promise<WalletHold | null> {
  if (tenant.walletOn !== 1) return { maxSeconds, priceMicros: 0, pricePool: null };
  const channel = channelOf(row.type);
  const costOf = (length: number) => worstCost(tenant.limits, length);
  const leastSeconds = Math.min(shortestCallSeconds, maxSeconds);
  const began = { from: row.startedAt ?? row.createdAt, to: nowMs };
  const hold = await holdOfWallet(db, tenant, { channel, maxSeconds, leastSeconds, costOf, ...began }, nowMs);
  if (!hold) await noticeEmpty(db, tenant, nowMs);
  return hold;
}
