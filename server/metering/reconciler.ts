/** The background half of metering: asks about calls that were not fully reported, and sweeps every org regularly. */
import { randomUUID } from 'node:crypto';
import { apisOf, listOrgs, type Org, orgOf, withAcceptedKey } from '../access/tenants/orgs.ts';
import { retryKey } from '../access/tenants/public-key.ts';
import { dayMs } from '../base/time-zone.ts';
import { startWorker, type Worker } from '../base/worker.ts';
import type { Context } from '../context.ts';
import { callKinds } from '../contract.ts';
import { findCall, finishPoll, takeDuePoll } from '../store/calls.ts';
import { endTurn, takeLease, takeTurn } from '../store/leases.ts';
import { saveSweptTo, saveUnassigned, sweptTo } from '../store/sweeps.ts';
import { findTenantById } from '../store/tenants.ts';
import { adoptReporting } from '../store/wirings.ts';
import type { CallsApi } from '../vapi/calls-api.ts';
import { askAboutCall } from './ask-call.ts';
import { bookDifference } from './booking.ts';
import { askAboutChat } from './chats.ts';
import { applyRetention } from './content.ts';
import { giveUpGone, giveUpPolling } from './give-up.ts';
import { retryPollAt } from './poll-schedule.ts';
import { bookUpdated, reconcileOrg } from './reconcile.ts';
import { giveBackUnclaimed } from './unclaimed.ts';
import { releaseWhenDue } from './unused-grants.ts';
import { retryUnwiring } from './unwiring.ts';
import { checkNextWiring } from './wiring-watch.ts';

const minuteMs = 60_000;
const tickMs = 5000;
const sweepEveryMs = 15 * minuteMs;
/** Looked at again in every sweep: costs settle within minutes, lists may lag. */
const createdOverlapMs = dayMs;
const updatedOverlapMs = 60 * minuteMs;
/** How long a process keeps the sweep without renewing it. */
const leaseMs = 10 * minuteMs;
const leaseName = 'reconciler';

