/** Books what is reported about a call: row, usage, reservation and notices in one transaction. */
import { callerHashes } from '../access/identity/caller-hashes.ts';
import { noticeBudget, raiseNotice } from '../access/notices/notices.ts';
import { sealControlUrl } from '../access/secrets/tenant-secrets.ts';
import { endUnwanted } from '../access/start/end-call.ts';
import { holdPhoneCall, isPhoneCall, phoneHoldId } from '../access/start/phone-hold.ts';
import { chargeCall } from '../access/wallet/charge.ts';
import { dayIn } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import type { CallEvent } from '../ledger/call-event.ts';
import { doubtOf } from '../ledger/doubt.ts';
import { asNamed, grantedAs } from '../ledger/squad-calls.ts';
import {
  applyEvent,
  newCallRow,
  type UsageEntry,
  usageChanges,
  usageOf,
  voided,
  worthOf,
} from '../ledger/usage.ts';
import { deleteCallers, insertCallers } from '../store/call-callers.ts';
import { claimCall } from '../store/call-owners.ts';
import { deleteResults } from '../store/call-results.ts';
import { type CallRow, insertRevision, lockCall, updateCall } from '../store/calls.ts';
import type { Queries } from '../store/database.ts';
import { deleteCallIdentities } from '../store/identities.ts';
import {
  claimReservation,
  freeSlot,
  releaseHold,
  settleReservation,
  shrinkReservation,
} from '../store/reservations.ts';
import { addToMonths, touchMonths } from '../store/tenant-months.ts';
import type { Tenant } from '../store/tenants.ts';
import { addUsage } from '../store/usage.ts';
import type { MeteringContext } from './metering-context.ts';
import { judgeCallOutcome, takeBackOutcome } from './outcomes.ts';
import { nextPollAfter } from './poll-schedule.ts';
import { keepResults } from './results.ts';
import { judgeCall, type Verdict } from './unwanted.ts';

export interface Ingested {
  /** The call is another tenant's: nothing is stored, and `row` is what it would have been. */
  refused: boolean;
  /** A webhook whose figures are not booked: Vapi is asked about them next. See `doubtOf`. */
  doubted: boolean;
  row: CallRow;
  /** Whether the tenant's usage changed; false for repetitions and for calls in progress. */
  usageChanged: boolean;
  /** Change of the tenant's booked cost; negative when Vapi has corrected it. */
  bookedMicros: number;
  /** Why the call must not continue, or that Vapi must be asked whether it may; null when it may, or is over. */
  unwanted: Verdict;
  /** Whether that was found for the first time. */
  isNewlyUnwanted: boolean;
}

/**
 * Books what Vapi's API or an answer of Vapi's has shown. Durable when it returns. Booking the same event again changes
 * nothing.
 */
export async function ingestCallEvent(ctx: Context, tenant: Tenant, event: CallEvent): Promise<Ingested> {
  const nowMs = ctx.now();
  // Of the call's trace, whatever it was found by.
  return traced(ctx, tenant, { event, apart: true }, () =>
    ctx.store.transaction().execute((db) => book(ctx, db, tenant, event, nowMs)),
  );
}

/**
 * Books what a webhook reports, together with other reports that have arrived. Durable when it returns: a crash before
 * that leaves nothing, so that the sender's retry finds the ledger as it was.
 * @param alongside written in the same transaction, so that it is stored exactly when the event is; also when the call is
 *   another tenant's, because messages to a tenant's own server are passed on regardless
 */
export async function ingestReport(
  ctx: MeteringContext,
  tenant: Tenant,
  event: CallEvent,
  alongside?: (db: Queries) => Promise<void>,
): Promise<Ingested> {
  const nowMs = ctx.now();
  return traced(ctx, tenant, { event }, () =>
    ctx.reports.run(tenant.id, async (db) => {
      const ingested = await book(ctx, db, tenant, event, nowMs);
      // Last, because it may lock what the tenant's other reports wait for.
      await alongside?.(db);
      return ingested;
    }),
  );
}

/** A span that joins the trace of the call's session, as soon as the books have shown which that is. */
function traced(
  ctx: Context,
  tenant: Tenant,
  { event, apart = false }: { event: CallEvent; apart?: boolean },
  work: () => Promise<Ingested>,
): Promise<Ingested> {
  const { tracing } = ctx;
  if (!tracing) return work();
  const attributes = {
    'vapi_agent.tenant': tenant.slug,
    'vapi_agent.report': `${event.source} ${event.kind}`,
  };
  const bookAndJoin = async () => {
    const ingested = await work();
    const { row, refused, usageChanged } = ingested;
    if (refused) return ingested;
    tracing.join(row.sessionId ?? row.id);
    tracing.note({ 'vapi_agent.call': row.id, 'vapi_agent.booked': usageChanged });
    return ingested;
  };
  return tracing.span('book', bookAndJoin, { attributes, apart });
}

