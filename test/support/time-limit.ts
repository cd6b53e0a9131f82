/**
 * Time limits as a net: far away from what anything takes, so that only what hangs is caught. What a test waits for is
 * a condition; what it wants to look at, it holds.
 */

/** How many times slower than usual this machine is, as the run has measured it; 1 where nobody has. */
export const slowness = Math.max(1, Number(process.env.TEST_SLOWNESS) || 1);

/** Milliseconds for anything that a browser or a server does; no test depends on it passing. */
export const farMs = 60_000 * slowness;
