/** One run of closing months, from its start to its report, also when its request is lost on the way. */
import type { CloseReport } from '../../contract.ts';
import { get, post, Refusal } from './api.ts';

export interface CloseBody {
  month: string;
  graceHours: number;
}

const lookMs = 1000;
/** How often in vain: without a new run the request never arrived, without progress the server has stopped. */
const looksForStart = 5;
const looksForProgress = 120;

/** Those that did something, newest first. */
export async function pastRuns(): Promise<CloseReport[]> {
  return (await get<{ runs: CloseReport[] }>('billing/runs?dry-runs=false')).runs;
}

/**
 * @param tell told how many invoices are made, again and again
 * @throws Refusal
 */
export async function runClose(body: CloseBody, tell: (made: number) => void): Promise<CloseReport> {
  // The server may close months by itself meanwhile: ours is the one that was not there before.
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

/** A proxy in between waits for an answer for a minute or so, and a run of many clients takes longer: it goes on. */
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
  throw new Refusal(0, 'offline', 'The run gets no further. Start it again: nothing is billed twice.');
}

function pause(ms: number): Promise<void> {
  return new Promise((resolve) => {
    setTimeout(resolve, ms);
  });
}
