/** Begins, follows, stops and resumes a close of months. */
import { randomUUID } from 'node:crypto';
import { setTimeout as pause } from 'node:timers/promises';
import { canonicalJson } from '../../base/canonical-json.ts';
import { iso } from '../../base/iso.ts';
import { dayMs, monthIn } from '../../base/time-zone.ts';
import type { Context } from '../../context.ts';
import type { CloseReport, CloseRequest } from '../../contract.ts';
import { ApiError, conflict, invalidField } from '../../errors.ts';
import { hasClients } from '../../store/close-clients.ts';
import {
  type CloseRunRow,
  dropOldRuns,
  findCloseRun,
  insertCloseRun,
  listRunning,
  moveCloseRun,
} from '../../store/close-runs.ts';
import { giveLease, leaseEnd, takeLease } from '../../store/leases.ts';
import { findTenantByHandle } from '../../store/tenants.ts';
import type { BillingContext } from '../stripe/billing-context.ts';
import { driveClose } from './close-drive.ts';
import { leaseOf, wholeReport } from './close-report.ts';

/** A run has its lease until it is finished or stopped, by whichever process. */
const forever = Number.MAX_SAFE_INTEGER;
const dryKeptMs = 35 * dayMs;
/** How soon the end of what other processes have claimed is noticed. */
const lookMs = 500;

/**
 * Begins a close, or finds the running one with the same request: a second click begins nothing.
 * @returns its id
 * @throws ApiError `invalid_request` when the month has not ended in any time zone, `conflict` while another one is running,
 *   `not_found` for an unknown tenant
 */
export async function beginClose(ctx: Context, request: CloseRequest, actor: string): Promise<string> {
  const { store } = ctx;
  checkOver(request, ctx.now());
  const tenant = request.tenant === undefined ? null : await findTenantByHandle(store, request.tenant);
  if (request.tenant !== undefined && !tenant) throw new ApiError('not_found');
  const { month, dryRun } = request;
  const run = {
    ...{ id: `run_${randomUUID()}`, request: canonicalJson(request), actor, startedAt: ctx.now() },
    dryRun: dryRun ? 1 : 0,
    isWhole: month === undefined && tenant === null && !dryRun ? 1 : 0,
  };
  const hasBegun = await store.transaction().execute(async (db) => {
    const lease = { name: leaseOf(dryRun), owner: run.id, expiresAt: forever };
    if (!(await takeLease(db, lease, run.startedAt))) return false;
    await dropOldRuns(db, { idleBefore: run.startedAt - dayMs, dryBefore: run.startedAt - dryKeptMs });
    await insertCloseRun(db, run, tenant?.id ?? null);
    return true;
  });
  if (hasBegun) return run.id;
  const running = (await listRunning(store)).find((other) => other.dryRun === run.dryRun);
  if (running?.request === run.request) return running.id;
  throw await inTheWay(ctx, dryRun, running);
}

async function inTheWay({ store, now }: Context, dryRun: boolean, running?: CloseRunRow): Promise<ApiError> {
  if (running) {
    return conflict(
      `Months are already being closed: ${running.id}. Wait for it, or stop it, and try again.`,
    );
  }
  const until = await leaseEnd(store, leaseOf(dryRun), now());
  if (until === null || until === forever) return conflict('A close has just ended: try again.');
  // A process of an earlier version.
  return conflict(
    `Months are already being closed. A run that was killed blocks this until ${iso(until)}: try again then.`,
  );
}

/** Closing a month that has not ended would bill all earlier ones and say nothing about the month itself. */
function checkOver({ month }: CloseRequest, nowMs: number): void {
  // The zone in which a month ends first; each tenant's own zone is checked later.
  if (month === undefined || month < monthIn('Pacific/Kiritimati', nowMs)) return;
  const message = `${month} has not ended yet: name a month that is over`;
  throw invalidField('month', message);
}

/**
 * Begins or finds a close, works on it, and waits until it is finished or stopped.
 * @throws ApiError as `beginClose`. What fails for one tenant is in the report and does not keep the others from being
 *   billed
 */
export async function closeMonths(
  ctx: BillingContext,
  request: CloseRequest,
  actor: string,
): Promise<CloseReport> {
  const id = await beginClose(ctx, request, actor);
  for (;;) {
    await driveClose(ctx, id);
    const run = await findCloseRun(ctx.store, id);
    if (!run) throw new ApiError('not_found');
    if (run.state !== 'running' || ctx.closing.isStopping) return wholeReport(ctx.store, run);
    await pause(lookMs);
  }
}

/**
 * Begins no further client; those that have begun are finished. Safe to repeat.
 * @throws ApiError `not_found`, `conflict` when it is finished
 */
export async function stopClose(store: Context['store'], id: string): Promise<CloseRunRow> {
  const run = await runOf(store, id);
  await store.transaction().execute(async (db) => {
    if (await moveCloseRun(db, id, 'running', 'stopped')) await giveLease(db, leaseOf(run.dryRun === 1), id);
  });
  const stopped = await runOf(store, id);
  if (stopped.state === 'finished') throw conflict('This close is finished.');
  return stopped;
}

/**
 * Continues a stopped close. Safe to repeat.
 * @throws ApiError `not_found`, `conflict` when it is finished, has no client left, or another one is running
 */
export async function resumeClose(ctx: Context, id: string): Promise<CloseRunRow> {
  const { store } = ctx;
  const run = await runOf(store, id);
  if (run.state === 'running') return run;
  if (run.state === 'finished' || !(await hasClients(store, id, ['pending', 'under-way']))) {
    throw conflict('Nothing of this close is left to do: close months again.');
  }
  const dryRun = run.dryRun === 1;
  const isOurs = await store.transaction().execute(async (db) => {
    // First the run, then the lease, as elsewhere. Another request may have resumed it, and has the lease then.
    if (!(await moveCloseRun(db, id, 'stopped', 'running'))) return true;
    const lease = { name: leaseOf(dryRun), owner: id, expiresAt: forever };
    if (await takeLease(db, lease, ctx.now())) return true;
    await moveCloseRun(db, id, 'running', 'stopped');
    return false;
  });
  if (isOurs) return runOf(store, id);
  throw await inTheWay(
    ctx,
    dryRun,
    (await listRunning(store)).find((other) => other.dryRun === run.dryRun),
  );
}

/** @throws ApiError `not_found` */
export async function runOf(db: Context['store'], id: string): Promise<CloseRunRow> {
  const run = await findCloseRun(db, id);
  if (!run) throw new ApiError('not_found');
  return run;
}
