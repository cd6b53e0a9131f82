/** The background half of metering: asks about calls that were not fully reported, and sweeps the orgs. */
import { randomUUID } from 'node:crypto';
import { retryKey } from '../access/tenants/public-key.ts';
import { startSharedWorker } from '../base/shared-worker.ts';
import { startWorker, type Worker } from '../base/worker.ts';
import type { Context } from '../context.ts';
import { callKinds } from '../contract.ts';
import { type CallRow, findCall, finishPoll, takeDuePoll } from '../store/calls.ts';
import { findTenantById } from '../store/tenants.ts';
import { askAboutCall } from './ask-call.ts';
import { bookDifference } from './booking.ts';
import { askAboutChat } from './chats.ts';
import { giveUpGone, giveUpPolling } from './give-up.ts';
import { retryPollAt } from './poll-schedule.ts';
import { startSweeps } from './sweeps.ts';
import { releaseWhenDue } from './unused-grants.ts';
import { retryUnwiring } from './unwiring.ts';
import { checkNextWiring } from './wiring-watch.ts';

const minuteMs = 60_000;
const tickMs = 5000;
const pollsAtOnce = 8;

/** One worker each, so that a long sweep does not delay polls, nor many polls the sweep. */
export function startReconciler(ctx: Context): Worker {
  const owner = randomUUID();
  const workers = [
    startSharedWorker<DuePoll>(ctx.log, {
      atOnce: pollsAtOnce,
      pauseMs: tickMs,
      takeDue: (closedTo) => takePoll(ctx, closedTo),
      work: (due) => pollOne(ctx, due),
    }),
    startWorker(ctx.log, tickMs, () => retryUnwiring(ctx)),
    startWorker(ctx.log, tickMs, () => checkNextWiring(ctx)),
    startWorker(ctx.log, tickMs, () => retryKey(ctx)),
    startWorker(ctx.log, minuteMs, async () => {
      await releaseWhenDue(ctx, owner);
      return false;
    }),
    startSweeps(ctx),
  ];
  return {
    async stop() {
      await Promise.all(workers.map((worker) => worker.stop()));
    },
  };
}

/** @returns whether there was a call to ask about */
export async function pollNext(ctx: Context): Promise<boolean> {
  const due = await takePoll(ctx);
  if (due) await pollOne(ctx, due);
  return due !== null;
}

type DuePoll = Pick<CallRow, 'tenantId' | 'id'>;

function takePoll(ctx: Context, closedTo: string[] = []): Promise<DuePoll | null> {
  const now = ctx.now();
  return takeDuePoll(ctx.store, now, (attempts) => retryPollAt(attempts, now), closedTo);
}

/** Never throws, so that a row that cannot be read stops no one. @returns whether Vapi answered */
async function pollOne(ctx: Context, due: DuePoll): Promise<boolean | null> {
  try {
    return await ask(ctx, due);
  } catch (error) {
    ctx.log.error({ err: error, tenantId: due.tenantId, call: due.id }, 'a call could not be asked about');
    return null;
  }
}

async function ask(ctx: Context, { tenantId, id }: DuePoll): Promise<boolean | null> {
  const tenant = await findTenantById(ctx.store, tenantId);
  const row = await findCall(ctx.store, tenantId, id);
  if (!tenant || !row) return null;
  let answered = true;
  try {
    if (row.type === callKinds.chat) {
      const chat = { ...row, reservationId: row.sessionId, at: row.createdAt };
      await bookDifference(ctx, tenant, row, await askAboutChat(ctx, tenant, chat, 'poll'));
    } else if (await askAboutCall(ctx, tenant, row)) await finishPoll(ctx.store, row);
    else await giveUpGone(ctx, tenant, [row.id]);
  } catch (error) {
    ctx.log.warn({ err: error, tenant: tenant.slug, call: row.id }, 'Vapi could not be asked about a call');
    answered = false;
  }
  if (row.pollAt === null) await giveUpPolling(ctx, tenant, row.id);
  return answered;
}
