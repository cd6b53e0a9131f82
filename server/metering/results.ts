/** What calls achieved, as far as their tenants want it kept: merged from reports, sealed, erased with the content. */
import { callResultsContext } from '../access/secrets/tenant-secrets.ts';
import { dayMs } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import type { CallResults } from '../contract.ts';
import type { CallEvent } from '../ledger/call-event.ts';
import {
  haveSameValues,
  isSuccess,
  mergeResults,
  noResults,
  type Results,
  type ResultsContent,
  type ResultsMeasures,
} from '../ledger/call-results.ts';
import { type CallResultsRow, findCallResults, saveCallResults } from '../store/call-results.ts';
import type { CallRow } from '../store/calls.ts';
import type { Queries } from '../store/database.ts';
import type { Tenant } from '../store/tenants.ts';

/**
 * Writes what the report changes; called under the lock of the call's row.
 * @returns all that is known of the results now; null when the report has none, or nothing more may be kept
 */
export async function keepResults(
  ctx: Context,
  db: Queries,
  tenant: Tenant,
  row: CallRow,
  event: CallEvent,
  nowMs: number,
): Promise<Results | null> {
  if (!event.results || row.contentDeletedAt !== null) return null;
  const before = await findCallResults(db, tenant.id, row.id);
  if (before && before.erasedAt !== null) return null;
  const results = before ? openResults(ctx, before) : noResults();
  // Its cost is booked all the same.
  if (!results) return null;
  const merged = mergeResults(results, event.results, event.asOf, tenant.results);
  const measures = JSON.stringify(merged.measures);
  const content = JSON.stringify(merged.content);
  const hasContent = mayKeep(tenant, row, nowMs) && content !== JSON.stringify(noResults().content);
  if (measures === (before?.measures ?? '{}') && content === JSON.stringify(results.content)) return merged;
  const context = callResultsContext(tenant.id, row.id);
  const success = isSuccess(merged.content.evaluation?.[1]);
  await saveCallResults(db, {
    tenantId: tenant.id,
    callId: row.id,
    success: !hasContent || success === null ? null : Number(success),
    contentSealed: hasContent ? ctx.box.seal(content, context) : null,
    measures,
    language: merged.measures.language?.[1] ?? null,
    contentFrom: hasContent ? row.createdAt : null,
    erasedAt: null,
  });
  return merged;
}

/**
 * What an outcome is judged by.
 * @param merged what `keepResults` has returned @param isJudged whether it was already
 * @returns null when nothing can be said: it is erased, cannot be opened, or is no longer kept since it was judged
 */
export async function resultsToJudge(
  ctx: Context,
  db: Queries,
  tenant: Tenant,
  row: CallRow,
  { merged, isJudged }: { merged: Results | null; isJudged: boolean },
): Promise<Results | null> {
  if (row.contentDeletedAt !== null) return null;
  // Of what is not kept, a later report may have less.
  if (isJudged && !mayKeep(tenant, row, ctx.now())) return null;
  if (merged) return merged;
  const kept = await findCallResults(db, tenant.id, row.id);
  if (!kept) return noResults();
  return kept.erasedAt === null ? openResults(ctx, kept) : null;
}

/** Not when it would be deleted by the next sweep. */
function mayKeep({ contentRetentionDays }: Tenant, { createdAt, goneAt }: CallRow, nowMs: number): boolean {
  if (goneAt !== null) return false;
  return contentRetentionDays === null || createdAt >= nowMs - contentRetentionDays * dayMs;
}

/** Whether a report of an already booked call has results that are not kept yet: analyses come late. */
export function hasNewResults(
  ctx: Context,
  tenant: Tenant,
  row: CallRow,
  event: CallEvent,
  before: CallResultsRow | null,
): boolean {
  if (!event.results || row.contentDeletedAt !== null) return false;
  if (before && before.erasedAt !== null) return false;
  const results = before ? openResults(ctx, before) : noResults();
  if (!results) return false;
  const merged = mergeResults(results, event.results, event.asOf, tenant.results);
  if (!mayKeep(tenant, row, ctx.now())) merged.content = results.content;
  return !haveSameValues(results, merged);
}

/** @returns null when it was sealed with a key that this process does not have; another one may, so it is not empty */
export function openResults({ box, log }: Context, row: CallResultsRow): Results | null {
  const measures = JSON.parse(row.measures) as ResultsMeasures;
  if (row.contentSealed === null) return { ...noResults(), measures };
  try {
    const content = box.open(row.contentSealed, callResultsContext(row.tenantId, row.callId));
    return { content: JSON.parse(content) as ResultsContent, measures };
  } catch (error) {
    log.warn({ err: error, call: row.callId }, 'the results of a call cannot be opened');
    return null;
  }
}

/** @param row null when nothing was reported of them */
export function measuresOf(row: CallResultsRow | null) {
  const { language, latency } = JSON.parse(row?.measures ?? '{}') as ResultsMeasures;
  return { language: language?.[1] ?? null, latency: latency?.[1] ?? null };
}

/**
 * As the tenant's settings want it shown now: what is no longer chosen is not.
 * @param isClient only outputs that are shown to the client
 * @returns null when nothing is kept, or it cannot be opened
 */
export function viewResults(
  ctx: Context,
  tenant: Tenant,
  row: CallResultsRow | null,
  isClient: boolean,
): CallResults | null {
  if (!row || row.contentSealed === null) return null;
  const opened = openResults(ctx, row);
  if (!opened) return null;
  const { content } = opened;
  const outputs = tenant.results.outputs.filter(({ shown }) => shown || !isClient);
  return {
    summary: (tenant.results.summary && content.summary?.[1]) || null,
    evaluation: content.evaluation?.[1] ?? null,
    outputs: outputs.map(({ name, label, type }) => {
      const value = Object.hasOwn(content.outputs, name) ? content.outputs[name]?.[1] : undefined;
      // Kept before its type was changed.
      const isOfType = typeof value === (type === 'text' ? 'string' : type);
      return { name, label, type, value: isOfType ? (value ?? null) : null };
    }),
  };
}
