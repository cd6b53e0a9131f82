/**
 * Whether the visitor can be heard. Noise cancelling turns a quiet room into perfect silence, so silence only matters
 * during the visitor's turn, and no longer once the microphone has carried a voice. Pure.
 */
import type { Speaker } from './call-state.ts';

/** Of 1; anything below is not a voice. */
const audible = 0.05;
/** Milliseconds without a voice after which the visitor is notified. */
const patienceMs = 8000;

export class Hearing {
  #hasHeard = false;
  /** Milliseconds since the epoch. */
  #quietSince = 0;

  /** The call is live, or the visitor has unmuted the microphone. */
  start(atMs: number): void {
    this.#quietSince = atMs;
  }

  /** Another microphone: what the last one carried no longer counts. */
  startAnew(atMs: number): void {
    this.#hasHeard = false;
    this.start(atMs);
  }

  /** Adds one measurement. @returns whether to notify the visitor that nothing is heard */
  isUnheard(role: Speaker, level: number, atMs: number): boolean {
    if (level > audible) {
      this.#quietSince = atMs;
      if (role === 'user') this.#hasHeard = true;
    }
    return !this.#hasHeard && atMs - this.#quietSince > patienceMs;
  }
}
