/** The report of one month close, saved as it grows, so that a killed run still reports what it did. */
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import type { CloseEntry, CloseReport, CloseRequest } from '../../contract.ts';
import { listBillingRuns, saveBillingRun } from '../../store/billing-runs.ts';

export interface CloseRun {
  id: string;
  /** Call before changing the books, so that a killed run is visible as one that did not finish. */
  begin(): Promise<void>;
  /** Entries that changed the books are saved immediately. An entry can be amended until the run ends. */
  add(entry: CloseEntry): Promise<void>;
  end(): Promise<CloseReport>;
}

/** A run that did nothing and has nothing new to report is not saved: hourly ones would push out those that matter. */
export function openRun(ctx: Context, id: string, request: CloseRequest): CloseRun {
  const startedAt = ctx.now();
  const report: CloseReport = {
    id,
    month: request.month ?? null,
    tenant: request.tenant ?? null,
    dryRun: request.dryRun,
    startedAt: iso(startedAt),
    finishedAt: null,
    entries: [],
    needsPerson: 0,
  };
  let isKept = false;
  const save = async (finishedAt: number | null) => {
    isKept = true;
    report.needsPerson = troubles(report).length;
    await saveBillingRun(ctx.store, {
      id,
      month: request.month ?? '',
      startedAt,
      finishedAt,
      report: JSON.stringify(report),
    });
  };
  return {
    id,
    begin: async () => {
      if (!isKept) await save(null);
    },
    add: async (entry) => {
      report.entries.push(entry);
      if (isKept || hasDone(entry)) await save(null);
    },
    end: async () => {
      const now = ctx.now();
      report.needsPerson = troubles(report).length;
      report.finishedAt = iso(now);
      if (isKept || (await tellsMore(ctx, report))) await save(now);
      return report;
    },
  };
}

/** Entries that need a person's attention. */
function troubles({ entries }: CloseReport): CloseEntry[] {
  return entries.filter(({ problem }) => problem !== undefined);
}

function hasDone({ outcome }: CloseEntry): boolean {
  return outcome === 'finalized' || outcome === 'pushed';
}

/** Whether a run over everything has different troubles from the last such run, or no longer any. */
async function tellsMore({ store }: Context, report: CloseReport): Promise<boolean> {
  if (!isWhole(report)) return report.entries.length > 0;
  const runs = (await listBillingRuns(store, 50)).map((run) => JSON.parse(run.report) as CloseReport);
  const last = runs.find(isWhole);
  return JSON.stringify(troubles(report)) !== JSON.stringify(last ? troubles(last) : []);
}

/** Not limited to a tenant or a month. */
function isWhole({ month, tenant, dryRun }: CloseReport): boolean {
  return month === null && !tenant && !dryRun;
}
