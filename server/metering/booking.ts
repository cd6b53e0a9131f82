/** Books what Vapi's API shows of calls: whose each is, and what is new about it. */
import { ForeignKeyError, type Org } from '../access/tenants/orgs.ts';
import type { Context } from '../context.ts';
import type { CallEvent } from '../ledger/call-event.ts';
import { asNamed } from '../ledger/squad-calls.ts';
import { applyEvent, usageChanges, usageOf } from '../ledger/usage.ts';
import { confirmOwner, findOwners } from '../store/call-owners.ts';
import { type CallResultsRow, findResultsOf } from '../store/call-results.ts';
import { type CallRow, findCalls } from '../store/calls.ts';
import { findNumberOwners } from '../store/phone-numbers.ts';
import type { Tenant } from '../store/tenants.ts';
import { readCallRecord, type VapiCall } from '../vapi/call-record.ts';
import { whoseCall } from './assignment.ts';
import { afterIngest, ingestCallEvent } from './ingest.ts';
import { hasNewResults } from './results.ts';

export interface Assigned {
  event: CallEvent;
  /** Null when it belongs to no tenant of the org. */
  tenant: Tenant | null;
  /** That tenant's. */
  row: CallRow | null;
  /** What is kept of that row's results. */
  kept: CallResultsRow | null;
  /** It belongs to no tenant, not even one of another org or one deleted long ago. */
  isUnassigned: boolean;
}

/**
 * A confirmed call stays its tenant's, even if another gets its assistant later. Otherwise `whoseCall` decides, then the
 * number that was called, and a claim by webhook alone counts for calls whose assistant no tenant has (in a squad, or made up for one call).
 * @param calls as Vapi's API has just shown them, with a key of the org
 * @throws ForeignKeyError
 */
export async function assignCalls(ctx: Context, org: Org, calls: VapiCall[]): Promise<Assigned[]> {
  const askedAt = ctx.now();
  const foreign = calls.find(({ orgId }) => orgId && orgId !== org.orgId);
  if (foreign) throw new ForeignKeyError(foreign.orgId ?? '');
  const ids = calls.map(({ id }) => id);
  const owners = await findOwners(ctx.store, ids);
  const tenantIds = org.tenants.map(({ id }) => id);
  const rows = await findCalls(ctx.store, tenantIds, ids);
  const keptOf = await findResultsOf(ctx.store, rows);
  const rowsByKey = new Map(rows.map((row) => [`${row.tenantId} ${row.id}`, row]));
  const numbers = await findNumberOwners(
    ctx.store,
    calls.flatMap(({ phoneNumberId }) => phoneNumberId ?? []),
  );
  const byNumber = ({ phoneNumberId }: VapiCall) =>
    org.tenants.find(({ id }) => id === numbers.get(phoneNumberId ?? '')) ?? null;
  const unconfirmed = new Map<string, string[]>();
  const assigned = calls.map((call) => {
    const event = readCallRecord(call, askedAt);
    const owner = owners.get(call.id);
    const claimant = org.tenants.find(({ id }) => id === owner?.tenantId) ?? null;
    const createdAt = event.createdAt ?? askedAt;
    const tenant = owner?.confirmed
      ? claimant
      : (whoseCall({ ...event, createdAt }, org.tenants) ?? byNumber(call) ?? claimant);
    const row = (tenant && rowsByKey.get(`${tenant.id} ${call.id}`)) ?? null;
    // A row without an owner was written by a version that had no owners.
    if (tenant && (owner ? tenant === claimant && !owner.confirmed : row !== null)) {
      unconfirmed.set(tenant.id, [...(unconfirmed.get(tenant.id) ?? []), call.id]);
    }
    return {
      event,
      tenant,
      row,
      kept: row && keptOf(row),
      isUnassigned: tenant === null && !owner?.confirmed,
    };
  });
  for (const [tenantId, callIds] of unconfirmed) await confirmOwner(ctx.store, tenantId, callIds, askedAt);
  return assigned;
}

/** Books what Vapi's API has just shown of the org's calls, with a key of the org. */
export async function bookCalls(ctx: Context, org: Org, calls: VapiCall[]): Promise<void> {
  for (const assigned of await assignCalls(ctx, org, calls)) {
    if (assigned.tenant)
      await bookDifference(ctx, assigned.tenant, assigned.row, assigned.event, assigned.kept);
  }
}

/**
 * @param reported by Vapi just now, so it is newer than everything in the row, regardless of clocks
 * @param kept what is kept of the row's results
 * @returns whether there was a difference
 */
export async function bookDifference(
  ctx: Context,
  tenant: Tenant,
  row: CallRow | null,
  reported: CallEvent,
  kept: CallResultsRow | null = null,
): Promise<boolean> {
  const event = {
    ...asNamed(tenant, reported),
    asOf: Math.max(reported.asOf, row?.reportAsOf ?? 0, row?.costAsOf ?? 0),
  };
  const isNew = !row || differs(row, event, tenant.timeZone);
  // Checked each time until its cost is known: a pause may have made it unwanted, or its reservation be too large.
  const isOpen = row?.costMicros === null;
  if (!isNew && !isOpen && !hasNewResults(ctx, tenant, row, event, kept)) return false;
  const booked = await ingestCallEvent(ctx, tenant, event).catch((error: unknown) => {
    // One call that cannot be booked does not block the others; the drift report shows it as a difference.
    ctx.log.error({ err: error, tenant: tenant.slug, call: event.callId }, 'a call could not be booked');
    return null;
  });
  if (!booked || booked.refused) return false;
  afterIngest(ctx, tenant, booked);
  return isNew;
}

function differs(row: CallRow, event: CallEvent, timeZone: string): boolean {
  const next = applyEvent(row, event, timeZone, row.updatedAt);
  const sameState =
    next.status === row.status &&
    next.type === row.type &&
    next.endedReason === row.endedReason &&
    next.createdAt === row.createdAt &&
    // In sums, one of unknown length is as long as one of no length, but only the second has a price.
    next.seconds === row.seconds;
  return !sameState || usageChanges(usageOf(row), usageOf(next)).length > 0;
}