/** One worker each, so that a long sweep does not delay polls, nor many polls the sweep. */
export function startReconciler(ctx: Context): Worker {
  const owner = randomUUID();
  const workers = [
    startWorker(ctx.log, tickMs, () => pollNext(ctx)),
    startWorker(ctx.log, tickMs, () => retryUnwiring(ctx)),
    startWorker(ctx.log, tickMs, () => checkNextWiring(ctx)),
    startWorker(ctx.log, tickMs, () => retryKey(ctx)),
    startWorker(ctx.log, minuteMs, async () => {
      await releaseWhenDue(ctx, owner);
      return false;
    }),
    startWorker(ctx.log, minuteMs, async (isStopped) => {
      await sweepWhenDue(ctx, owner, isStopped);
      return false;
    }),
  ];
  return {
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

/** One of all processes sweeps, once per interval. */
export async function sweepWhenDue(
  ctx: Context,
  owner: string,
  isStopped: () => boolean = () => false,
): Promise<void> {
  const now = ctx.now();
  if (await takeTurn(ctx.store, { name: leaseName, owner, expiresAt: now + leaseMs }, sweepEveryMs, now)) {
    await sweepAll(ctx, owner, isStopped);
  }
}

/** @returns whether there was a call to ask about */
export async function pollNext(ctx: Context): Promise<boolean> {
  const now = ctx.now();
  const due = await takeDuePoll(ctx.store, now, (attempts) => retryPollAt(attempts, now));
  if (!due) return false;
  await pollOne(ctx, due.tenantId, due.id).catch((error: unknown) => {
    ctx.log.error({ err: error, tenantId: due.tenantId, call: due.id }, 'a call could not be asked about');
  });
  return true;
}

async function pollOne(ctx: Context, tenantId: string, callId: string): Promise<void> {
  const tenant = await findTenantById(ctx.store, tenantId);
  const row = await findCall(ctx.store, tenantId, callId);
  if (!tenant || !row) return;
  try {
    if (row.type === callKinds.chat) {
      const chat = { ...row, reservationId: row.sessionId, at: row.createdAt };
      await bookDifference(ctx, tenant, row, await askAboutChat(ctx, tenant, chat, 'poll'));
    } else if (await askAboutCall(ctx, tenant, row)) await finishPoll(ctx.store, row);
    else await giveUpGone(ctx, tenant, [row.id]);
  } catch (error) {
    ctx.log.warn({ err: error, tenant: tenant.slug, call: row.id }, 'Vapi could not be asked about a call');
  }
  if (row.pollAt === null) await giveUpPolling(ctx, tenant, row.id);
}

/** Sweeps every org, unless another process is doing so. */
export async function sweepAll(
  ctx: Context,
  owner: string,
  isStopped: () => boolean = () => false,
): Promise<void> {
  const startedAt = ctx.now();
  const mayGoOn = async () =>
    !isStopped() &&
    takeLease(ctx.store, { name: leaseName, owner, expiresAt: ctx.now() + leaseMs }, ctx.now());
  let isDone = false;
  try {
    for (const org of await listOrgs(ctx)) {
      if (!(await mayGoOn())) return;
      // A problem with one client's key, assistant or call must not stop the metering of the others.
      await sweepOrg(ctx, org, mayGoOn).catch((error: unknown) => {
        ctx.log.warn({ err: error, orgId: org.orgId }, 'org could not be swept');
      });
    }
    isDone = !isStopped();
  } finally {
    await endTurn(ctx.store, leaseName, owner, isDone ? startedAt : null);
  }
}

/**
 * Compares the org's calls since the last sweep, day by day; progress is saved after each day, so that an interrupted
 * sweep continues there.
 * @param mayGoOn asked after each day
 */
export async function sweepOrg(ctx: Context, org: Org, mayGoOn: () => Promise<boolean>): Promise<void> {
  const saved = await sweptTo(ctx.store, org.orgId);
  // After a long stop those days may belong to a tenant that has since been deleted.
  const { tenants } = await orgOf(ctx, org.orgId, saved ?? ctx.now());
  const whole = { ...org, tenants };
  await withAcceptedKey(apisOf(ctx, whole), (api) => sweepWith(ctx, api, whole, saved, mayGoOn));
}

async function sweepWith(
  ctx: Context,
  api: CallsApi,
  org: Org,
  saved: number | null,
  mayGoOn: () => Promise<boolean>,
): Promise<void> {
  const beginning = Math.min(...org.tenants.map((tenant) => tenant.createdAt));
  const until = ctx.now();
  const done = saved ?? beginning;
  let unassignedCalls = 0;
  // First: what it books no longer differs, so that no list by creation has to be read for it.
  if (saved !== null) await bookUpdated(ctx, api, org, { from: done - updatedOverlapMs, to: until });
  for (let from = Math.max(beginning, done - createdOverlapMs); from < until; from += dayMs) {
    const to = Math.min(from + dayMs, until);
    const { drifts, unassigned } = await reconcileOrg(ctx, api, org, { from, to });
    unassignedCalls += unassigned.calls;
    await saveSweptTo(ctx.store, org.orgId, to);
    for (const { tenant, added, changed, missing } of drifts) {
      if (added + changed + missing > 0)
        ctx.log.info({ tenant, added, changed, missing }, 'ledger corrected by a sweep');
    }
    if (!(await mayGoOn())) return;
  }
  await saveUnassigned(ctx.store, org.orgId, unassignedCalls);
  if (unassignedCalls > 0) {
    ctx.log.warn({ orgId: org.orgId, calls: unassignedCalls }, 'calls with an assistant of no tenant');
  }
  for (const tenant of org.tenants) {
    if (tenant.deletedAt === null) await adoptReporting(ctx.store, tenant, until - dayMs, until);
    await giveBackUnclaimed(ctx, api, tenant, until - updatedOverlapMs);
    await applyRetention(ctx, tenant).catch((error: unknown) => {
      ctx.log.warn({ err: error, tenant: tenant.slug }, 'old content could not be deleted');
    });
  }
}
