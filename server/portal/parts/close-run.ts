/** Follows one month-end run from start to report, even when its request is lost. */
import type { CloseReport } from '../../contract.ts';
import { get, post, Refusal } from './api.ts';

export interface CloseBody {
  month: string;
  graceHours: number;
}

const lookMs = 1000;
/** Polls without success before giving up: no new run means the request never arrived, no progress that the server stopped. */
const looksForStart = 5;
const looksForProgress = 120;

/** Runs that changed something, newest first. */
export async function pastRuns(): Promise<CloseReport[]> {
  return (await get<{ runs: CloseReport[] }>('billing/runs?dry-runs=false')).runs;
}

/**
 * @param tell called repeatedly with the number of invoices made so far
 * @throws Refusal
 */
export async function runClose(body: CloseBody, tell: (made: number) => void): Promise<CloseReport> {
  // The server may also close months automatically in the meantime: ours is the run that was not there before.
  const known = new Set((await pastRuns()).map(({ id }) => id));
  const look = async () => (await pastRuns()).find(({ id }) => !known.has(id));
  let isAnswered = false;
  const watch = async () => {
    while (!isAnswered) {
      await pause(lookMs);
      const run = isAnswered ? undefined : await look().catch(() => undefined);
      if (run && !isAnswered) tell(run.entries.length);
    }
  };
  void watch();
  try {
    return await post<CloseReport>('billing/close', body);
  } catch (error) {
    if (!(error instanceof Refusal && isLost(error))) throw error;
    return await follow(look, tell, error);
  } finally {
    isAnswered = true;
  }
}

/** A run with many clients outlasts a proxy's timeout of about a minute, and continues on the server. */
const isLost = ({ status }: Refusal) => status === 0 || status === 502 || status === 504;

async function follow(
  look: () => Promise<CloseReport | undefined>,
  tell: (made: number) => void,
  lost: Refusal,
): Promise<CloseReport> {
  let made = -1;
  for (let inVain = 0; inVain < looksForProgress; inVain += 1) {
    await pause(lookMs);
    const run = await look().catch(() => undefined);
    if (run?.finishedAt) return run;
    if (!run && inVain >= looksForStart) throw lost;
    if (run && run.entries.length > made) {
      made = run.entries.length;
      inVain = 0;
      tell(made);
    }
  }
  throw new Refusal(0, 'offline', 'The run has stalled. Start it again: nothing is billed twice.');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
