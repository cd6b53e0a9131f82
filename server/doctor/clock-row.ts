import type { Context } from '../context.ts';
import { type Check, type Finding, fail, pass, skipped, warn } from './check.ts';

/** Beyond this the difference is not corrected for (`vapi-clock`). */
const mostCorrectedSeconds = 3600;

/** @param heard whether Vapi has just answered, so that its time is known */
export function clockRow(ctx: Context, heard: () => Promise<boolean>): Check {
  return {
    id: 'clock',
    title: 'Clock',
    async run(): Promise<Finding> {
      if (!(await heard())) return skipped('Vapi did not answer, so its time is not known.');
      const behind = ctx.vapiClock.behindSeconds();
      if (behind === 0) return pass('This server’s clock agrees with Vapi’s.');
      const far = Math.abs(behind) > mostCorrectedSeconds;
      return (far ? fail : warn)(
        `This server’s clock is ${Math.abs(behind)} s ${behind > 0 ? 'behind' : 'ahead of'} Vapi’s.${far ? ' Keys that it signs are refused as invalid.' : ''}`,
        'Correct the clock, and keep it synchronized with NTP.',
      );
    },
  };
}
