/** The background half of metering: asks about calls that were not fully reported, and sweeps the orgs. */
import { randomUUID } from 'node:crypto';
import { retryKey } from '../access/tenants/public-key.ts';
import { startWorker, type Worker } from '../base/worker.ts';
import type { Context } from '../context.ts';
import { callKinds } from '../contract.ts';
import { findCall, finishPoll, takeDuePoll } from '../store/calls.ts';
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
