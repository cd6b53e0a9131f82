/** How far a close is, and what it has done. */
import { createHash } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import type { Context } from '../../context.ts';
import type { CloseEntry, CloseReport, CloseRequest } from '../../contract.ts';
import { countClients, listClients } from '../../store/close-clients.ts';
import { type CloseRunRow, endCloseRun, findCloseRun, findLastWhole } from '../../store/close-runs.ts';
import type { Queries } from '../../store/database.ts';
import { giveLease } from '../../store/leases.ts';

/** What is stored with a finished close. */
interface CloseSummary {
  done: number;
  forPerson: number;
  needsPerson: number;
  totals: CloseReport['totals'];
  /** A hash of the entries with a problem; empty when there are none. */
  troubles: string;
}

/** A run of ten thousand clients is read in parts. */
const entriesInList = 100;
const clientsPerPage = 500;

/** The right to be the only close, or the only dry run. */
export const leaseOf = (dryRun: boolean) => (dryRun ? 'month-close-dry-run' : 'month-close');

/** With every entry. */
export async function wholeReport(db: Queries, run: CloseRunRow): Promise<CloseReport> {
  const [report] = await headsOf(db, [run]);
  return { ...(report as CloseReport), entries: await entriesOf(db, run.id), entriesLeftOut: false };
}

/** With at most the entries of the first hundred clients each. */
export async function reportsOf(db: Queries, runs: CloseRunRow[]): Promise<CloseReport[]> {
  const reports: CloseReport[] = [];
  for (const report of await headsOf(db, runs)) {
    const page = { after: 0, limit: entriesInList + 1, withEntries: true };
    const clients = await listClients(db, report.id, page);
    const entries = clients.slice(0, entriesInList).flatMap(readEntries);
    reports.push({ ...report, entries, entriesLeftOut: clients.length > entriesInList });
  }
  return reports;
}

export function readEntries({ entries }: { entries: string }): CloseEntry[] {
  return JSON.parse(entries) as CloseEntry[];
}

async function headsOf(db: Queries, runs: CloseRunRow[]): Promise<CloseReport[]> {
  const open = runs.filter(({ summary }) => summary === null).map(({ id }) => id);
  const counts = await countClients(db, open);
  return runs.map((run) => {
    const { month = null, tenant = null, dryRun } = JSON.parse(run.request) as CloseRequest;
    const own = counts.filter(({ runId }) => runId === run.id);
    const inState = (state: string) => own.find((count) => count.state === state)?.clients ?? 0;
    const summary = run.summary === null ? null : (JSON.parse(run.summary) as CloseSummary);
    return {
      ...{ id: run.id, month, tenant, dryRun, state: run.state },
      startedAt: iso(run.startedAt),
      finishedAt: run.finishedAt === null ? null : iso(run.finishedAt),
      progress: {
        pending: inState('pending'),
        underWay: inState('under-way'),
        done: summary?.done ?? inState('done'),
        forPerson: summary?.forPerson ?? inState('for-person'),
      },
      totals: summary?.totals ?? [],
      entries: [],
      entriesLeftOut: false,
      needsPerson: summary?.needsPerson ?? own.reduce((sum, { problems }) => sum + problems, 0),
    };
  });
}

async function entriesOf(db: Queries, runId: string): Promise<CloseEntry[]> {
  const entries: CloseEntry[] = [];
  for (let after = 0; ; ) {
    const page = await listClients(db, runId, { after, limit: clientsPerPage, withEntries: true });
    entries.push(...page.flatMap(readEntries));
    const last = page.at(-1);
    if (!last || page.length < clientsPerPage) return entries;
    after = last.no;
  }
}

/** Finishes the close once all its clients have been tried. Any process may call it, at any time. */
export async function endIfDone(ctx: Context, runId: string): Promise<void> {
  const { store } = ctx;
  const counts = await countClients(store, [runId]);
  if (counts.some(({ state }) => state === 'pending' || state === 'under-way')) return;
  const run = await findCloseRun(store, runId);
  if (!run || run.state === 'finished') return;
  const entries = await entriesOf(store, runId);
  const clients = (state: string) => counts.find((count) => count.state === state)?.clients ?? 0;
  const summary: CloseSummary = {
    done: clients('done'),
    forPerson: clients('for-person'),
    needsPerson: troublesIn(entries).length,
    totals: totalsOf(entries),
    troubles: hashOf(troublesIn(entries)),
  };
  const isKept = entries.some(hasDone) || (await reportsMore(store, run, entries, summary));
  const end = { finishedAt: ctx.now(), kept: isKept ? 1 : 0, summary: JSON.stringify(summary) };
  await store.transaction().execute(async (db) => {
    if (await endCloseRun(db, runId, end)) await giveLease(db, leaseOf(run.dryRun === 1), runId);
  });
}

/** Entries that need a person's attention. */
function troublesIn(entries: CloseEntry[]): CloseEntry[] {
  return entries.filter(({ problem }) => problem !== undefined);
}

function hashOf(troubles: CloseEntry[]): string {
  return troubles.length === 0 ? '' : createHash('sha256').update(JSON.stringify(troubles)).digest('hex');
}

function hasDone({ outcome }: CloseEntry): boolean {
  return outcome === 'finalized' || outcome === 'pushed';
}

/**
 * Whether a run over everything has different troubles from the last such run, or no longer any. Hourly runs without news
 * would push out those that matter.
 */
async function reportsMore(
  db: Queries,
  run: CloseRunRow,
  entries: CloseEntry[],
  { troubles }: CloseSummary,
): Promise<boolean> {
  if (run.isWhole === 0) return entries.length > 0;
  const last = await findLastWhole(db);
  const before = last?.summary ? (JSON.parse(last.summary) as CloseSummary).troubles : '';
  return troubles !== before;
}

function totalsOf(entries: CloseEntry[]): CloseReport['totals'] {
  const made = entries.filter(({ outcome }) => /^(would-finalize|finalized|pushed)$/.test(outcome));
  return [...Map.groupBy(made, ({ currency }) => currency ?? 'usd')].map(([currency, its]) => ({
    currency,
    invoices: its.length,
    totalCents: its.reduce((sum, { totalCents }) => sum + (totalCents ?? 0), 0),
  }));
}
