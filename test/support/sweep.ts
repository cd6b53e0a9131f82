import type { Context } from '../../server/context.ts';
import { enroll, type Places, placesOf, sweepNext } from '../../server/metering/sweeps.ts';

/** Sweeps every org now, due or not. */
export async function sweepAll(ctx: Context): Promise<void> {
  await enroll(ctx);
  await ctx.store
    .updateTable('sweeps')
    .set({ nextSweepAt: ctx.now(), claim: null })
    .where('nextSweepAt', 'is not', null)
    .execute();
  await sweepDue(ctx);
}

/** Sweeps the orgs that are due, as one process does: several at the same time. */
export async function sweepDue(ctx: Context, places: Places = placesOf(ctx)): Promise<number> {
  let swept = 0;
  const work = async () => {
    while (!places.stopped.aborted && (await sweepNext(ctx, places))) swept += 1;
  };
  await Promise.all(Array.from({ length: places.atOnce }, work));
  return swept;
}
