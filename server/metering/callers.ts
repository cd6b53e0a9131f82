/** One caller's data across all calls of a tenant, by number or e-mail address: found, exported, erased. */
import { type Actor, recordChange } from '../access/audit.ts';
import { callerHashes } from '../access/identity/caller-hashes.ts';
import { viewLead } from '../access/secrets/lead-content.ts';
import { readIdentity } from '../access/start/identity.ts';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import type { CallReadKind, ErasedCaller, LeadView } from '../contract.ts';
import { invalidField, toApiError } from '../errors.ts';
import { callerIdOf } from '../ledger/caller-id.ts';
import { listCallsOfCaller } from '../store/call-callers.ts';
import { insertCallRead } from '../store/call-reads.ts';
import { findCallResults } from '../store/call-results.ts';
import type { CallRow } from '../store/calls.ts';
import { findFeedback } from '../store/feedback.ts';
import { listLeadsOf } from '../store/leads.ts';
import { findReservation } from '../store/reservations.ts';
import type { Tenant } from '../store/tenants.ts';
import { readPersonalData } from '../vapi/personal-data.ts';
import { deleteOnRequest, readContent } from './content.ts';
import { viewResults } from './results.ts';

/** A person leaves few; more are found once these are erased. */
const mostLeads = 200;

type Position = { createdAt: number; id: string } | null;

/** Newest first. @throws ApiError `invalid_request` for what is neither a number nor an address */
export async function callsOfCaller(
  ctx: Context,
  tenant: Tenant,
  caller: string,
  after: Position,
  limit: number,
): Promise<CallRow[]> {
  return listCallsOfCaller(ctx.store, tenant.id, hashesOf(ctx, tenant, caller), after, limit);
}

function hashesOf(ctx: Context, tenant: Tenant, caller: string): string[] {
  const id = callerIdOf(caller);
  if (id === null)
    throw invalidField('caller', 'use a phone number with its country code, or an e-mail address');
  return callerHashes(ctx.keys.caller, tenant.id, id);
}

/** What the person left as messages, newest first. @throws ApiError as above */
export async function leadsOfCaller(ctx: Context, tenant: Tenant, caller: string): Promise<LeadView[]> {
  const rows = await listLeadsOf(ctx.store, tenant.id, hashesOf(ctx, tenant, caller), mostLeads);
  return rows.map((row) => viewLead(ctx, row));
}

/** Written before the answer: what is not recorded is not shown. */
export async function noteRead(
  ctx: Context,
  tenant: Tenant,
  callId: string,
  kind: CallReadKind,
  { actor }: Actor,
): Promise<void> {
  await insertCallRead(ctx.store, { tenantId: tenant.id, callId, kind, actor, at: ctx.now() });
}

const page = 100;

/** As in the call itself: `shown` = without the outputs that are not for the client. */
type ResultsSeen = 'all' | 'shown' | 'none';

/** All that is kept of each call, here and at Vapi, one after the other; each counts as read. */
export async function* exportCaller(
  ctx: Context,
  tenant: Tenant,
  caller: string,
  by: Actor,
  sees: ResultsSeen,
) {
  let after: Position = null;
  const first = await callsOfCaller(ctx, tenant, caller, after, page);
  const change = { action: 'callers.export', tenant: tenant.slug, before: null, after: null };
  await recordChange(ctx.store, { ...by, ...change }, ctx.now());
  for (let rows = first; ; rows = await callsOfCaller(ctx, tenant, caller, after, page)) {
    for (const row of rows) yield await exportedCall(ctx, tenant, row, by, sees);
    const last = rows.at(-1);
    if (!last || rows.length < page) return;
    after = last;
  }
}

async function exportedCall(ctx: Context, tenant: Tenant, row: CallRow, by: Actor, sees: ResultsSeen) {
  await noteRead(ctx, tenant, row.id, 'export', by);
  const nothing = { customer: null, variables: null, summary: null, structuredData: null, lines: [] };
  const content = await readContent(ctx, tenant, row.id).then(readPersonalData, (error: unknown) => {
    const { code, message } = toApiError(error);
    if (code === 'internal_error') throw error;
    return { ...nothing, problem: message };
  });
  const feedback = await findFeedback(ctx.store, tenant.id, row.id);
  const kept = sees === 'none' ? null : await findCallResults(ctx.store, tenant.id, row.id);
  const results = viewResults(ctx, tenant, kept, sees !== 'all');
  const start = row.sessionId && (await findReservation(ctx.store, tenant.id, row.sessionId));
  return {
    id: row.id,
    type: row.type,
    createdAt: iso(row.createdAt),
    seconds: row.seconds,
    ...content,
    results,
    identity: await readIdentity(ctx, tenant.id, row.id),
    feedback: feedback && { rating: feedback.rating, comment: feedback.comment, at: iso(feedback.at) },
    consent:
      start && start.consentVersion !== null
        ? { version: start.consentVersion, at: iso(start.createdAt) }
        : null,
  };
}

/** Deletes what was said, as for a single call: cost, times and the evidence of consent remain. @throws ApiError */
export async function eraseCalls(
  ctx: Context,
  tenant: Tenant,
  rows: CallRow[],
  by: Actor,
): Promise<Omit<ErasedCaller, 'nextCursor' | 'deletedLeads'>> {
  const ids = rows.map(({ id }) => id);
  const deleted = await deleteOnRequest(ctx, tenant, ids, by);
  return { deleted, notYet: ids.filter((id) => !deleted.includes(id)) };
}
