/**
 * Sweeps every org at its own pace, several at the same time. The database says whose turn it is, so that any number of
 * processes share the work; one org that is slow, large or broken takes one place, for a limited time.
 */
import { randomUUID } from 'node:crypto';
import { StoreUnavailable } from '../base/store-unavailable.ts';
import { startWorker, type Worker } from '../base/worker.ts';
import type { Context } from '../context.ts';
import {
  endSweep,
  enrollOrgs,
  findSweep,
  lastActivityAt,
  type Sweep,
  saveProgress,
  takeDueSweep,
} from '../store/sweeps.ts';
import { deletedForMs } from '../store/tenants.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { sweepOrg } from './sweep.ts';
import { awakeForMs, cadenceOf, nextSweepAt, retrySweepAt } from './sweep-schedule.ts';

const minuteMs = 60_000;
const tickMs = 2000;
/** An org that needs longer continues in a later turn, after the others. */
const turnMs = 2 * minuteMs;
/** A claim lapses after its turn would have ended, with time to write down what the last answer contained. */
const claimMs = turnMs + minuteMs;
/** A turn that was cut short has not failed if it has read the lists of so much time. */
const leastProgressMs = 60 * minuteMs;

/** The places of one process. */
export interface Places {
  atOnce: number;
  /** How many of them have an org whose last sweep failed. */
  troubled: number;
  /** Ends all turns; the orgs are due again at once. */
  stopped: AbortSignal;
  /** Made at the beginning of a turn; ends it. */
  limit: () => AbortSignal;
}

export function placesOf(ctx: Context, stopped = new AbortController().signal): Places {
  const limit = () => AbortSignal.timeout(turnMs);
  return { atOnce: ctx.config.sweepsAtOnce, troubled: 0, stopped, limit };
}

export function startSweeps(ctx: Context): Worker {
  const stop = new AbortController();
  const places = placesOf(ctx, stop.signal);
  const workers = [
    startWorker(ctx.log, minuteMs, async () => {
      await enroll(ctx);
      return false;
    }),
    ...Array.from({ length: places.atOnce }, () =>
      startWorker(ctx.log, tickMs, () => sweepNext(ctx, places)),
    ),
  ];
  return {
    async stop() {
      stop.abort();
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

/** A new org is swept within a minute, whatever has made its tenant. */
export function enroll(ctx: Context): Promise<void> {
  return enrollOrgs(ctx.store, ctx.now() - deletedForMs, ctx.now());
}

/** @returns whether an org was due */
export async function sweepNext(ctx: Context, places: Places): Promise<boolean> {
  const now = ctx.now();
  const turn = {
    claim: randomUUID(),
    lapsesAt: now + claimMs,
    // If all of Vapi's answers are slow for some orgs, the others still have half of the places.
    onlySound: places.troubled > 0 && places.troubled >= places.atOnce / 2,
  };
  const row = await takeDueSweep(ctx.store, turn, now);
  if (!row) return false;
  const trouble = row.failures > 0 ? 1 : 0;
  places.troubled += trouble;
  try {
    await endSweep(ctx.store, row.orgId, turn.claim, await takeTurn(ctx, row, places));
  } finally {
    places.troubled -= trouble;
  }
  return true;
}

/** How far its lists have been read, all together. */
const reach = ({ sweptTo, changedTo, listedTo }: Sweep) => sweptTo + (changedTo ?? 0) + (listedTo ?? 0);

/** @returns when the org is due again */
async function takeTurn(
  ctx: Context,
  before: Sweep,
  places: Places,
): Promise<Partial<Pick<Sweep, 'nextSweepAt' | 'cadence' | 'failures'>>> {
  const { orgId, failures } = before;
  const limit = places.limit();
  try {
    const swept = await sweepOrg(ctx, orgId, AbortSignal.any([limit, places.stopped]));
    if (!swept) {
      await saveProgress(ctx.store, orgId, { unassignedCalls: 0 });
      return { nextSweepAt: null, failures: 0 };
    }
    const now = ctx.now();
    const { tenants } = swept.org;
    const ids = tenants.map(({ id }) => id);
    const lastChange = Math.max(...tenants.map(({ updatedAt }) => updatedAt));
    const active = Math.max((await lastActivityAt(ctx.store, ids, now - awakeForMs)) ?? 0, lastChange);
    const idle = cadenceOf(active, now);
    // A browser that has been given a key can start a call of which neither a start nor a report shows anything.
    const isWatched = tenants.some(
      ({ accessMode, deletedAt }) => accessMode !== 'proxy' && deletedAt === null,
    );
    const cadence = idle === 'asleep' && isWatched ? 'quiet' : idle;
    // Without sums each sweep reads lists.
    const pace = cadence === 'busy' && !swept.hasSums ? 'quiet' : cadence;
    return { nextSweepAt: nextSweepAt(pace, now), cadence, failures: 0 };
  } catch (error) {
    if (error instanceof StoreUnavailable) throw error;
    const now = ctx.now();
    if (places.stopped.aborted) return { nextSweepAt: now };
    const reached = await findSweep(ctx.store, orgId);
    if (limit.aborted && reached && reach(reached) - reach(before) >= leastProgressMs)
      return { nextSweepAt: now, failures: 0 };
    ctx.log.warn({ err: error, orgId, failures: failures + 1 }, 'org could not be swept');
    const retryAfter = error instanceof VapiError ? error.retryAfter : null;
    return { nextSweepAt: retrySweepAt(failures + 1, retryAfter, now), failures: failures + 1 };
  }
}
