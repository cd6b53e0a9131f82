/** What billing does by itself: every hour, unpaid invoices; and the months, where the operator has left that to it. */

import { startWorker, type Worker } from '../../base/worker.ts';
import { closeRequestSchema } from '../../contract.ts';
import { ApiError } from '../../errors.ts';
import type { BillingContext } from '../stripe/billing-context.ts';
import { closeMonths } from './month-close.ts';
import { sweepOverdue } from './overdue.ts';

const pauseMs = 3_600_000;

export function startBillingClerk(ctx: BillingContext): Worker {
  return startWorker(ctx.log, pauseMs, async () => {
    await sweepOverdue(ctx);
    if (ctx.config.autoClose) await closeDue(ctx);
    return false;
  });
}

async function closeDue(ctx: BillingContext): Promise<void> {
  try {
    const { entries, needsPerson, id } = await closeMonths(ctx, closeRequestSchema.parse({}), 'billing');
    // What waits for a person is in the run's report, and not in the log of every hour.
    const done = entries.filter(({ outcome }) => outcome === 'finalized' || outcome === 'pushed').length;
    if (done > 0) ctx.log.info({ run: id, done, needsPerson }, 'months closed');
  } catch (error) {
    // Another process has it in hand.
    if (!(error instanceof ApiError && error.code === 'conflict')) throw error;
  }
}
