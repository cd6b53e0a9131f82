/** What billing does automatically every hour: unpaid invoices, grants that have expired, and the months where automatic closing is enabled. */
import { startWorker, type Worker } from '../../base/worker.ts';
import { closeRequestSchema } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import { hasClients } from '../../store/close-clients.ts';
import { findNewestWhole } from '../../store/close-runs.ts';
import { sweepGrants } from '../books/wallet-payment.ts';
import type { BillingContext } from '../stripe/billing-context.ts';
import { closeMonths } from './close-job.ts';
import { sweepOverdue } from './overdue.ts';

const pauseMs = 3_600_000;

export function startBillingClerk(ctx: BillingContext): Worker {
  return startWorker(ctx.log, pauseMs, async () => {
    await sweepOverdue(ctx);
    await sweepGrants(ctx);
    if (ctx.config.autoClose) await closeDue(ctx);
    return false;
  });
}

/** Closes what is due, unless someone has stopped the last close of all clients and not resumed it. */
export async function closeDue(ctx: BillingContext): Promise<void> {
  const last = await findNewestWhole(ctx.store);
  if (last?.state === 'stopped' && (await hasClients(ctx.store, last.id, ['pending', 'under-way']))) return;
  try {
    const request = closeRequestSchema.parse({});
    const { entries, needsPerson, id } = await closeMonths(ctx, request, 'billing');
    // What needs a person is in the run's report; it is not logged every hour.
    const done = entries.filter(({ outcome }) => outcome === 'finalized' || outcome === 'pushed').length;
    if (done > 0) ctx.log.info({ run: id, done, needsPerson }, 'months closed');
  } catch (error) {
    // Months are being closed with another request.
    if (!(error instanceof ApiError && error.code === 'conflict')) throw error;
  }
}
