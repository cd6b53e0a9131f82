/** What a start has to ask the browser, asked on intent: each answer takes some milliseconds that a click need not wait. */
import { isBrowserFree } from './call-lock.ts';
import { microphonePermission } from './microphone.ts';

/** An older intent no longer says anything about the other tabs. */
const freshMs = 10_000;

export class BrowserAhead {
  #permission: PermissionStatus | null = null;
  /** When the browser was seen to have no call; milliseconds since the epoch. */
  #freeAt = Number.NEGATIVE_INFINITY;

  prepare(): void {
    isBrowserFree().then(
      (isFree) => {
        this.#freeAt = isFree ? Date.now() : Number.NEGATIVE_INFINITY;
      },
      // A page that may not ask waits for the answer to its claim.
      () => {},
    );
    void microphonePermission().then((permission) => {
      this.#permission = permission;
    });
  }

  /** Whether the page may use the microphone without a question. */
  async mayListen(): Promise<boolean> {
    // Once asked for, it changes with the visitor's mind.
    this.#permission ??= await microphonePermission();
    return this.#permission?.state === 'granted';
  }

  /** Whether no other page had a call a moment ago; a claim has the last word. */
  get isFree(): boolean {
    return Date.now() - this.#freeAt < freshMs;
  }
}
