/** Compares the ledger with Vapi's list of an org's calls, and books what is missing or different. */
import {
  apisOf,
  ForeignKeyError,
  isRefusedKey,
  listOrgs,
  type Org,
  withAcceptedKey,
} from '../access/tenants/orgs.ts';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import type { CallTotals, DriftReport, TenantDrift } from '../contract.ts';
import { listGoneIds, listKnownIds, sumCalls } from '../store/calls.ts';
import { handleOf, type Tenant } from '../store/tenants.ts';
import type { CallsApi } from '../vapi/calls-api.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { assignCalls, bookCalls, bookDifference } from './booking.ts';
import { giveUpGone } from './give-up.ts';
import { compareSums, type Period } from './sums.ts';

/** A missing call is looked up by its id before it counts as gone; beyond this many it is only reported. */
export const mostAskedFor = 100;

/** A report names at most this many missing calls; all of them are counted. */
export const mostListed = 100;

/** @param slug only this tenant's org is read, and only this tenant reported */
export async function reconcile(ctx: Context, period: Period, slug?: string): Promise<DriftReport> {
  const report: DriftReport = {
    from: iso(period.from),
    to: iso(period.to),
    tenants: [],
    unassigned: [],
    failures: [],
    requests: 0,
  };
  for (const org of await listOrgs(ctx, slug, period.from)) {
    let apis: CallsApi[] = [];
    try {
      apis = apisOf(ctx, org);
      const { drifts, unassigned } = await withAcceptedKey(apis, (api) =>
        reconcileOrg(ctx, api, org, period),
      );
      report.tenants.push(...drifts.filter((drift) => !slug || drift.tenant === slug));
      if (unassigned.calls > 0) report.unassigned.push({ orgId: org.orgId, ...unassigned });
    } catch (error) {
      ctx.log.warn({ err: error, orgId: org.orgId }, 'org could not be reconciled');
      report.failures.push({ tenants: org.tenants.map(handleOf), reason: reasonOf(error) });
    }
    report.requests += apis.reduce((sum, api) => sum + api.requests(), 0);
  }
  return report;
}

/** For the operator; Vapi's answer stays in the log. */
export function reasonOf(error: unknown): string {
  if (!(error instanceof VapiError)) return 'Something went wrong on our side; see the log';
  if (error instanceof ForeignKeyError)
    return `The private key is of the organization ${error.orgId}: correct the orgId`;
  return isRefusedKey(error) ? 'Vapi refuses the private key' : 'Vapi did not answer';
}

/**
 * Asks for sums of each day first, and reads the lists only of days that differ.
 * @param callByCall reads the lists of all days: sums cannot show corrections that cancel out
 */
export async function reconcileOrg(
  ctx: Context,
  api: CallsApi,
  org: Org,
  period: Period,
  { callByCall = false } = {},
): Promise<{ drifts: TenantDrift[]; unassigned: CallTotals }> {
  const before = await sumOf(ctx, org, period);
  const listed = new Set<string>();
  const vapi = new Map<string, CallTotals>(
    org.tenants.map((tenant) => [tenant.id, { calls: 0, costMicros: 0 }]),
  );
  const work = new Map<string, Work>(org.tenants.map((tenant) => [tenant.id, { added: 0, changed: 0 }]));
  const unassigned: CallTotals = { calls: 0, costMicros: 0 };
  const { agreements, toList } = callByCall
    ? { agreements: [], toList: [period] }
    : await compareSums(ctx, api, org, period);
  for (const agreed of agreements) {
    for (const [tenantId, books] of agreed.books) addTo(vapi.get(tenantId) as CallTotals, books);
    addTo(unassigned, agreed.unassigned);
  }
  for (const { from, to } of toList) {
    for await (const page of api.list('createdAt', from, to)) {
      for (const { tenant, event, row, kept, isUnassigned } of await assignCalls(ctx, org, page)) {
        listed.add(event.callId);
        const books = tenant ? vapi.get(tenant.id) : isUnassigned ? unassigned : null;
        if (books && event.status === 'ended') {
          addTo(books, { calls: 1, costMicros: event.cost?.totalMicros ?? 0 });
        }
        if (tenant && (await bookDifference(ctx, tenant, row, event, kept))) {
          const done = work.get(tenant.id) as Work;
          if (row) done.changed += 1;
          else done.added += 1;
        }
      }
    }
  }
  const drifts: TenantDrift[] = [];
  for (const tenant of org.tenants) {
    const missing = await checkMissing(ctx, api, { org, tenant, period, listedDays: toList, listed });
    const books = vapi.get(tenant.id) as CallTotals;
    const ledger = await sumCalls(ctx.store, tenant.id, period.from, period.to);
    drifts.push({
      tenant: handleOf(tenant),
      vapi: books,
      ledgerBefore: before.get(tenant.id) as CallTotals,
      ledgerAfter: { calls: ledger.calls, costMicros: ledger.costMicros },
      differenceMicros: books.costMicros - ledger.costMicros,
      ...(work.get(tenant.id) as Work),
      missing: missing.length,
      missingIds: missing.slice(0, mostListed),
      callsWithoutCost: ledger.callsWithoutCost,
    });
  }
  return { drifts, unassigned };
}

interface Work {
  added: number;
  changed: number;
}

function addTo(total: CallTotals, { calls, costMicros }: CallTotals): void {
  total.calls += calls;
  total.costMicros += costMicros;
}

/** Books what has changed since then in calls of any age, as far as Vapi marks it. */
export async function bookUpdated(ctx: Context, api: CallsApi, org: Org, period: Period): Promise<void> {
  for await (const page of api.list('updatedAt', period.from, period.to)) await bookCalls(ctx, org, page);
}

/** @returns the booked calls of the period that Vapi does not list, in the order of their ids */
async function checkMissing(
  ctx: Context,
  api: CallsApi,
  of: { org: Org; tenant: Tenant; period: Period; listedDays: Period[]; listed: Set<string> },
): Promise<string[]> {
  const { org, tenant, period, listedDays, listed } = of;
  const known: string[] = [];
  for (const { from, to } of listedDays) known.push(...(await listKnownIds(ctx.store, tenant.id, from, to)));
  // Each time until it is settled, without asking Vapi again about a call that it does not know.
  const goneBefore = (await listGoneIds(ctx.store, tenant.id, period.from, period.to)).filter(
    (id) => !listed.has(id),
  );
  const missing = known.filter((id) => !listed.has(id));
  const gone: string[] = [];
  for (const id of missing.slice(0, mostAskedFor)) {
    const call = await api.get(id);
    if (call) await bookCalls(ctx, org, [call]);
    else gone.push(id);
  }
  await giveUpGone(ctx, tenant, gone);
  return [...goneBefore, ...(missing.length > mostAskedFor ? missing : gone)].sort();
}

async function sumOf(ctx: Context, org: Org, { from, to }: Period): Promise<Map<string, CallTotals>> {
  const sums = new Map<string, CallTotals>();
  for (const tenant of org.tenants) {
    const { calls, costMicros } = await sumCalls(ctx.store, tenant.id, from, to);
    sums.set(tenant.id, { calls, costMicros });
  }
  return sums;
}
