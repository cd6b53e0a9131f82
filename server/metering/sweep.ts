/** Compares one org with Vapi: sums first, lists only of what they do not explain. */
import { apisOf, type Org, orgOf, withAcceptedKey } from '../access/tenants/orgs.ts';
import { dayMs } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import type { TenantDrift } from '../contract.ts';
import { sumByAssistant } from '../store/call-sums.ts';
import { findSweep, type Sweep, saveProgress, saveSweptTo } from '../store/sweeps.ts';
import { deletedForMs } from '../store/tenants.ts';
import { adoptReporting } from '../store/wirings.ts';
import type { CallsApi, Patience } from '../vapi/calls-api.ts';
import { applyRetention } from './content.ts';
import { bookUpdated, reconcileOrg } from './reconcile.ts';
import type { Period } from './sums.ts';
import { verdictOn } from './sums-verdict.ts';
import { comparedTo, compareHours, hourMs } from './sweep-hours.ts';
import { giveBackUnclaimed } from './unclaimed.ts';

/** Vapi's list of changes may lag by seconds; what it shows later changes the sums, or is in the daily list. */
const listLagMs = 2 * 60_000;
/** Changes that leave the sums as they are, such as two that cancel out, are looked for this often. */
const changesEveryMs = hourMs;
const partMs = 6 * hourMs;

type Progress = Pick<Sweep, 'sweptTo' | 'changedTo' | 'listedTo' | 'hoursAt' | 'hoursSeen'>;
const neverSwept: Progress = {
  sweptTo: 0,
  changedTo: null,
  listedTo: null,
  hoursAt: null,
  hoursSeen: '{}',
};

/**
 * Books what differs between Vapi and the ledger since the last sweep of the org. Progress is saved, so that an interrupted
 * sweep continues there.
 * @param stopped ends the requests to Vapi
 * @returns its tenants, and whether Vapi gives sums; null when the org has had no tenant for a while
 * @throws VapiError
 */
export async function sweepOrg(
  ctx: Context,
  orgId: string,
  stopped?: AbortSignal,
): Promise<{ org: Org; hasSums: boolean } | null> {
  const now = ctx.now();
  const progress = (await findSweep(ctx.store, orgId)) ?? neverSwept;
  // After a long stop those days may belong to a tenant that has since been deleted.
  const org = await orgOf(ctx, orgId, progress.sweptTo || now);
  const isCurrent = org.tenants.some(({ deletedAt }) => deletedAt === null || deletedAt > now - deletedForMs);
  if (!isCurrent) return null;
  const patience = { retries: false, stopped };
  return withAcceptedKey(apisOf(ctx, org, patience), async (api) => {
    const compared = await compare({ ctx, api, org, progress, stopped });
    await tidy({ ctx, api, org }, compared, patience);
    return { org, hasSums: compared.hasSums };
  });
}

interface Sweeping {
  ctx: Context;
  api: CallsApi;
  org: Org;
  progress: Progress;
  stopped: AbortSignal | undefined;
}

interface Compared {
  until: number;
  /** Every call created before then is in the ledger: the sums have counted no other, or the lists were read. */
  knownTo: number;
  hasSums: boolean;
  /** Whether any list was read. */
  hasListed: boolean;
}

async function compare(sweeping: Sweeping): Promise<Compared> {
  const { ctx, org, progress } = sweeping;
  // By Vapi's clock: what is created or changed there later must not be left out by this sweep and the next.
  const until = Math.min(ctx.now(), ctx.vapiClock.now());
  const beginning = Math.min(...org.tenants.map((tenant) => tenant.createdAt));
  if (until - progress.sweptTo > dayMs) return catchUp(sweeping, beginning, until);
  const from = Math.max(beginning, floorHour(Math.min(progress.sweptTo, until) - dayMs));
  if (from >= until) return { until, knownTo: until, hasSums: true, hasListed: false };
  const compared = await compareRecent(sweeping, { from, to: until });
  const hasListedAll = await listAll(sweeping, beginning, compared);
  await saveSweptTo(ctx.store, org.orgId, until);
  const knownTo = hasListedAll ? until : Math.max(compared.knownTo, progress.listedTo ?? 0);
  return { ...compared, knownTo, hasListed: compared.hasListed || hasListedAll };
}

/** Day by day: after a long stop, and the first time. */
async function catchUp(
  { ctx, api, org, progress, stopped }: Sweeping,
  beginning: number,
  until: number,
): Promise<Compared> {
  const { orgId } = org;
  const { sweptTo } = progress;
  // First: what it books no longer differs, so that no list by creation has to be read for it.
  const changedFrom = (progress.changedTo ?? sweptTo) - hourMs;
  for (const part of sweptTo > 0 ? partsOf({ from: changedFrom, to: until }, dayMs) : []) {
    await bookUpdated(ctx, api, org, part);
    await saveProgress(ctx.store, orgId, { changedTo: part.to });
  }
  let unassignedCalls = 0;
  for (let from = Math.max(beginning, sweptTo - dayMs); from < until; from += dayMs) {
    stopped?.throwIfAborted();
    const to = Math.min(from + dayMs, until);
    const { drifts, unassigned } = await reconcileOrg(ctx, api, org, { from, to });
    unassignedCalls += unassigned.calls;
    await saveSweptTo(ctx.store, orgId, to);
    logCorrections(ctx, drifts);
  }
  await saveSweptTo(ctx.store, orgId, until);
  await saveProgress(ctx.store, orgId, { changedTo: until, listedTo: until });
  await noteUnassigned(ctx, orgId, unassignedCalls);
  return { until, knownTo: until, hasSums: true, hasListed: true };
}