async function book(
  ctx: Context,
  db: Queries,
  tenant: Tenant,
  reported: CallEvent,
  nowMs: number,
): Promise<Ingested> {
  const event = asNamed(tenant, reported);
  const fresh = newCallRow(tenant.id, event);
  const { owner, takenFrom, isNewlyConfirmed } = await claimCall(db, {
    callId: event.callId,
    tenantId: tenant.id,
    confirmed: event.source !== 'webhook',
  });
  if (owner !== tenant.id) {
    const nothing = { usageChanged: false, bookedMicros: 0, unwanted: null, isNewlyUnwanted: false };
    return { refused: true, doubted: false, row: fresh, ...nothing };
  }
  if (takenFrom !== null) await voidCall(db, takenFrom, event, nowMs);
  const before = await lockCall(db, fresh);
  const linked = await withSession(db, before, event);
  let after = applyEvent(linked, event, tenant.timeZone, nowMs);
  // Only Vapi's API can bring back a dismissed call.
  const doubtOfReport = before.dismissedAt === null ? doubtOf(before, after, nowMs) : 'ask';
  const doubt = event.source === 'webhook' ? doubtOfReport : 'take';
  after.dismissedAt = null;
  if (doubt === 'ask') after = { ...linked, updatedAt: nowMs };
  if (after.controlUrlSealed === null && event.controlUrl) {
    after.controlUrlSealed = sealControlUrl(ctx.box, tenant.id, after.id, event.controlUrl);
  }
  // Even if its figures are in doubt: something at Vapi reports here.
  if (event.source === 'webhook' && event.kind === 'report') after.reportedAt ??= nowMs;
  const hold = await holdPhoneCall(db, tenant, after, event, nowMs);
  const unwanted = hold?.unwanted ?? (await judgeCall(db, tenant, after, event));
  if (unwanted !== 'ask') after.unwanted ??= unwanted;
  const isNewlyUnwanted = before.unwanted === null && after.unwanted !== null;
  after.pollAt = doubt === 'take' ? nextPollAfter(before, after, nowMs, unwanted !== null) : nowMs;
  // The poll ends it on time, even if nothing more is reported.
  if (hold?.endsAt && hold.endsAt > nowMs) after.pollAt = Math.min(after.pollAt ?? hold.endsAt, hold.endsAt);
  const changes = await writeCall(db, tenant, before, after, { source: event.source, nowMs });
  // Not after a deletion, which may be overtaken by a report that is sent again.
  if (after.contentDeletedAt === null) {
    const hashes = (event.callerIds ?? []).flatMap((id) =>
      callerHashes(ctx.keys.caller.slice(0, 1), tenant.id, id),
    );
    await insertCallers(db, tenant.id, after.id, hashes);
  }
  // What is in doubt is asked for at Vapi, whose answer has the results too.
  const results = doubt === 'ask' ? null : await keepResults(ctx, db, tenant, after, event, nowMs);
  // It can be billed only now.
  if (isNewlyConfirmed && changes.length === 0) await touchMonths(db, tenant.id, [after.usageDay]);
  // It was none by phone after all: nothing would settle what is held.
  if (isPhoneCall(before) && !isPhoneCall(after))
    await releaseHold(db, tenant.id, phoneHoldId(tenant.id, after.id));
  // After all other sums, in every transaction.
  if (doubt !== 'ask') await judgeCallOutcome(ctx, db, tenant, after, results);
  if (after.sessionId !== null || isPhoneCall(after)) await settle(db, tenant, after, event, nowMs);
  if (changes.length > 0) await noticeBudget(db, tenant, nowMs);
  if (event.costRefused)
    await raiseNotice(
      db,
      tenant,
      { kind: 'cost-refused', period: event.callId, data: { source: event.source } },
      nowMs,
    );
  if (isNewlyUnwanted && unwanted === 'no-grant') {
    const day = dayIn(tenant.timeZone, nowMs);
    await raiseNotice(
      db,
      tenant,
      { kind: 'call-without-grant', period: day, data: { call: after.id } },
      nowMs,
    );
  }
  const bookedMicros = changes.reduce((sum, { amounts }) => sum + amounts.costMicros, 0);
  const usageChanged = changes.length > 0;
  const seen = { row: after, usageChanged, bookedMicros, unwanted, isNewlyUnwanted };
  return { refused: false, doubted: doubt === 'ask', ...seen };
}

