/** Keeps tables that are only looked back on for a while from growing for ever; the ledger and the books never shrink. */
import { dayMs } from '../base/time-zone.ts';
import { startWorker, type Worker } from '../base/worker.ts';
import type { Context } from '../context.ts';
import { eraseResultsOfDeleted } from '../store/call-results.ts';
import { deleteIdentitiesOfDeleted } from '../store/identities.ts';
import {
  pruneAudit,
  pruneCallReads,
  pruneLeads,
  pruneNotices,
  pruneStartCounts,
  pruneStarts,
} from '../store/pruning.ts';

const pauseMs = 3_600_000;
/** In one statement; every process may delete, each other rows. */
const batch = 1000;
/** Limits look back one day; a call that is reported this long after its start is no longer looked for. */
const startsKeptMs = 35 * dayMs;
const countsKeptMs = 2 * dayMs;
/** What calls of a deleted client achieved, and who called. */
const deletedResultsKeptMs = 30 * dayMs;

export function startPruning(ctx: Context): Worker {
  return startWorker(ctx.log, pauseMs, () => pruneNext(ctx));
}

/** @returns whether there may be more */
export async function pruneNext(ctx: Context): Promise<boolean> {
  const now = ctx.now();
  await pruneStartCounts(ctx.store, now - countsKeptMs);
  const { keepDays } = ctx.config;
  const more = [
    await pruneStarts(ctx.store, now - startsKeptMs, batch),
    await pruneLeads(ctx.store, now, batch),
    await eraseResultsOfDeleted(ctx.store, now - deletedResultsKeptMs, batch, now),
    await deleteIdentitiesOfDeleted(ctx.store, now - deletedResultsKeptMs, batch),
  ];
  if (keepDays !== null) {
    more.push(await pruneAudit(ctx.store, now - keepDays * dayMs, batch));
    more.push(await pruneCallReads(ctx.store, now - keepDays * dayMs, batch));
    more.push(await pruneNotices(ctx.store, now - keepDays * dayMs, batch));
  }
  return more.includes(true);
}