async function compareRecent({ ctx, api, org, progress }: Sweeping, whole: Period): Promise<Compared> {
  const { orgId, tenants } = org;
  const until = whole.to;
  const changedTo = progress.changedTo ?? progress.sweptTo;
  const readChanges = async (overlapMs: number) => {
    for (const part of partsOf({ from: changedTo - overlapMs, to: until })) {
      await bookUpdated(ctx, api, org, part);
      await saveProgress(ctx.store, orgId, { changedTo: part.to });
    }
  };
  const [sums] = (await api.sum([whole])) ?? [];
  if (!sums) {
    await readChanges(hourMs);
    return { until, knownTo: until, hasSums: false, hasListed: true };
  }
  const ids = tenants.map(({ id }) => id);
  const judge = async () =>
    verdictOn(tenants, whole.from, sums, await sumByAssistant(ctx.store, ids, whole.from, until));
  let found = await judge();
  const hasListed = found.verdict === 'differs' || until - changedTo >= changesEveryMs;
  if (hasListed) {
    await readChanges(listLagMs);
    found = await judge();
  }
  let hoursAt = progress.hoursAt ?? 0;
  if (found.verdict !== 'agrees' && until - hoursAt >= hourMs)
    if (await compareHours(ctx, api, org, whole, seenIn(progress))) hoursAt = until;
  await noteUnassigned(ctx, orgId, found.unassigned);
  const knownTo = found.verdict === 'differs' ? comparedTo(hoursAt) : until;
  return { until, knownTo, hasSums: true, hasListed };
}

/**
 * Lists every call once by creation, whatever the sums say: once a day, or every hour when there are none. The list
 * continues where the last one ended.
 */
async function listAll(
  { ctx, api, org, progress }: Sweeping,
  beginning: number,
  { until, hasSums }: Compared,
): Promise<boolean> {
  const { listedTo } = progress;
  if (listedTo !== null && until - listedTo < (hasSums ? dayMs : hourMs)) return false;
  const from = Math.max(beginning, (listedTo ?? until - dayMs) - hourMs);
  if (from >= until) return false;
  let unassignedCalls = 0;
  for (const part of partsOf({ from, to: until })) {
    const { drifts, unassigned } = await reconcileOrg(ctx, api, org, part, { callByCall: true });
    unassignedCalls += unassigned.calls;
    logCorrections(ctx, drifts);
    await saveProgress(ctx.store, org.orgId, { listedTo: part.to });
  }
  if (!hasSums || org.tenants.some(({ squads }) => Object.keys(squads).length > 0))
    await noteUnassigned(ctx, org.orgId, unassignedCalls);
  return true;
}

/** What follows once the calls are known. */
async function tidy(
  { ctx, api, org }: Pick<Sweeping, 'ctx' | 'api' | 'org'>,
  { until, knownTo, hasListed }: Compared,
  patience: Patience,
): Promise<void> {
  for (const tenant of org.tenants) {
    if (hasListed && tenant.deletedAt === null) await adoptReporting(ctx.store, tenant, until - dayMs, until);
    await giveBackUnclaimed(ctx, api, tenant, Math.min(until - hourMs, knownTo));
    await applyRetention(ctx, tenant, patience).catch((error: unknown) => {
      ctx.log.warn({ err: error, tenant: tenant.slug }, 'old content could not be deleted');
    });
  }
}

/** @param calls null = not known */
async function noteUnassigned(ctx: Context, orgId: string, calls: number | null): Promise<void> {
  if (calls === null) return;
  await saveProgress(ctx.store, orgId, { unassignedCalls: calls });
  if (calls > 0) ctx.log.warn({ orgId, calls }, 'calls with an assistant of no tenant');
}

function logCorrections(ctx: Context, drifts: TenantDrift[]): void {
  for (const { tenant, added, changed, missing } of drifts) {
    if (added + changed + missing > 0)
      ctx.log.info({ tenant, added, changed, missing }, 'ledger corrected by a sweep');
  }
}

/** A list that is too long for one turn continues with its next part. */
function partsOf({ from, to }: Period, lengthMs = partMs): Period[] {
  const parts: Period[] = [];
  for (let start = from; start < to; start += lengthMs)
    parts.push({ from: start, to: Math.min(start + lengthMs, to) });
  return parts;
}

const floorHour = (ms: number) => Math.floor(ms / hourMs) * hourMs;

/** @returns nothing when the text is not what this program has written: the hours are then listed once more */
function seenIn({ hoursSeen }: Progress): Record<string, string> {
  try {
    return JSON.parse(hoursSeen) as Record<string, string>;
  } catch {
    return {};
  }
}
