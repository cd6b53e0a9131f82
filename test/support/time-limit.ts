/**
 * Time limits as a net: far away from what anything takes, so that only what hangs is caught. What a test waits for is
 * a condition; what it wants to look at, it holds.
 */
import { slowness } from './until.ts';

/** Milliseconds for anything that a browser or a server does; no test depends on it passing. */
export const farMs = 60_000 * slowness;
