/**
 * Whether the visitor can be heard. Noise cancelling turns a quiet room into perfect silence, so silence says something
 * only when it was the visitor's turn, and nothing once the microphone has carried a voice. Pure.
 */
import type { Speaker } from './call-state.ts';

/** Of 1; what is below is no voice. */
const audible = 0.05;
/** Milliseconds without a voice after which the visitor is told. */
const patienceMs = 8000;

export class Hearing {
  #hasHeard = false;
  /** Milliseconds since the epoch. */
  #quietSince = 0;

  /** The call has become live, or the visitor has switched the microphone on again. */
  start(atMs: number): void {
    this.#quietSince = atMs;
  }

  /** Another microphone: what the last one has carried says nothing of it. */
  startAnew(atMs: number): void {
    this.#hasHeard = false;
    this.start(atMs);
  }

  /** Takes one measurement in. @returns whether the visitor should be told that nothing is heard */
  isUnheard(role: Speaker, level: number, atMs: number): boolean {
    if (level > audible) {
      this.#quietSince = atMs;
      if (role === 'user') this.#hasHeard = true;
    }
    return !this.#hasHeard && atMs - this.#quietSince > patienceMs;
  }
}
