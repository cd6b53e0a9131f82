/**
 * The browser's own clock cannot be moved (Chromium does not start under `faketime`): when the system's clock is moved
 * for the tests, the pages' `Date` is moved by the same amount.
 */
import type { BrowserContext } from 'playwright-core';

/** Milliseconds from the real time to the moved one; `faketime` passes the seconds to the processes it starts. */
const shiftMs = (Number(process.env.FAKETIME) || 0) * 1000;

/** Must be called before the first page of the context is opened. */
export async function moveClock(context: BrowserContext): Promise<void> {
  if (shiftMs !== 0) await context.addInitScript(moveDate, shiftMs);
}

/** Runs in the page. */
function moveDate(shiftMs: number): void {
  const Real = Date;
  const now = () => Real.now() + shiftMs;
  class Moved extends Real {
    constructor(...given: number[]) {
      super(...((given.length === 0 ? [now()] : given) as [number]));
    }
    static override now = now;
  }
  globalThis.Date = Moved as DateConstructor;
}
