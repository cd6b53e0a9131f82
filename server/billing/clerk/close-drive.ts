/**
 * Works on a close: claims its clients one by one, several at a time, whichever process began it. The claims of a killed
 * process lapse, and its clients are closed by another one, or after the restart.
 */
import { randomUUID } from 'node:crypto';
import { setImmediate as otherWork } from 'node:timers/promises';
import type { Actor } from '../../access/audit.ts';
import { logFailure, startWorker, type Worker } from '../../base/worker.ts';
import { behind } from '../../context.ts';
import { type CloseEntry, type CloseRequest, closeRequestSchema } from '../../contract.ts';
import { createLedgerCheck, type LedgerCheck } from '../../metering/ledger-check.ts';
import {
  type Claim,
  type CloseClientRow,
  claimClients,
  hasFreeClients,
  renewClaims,
  saveClient,
} from '../../store/close-clients.ts';
import { type CloseRunRow, findCloseRun, listRunning } from '../../store/close-runs.ts';
import { findTenantById } from '../../store/tenants.ts';
import type { BillingContext } from '../stripe/billing-context.ts';
import { endIfDone } from './close-report.ts';
import { closeTenant, failedEntry } from './month-close.ts';

/** How long a killed process keeps its clients from others; a running one renews its claims. */
const claimMs = 60_000;
const renewMs = 15_000;
/** How soon a process helps with what another has begun, or continues what a killed one has left. */
const lookMs = 5000;
/** A client at which processes die must not stop the others from being closed. */
const mostTries = 3;

interface Drive {
  ctx: BillingContext;
  run: CloseRunRow;
  request: CloseRequest;
  claim: Claim;
  by: Actor;
  check: LedgerCheck;
}

/** Continues every running close. */
export function startCloseWorker(ctx: BillingContext): Worker {
  const worker = startWorker(ctx.log, lookMs, async () => {
    for (const { id } of await listRunning(ctx.store)) await driveClose(ctx, id);
    return false;
  });
  return {
    async stop() {
      ctx.closing.isStopping = true;
      await worker.stop();
      await Promise.allSettled(ctx.closing.drives.values());
    },
  };
}

/** The same without anyone waiting for it. */
export function beginDrive(ctx: BillingContext, runId: string): void {
  driveClose(ctx, runId).catch((error: unknown) => logFailure(ctx.log, error));
}

/**
 * Resolves when nothing of the run is left for this process: it is finished or stopped, the process is being stopped, or
 * other processes have the last clients.
 * @throws StoreUnavailable when the database fails; the run can be continued
 */
export function driveClose(ctx: BillingContext, runId: string): Promise<void> {
  const { drives } = ctx.closing;
  const known = drives.get(runId);
  if (known) return known;
  // Also when a request has begun it.
  const made = drive(behind(ctx), runId).finally(() => drives.delete(runId));
  drives.set(runId, made);
  return made;
}

async function drive(ctx: BillingContext, runId: string): Promise<void> {
  const run = await findCloseRun(ctx.store, runId);
  if (!run || run.state === 'finished') return;
  const claim = { runId, owner: randomUUID() };
  const renewal = setInterval(() => {
    renewClaims(ctx.store, claim, ctx.now() + claimMs).catch((error: unknown) =>
      ctx.log.warn({ err: error }, 'could not renew the claims of a month close'),
    );
  }, renewMs);
  renewal.unref();
  try {
    await closeClients({
      ...{ ctx, run, claim, check: createLedgerCheck(ctx) },
      request: closeRequestSchema.parse(JSON.parse(run.request)),
      by: { actor: run.actor, requestId: runId },
    });
  } finally {
    clearInterval(renewal);
  }
  await endIfDone(ctx, runId);
}

/** @throws the first failure of the database, after all that has begun has ended */
async function closeClients(drive: Drive): Promise<void> {
  const { ctx, claim } = drive;
  const { store, closing, config } = ctx;
  const underWay = new Set<Promise<unknown>>();
  const failures: unknown[] = [];
  try {
    while (failures.length === 0 && !closing.isStopping) {
      const free = config.closeParallel - underWay.size;
      const now = ctx.now();
      const rows = free > 0 ? await claimClients(store, claim, free, now + claimMs, now) : [];
      for (const row of rows) {
        const one = closeClient(drive, row)
          .catch((error: unknown) => failures.push(error))
          .finally(() => underWay.delete(one));
        underWay.add(one);
      }
      if (rows.length > 0 || (free > 0 && (await hasFreeClients(store, claim.runId, now)))) continue;
      if (underWay.size === 0) break;
      await Promise.race(underWay);
    }
  } finally {
    await Promise.all(underWay);
  }
  if (failures.length > 0) throw failures[0];
}

async function closeClient(drive: Drive, { no, tenantId, tries, handle }: CloseClientRow): Promise<void> {
  const { ctx, claim } = drive;
  // A thousand small tenants must not block requests.
  await otherWork();
  const entries = await closeInTime(drive, tenantId, tries);
  const problems = entries.filter(({ problem }) => problem !== undefined).length;
  // What fails while the process is being stopped may not fail in the next one.
  const isLeft = ctx.closing.isStopping && entries.some(({ outcome }) => outcome === 'failed');
  const result = {
    state: problems > 0 ? 'for-person' : 'done',
    problems,
    entries: JSON.stringify(entries),
  } as const;
  const again = { state: 'pending', problems: 0, entries: '[]' } as const;
  const isOurs = await saveClient(ctx.store, claim, no, isLeft ? again : result);
  if (!isOurs) ctx.log.warn({ run: claim.runId, tenant: handle }, 'another process has closed this client');
}

async function closeInTime(
  { ctx, run, request, by, check }: Drive,
  tenantId: string,
  tries: number,
): Promise<CloseEntry[]> {
  const tenant = await findTenantById(ctx.store, tenantId);
  if (!tenant) return [];
  const failed = (problem: string) => failedEntry({ ctx, tenant, request }, problem);
  if (tries > mostTries) {
    ctx.log.error({ run: run.id, tenant: tenant.slug }, 'a month close was interrupted at this client');
    return [failed(`Interrupted ${mostTries} times while it was being closed; see the log.`)];
  }
  const limit = ctx.closing.limitOf(tenant);
  const entries: CloseEntry[] = [];
  const closedBefore = tries > 1 ? run.startedAt : null;
  const work = closeTenant({ ctx, tenant, request, check, by, limit, closedBefore, entries });
  const isDone = await Promise.race([work.then(() => true), ended(limit)]);
  if (isDone) return entries;
  // It ends after its current step; what it does until then, the next close finds done.
  work.catch((error: unknown) => logFailure(ctx.log, error));
  return [...entries, failed('It took too long, so it was left to the next close.')];
}

function ended(limit: AbortSignal): Promise<false> {
  return new Promise((resolve) => {
    if (limit.aborted) resolve(false);
    else limit.addEventListener('abort', () => resolve(false), { once: true });
  });
}