/** What follows after the commit, wherever it was reported; asking Vapi is left to the caller. */
export function afterIngest(ctx: Context, tenant: Tenant, ingested: Ingested): void {
  const { row, usageChanged, bookedMicros, unwanted, isNewlyUnwanted } = ingested;
  if (usageChanged) ctx.onCallBooked(tenant, row);
  ctx.metrics.bookedMicros.inc(bookedMicros);
  if (unwanted === null || unwanted === 'ask') return;
  endUnwanted(ctx, tenant, { callId: row.id, reason: unwanted, isNew: isNewlyUnwanted });
}

/**
 * The row, the usage of its day and month, the history, and the charge to the tenant's wallet together.
 * @param tenant null when the call is another's after all
 */
export async function writeCall(
  db: Queries,
  tenant: Tenant | null,
  before: CallRow,
  after: CallRow,
  { source, nowMs }: { source: CallEvent['source']; nowMs: number },
): Promise<UsageEntry[]> {
  await updateCall(db, before, after);
  const changes = usageChanges(usageOf(before), usageOf(after));
  for (const { day, assistantId, amounts } of changes) {
    await addUsage(db, { tenantId: after.tenantId, day, assistantId }, amounts);
  }
  await addToMonths(db, after.tenantId, changes);
  // Its kind decides which of the plan's prices it has, and one of unknown length, unlike one of no length, has none yet.
  const isTouched = changes.length === 0 && (after.type !== before.type || after.seconds !== before.seconds);
  if (isTouched) await touchMonths(db, after.tenantId, [after.usageDay]);
  if (changes.length > 0 && after.costMicros !== null) await insertRevision(db, after, source, nowMs);
  // Last, since all bookings of the tenant's calls wait for its wallet.
  // What is worth nothing now is given back even while the wallet is off: no document would.
  const isCharged = tenant === null || tenant.walletOn === 1 || after.dismissedAt !== null;
  if ((changes.length > 0 || isTouched) && isCharged) {
    await chargeCall(db, after, { tenant, isFinal: source !== 'webhook' }, nowMs);
  }
  return changes;
}

/** The tenant received reports of another's call: its row stays, worth nothing, and is not billed. */
async function voidCall(db: Queries, tenantId: string, event: CallEvent, nowMs: number): Promise<void> {
  const before = await lockCall(db, newCallRow(tenantId, event));
  await writeCall(db, null, before, voided(before, nowMs), { source: event.source, nowMs });
  await deleteCallers(db, tenantId, event.callId);
  await deleteResults(db, tenantId, event.callId);
  await takeBackOutcome(db, tenantId, event.callId);
  await deleteCallIdentities(db, tenantId, [event.callId]);
  // Nothing of this tenant's would settle what is held for it.
  await shrinkReservation(db, tenantId, before.id, 0);
}

/** Only calls that we granted, and phone calls that are held for, have a reservation. */
async function settle(
  db: Queries,
  tenant: Tenant,
  row: CallRow,
  { source }: CallEvent,
  nowMs: number,
): Promise<void> {
  if (row.costMicros !== null) return settleReservation(db, tenant.id, row.id, nowMs);
  if (row.status !== 'ended') return;
  await freeSlot(db, tenant.id, row.id, nowMs);
  // Only if Vapi's API says so: the call of a forged report may still be in progress.
  if (source !== 'webhook') {
    await shrinkReservation(db, tenant.id, row.id, worthOf(row, tenant.limits.worstCaseMicrosPerMinute));
  }
}

/**
 * Links the call to the session that it says it came from. In the key modes the browser writes that tag, so it counts
 * only when the session is this tenant's own, became a grant for this assistant and has no other call.
 */
async function withSession(db: Queries, row: CallRow, event: CallEvent): Promise<CallRow> {
  const assistantId = grantedAs(event);
  if (row.sessionId !== null || event.sessionId === null || assistantId === null) return row;
  const claim = { tenantId: row.tenantId, id: event.sessionId, assistantId, callId: row.id };
  const reservation = await claimReservation(db, claim);
  if (!reservation) return row;
  return { ...row, sessionId: reservation.id, accessMode: reservation.accessMode };
}
