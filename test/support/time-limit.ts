/**
 * Generous time limits, so that only what hangs is caught. Tests wait for conditions, and hold a state that they want
 * to check.
 */
import { slowed } from './until.ts';

/** Milliseconds for anything that a browser or a server does; no test depends on it passing. */
export const farMs = slowed(120_000);
