/** Begins and follows month-end runs: jobs on the server, which continue when the page is left. */
import type { CloseClient, CloseReport } from '../../contract.ts';
import { get, getAll, post, Refusal } from './api.ts';

export interface CloseBody {
  month: string;
  graceHours: number;
  dryRun?: boolean;
}

const lookMs = 1000;
/** How often the server may not answer in a row: it may be restarted meanwhile. */
const looksInVain = 120;
/** The same request finds the running close, so one that was lost can be repeated. */
const beginnings = 5;

/** Runs that changed something, newest first. */
export async function pastRuns(): Promise<CloseReport[]> {
  return (await get<{ runs: CloseReport[] }>('billing/runs?dry-runs=false')).runs;
}

/**
 * @param show called repeatedly with how far it is
 * @returns its report, once it is finished or stopped
 * @throws Refusal
 */
export async function runClose(body: CloseBody, show: (run: CloseReport) => void): Promise<CloseReport> {
  for (let attempt = 1; ; attempt += 1) {
    try {
      return await follow(await post<CloseReport>('billing/close', body), show);
    } catch (error) {
      if (!(error instanceof Refusal && isLost(error)) || attempt === beginnings) throw error;
      await pause(lookMs);
    }
  }
}

/** @throws Refusal */
export async function resumeClose(id: string, show: (run: CloseReport) => void): Promise<CloseReport> {
  return follow(await post<CloseReport>(`${pathOf(id)}/resume`, {}), show);
}

/** @throws Refusal */
export async function stopClose(id: string): Promise<void> {
  await post(`${pathOf(id)}/stop`, {});
}

/** @throws Refusal */
export async function follow(begun: CloseReport, show: (run: CloseReport) => void): Promise<CloseReport> {
  let run = begun;
  for (let inVain = 0; run.state === 'running'; ) {
    show(run);
    await pause(lookMs);
    try {
      run = await get<CloseReport>(pathOf(run.id));
      inVain = 0;
    } catch (error) {
      inVain += 1;
      if (!(error instanceof Refusal && isLost(error)) || inVain === looksInVain) throw error;
    }
  }
  return withAllEntries(run);
}

/** Lists have only a run's first entries. @throws Refusal */
export async function withAllEntries(run: CloseReport): Promise<CloseReport> {
  if (!run.entriesLeftOut) return run;
  const clients = await getAll<'clients', CloseClient>(`${pathOf(run.id)}/clients?limit=1000`, 'clients');
  return { ...run, entries: clients.flatMap(({ entries }) => entries), entriesLeftOut: false };
}

const pathOf = (id: string) => `billing/runs/${encodeURIComponent(id)}`;

const isLost = ({ status }: Refusal) => status === 0 || status === 502 || status === 503 || status === 504;

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
