/** Asks the browser on intent what a start needs to know: each answer takes milliseconds, which the click saves. */
import { isBrowserFree } from './call-lock.ts';
import { microphonePermission } from './microphone.ts';

/** After that, the answer about other tabs is out of date. */
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
      // If the page may not ask, the start waits for its claim to be confirmed.
      () => {},
    );
    void microphonePermission().then((permission) => {
      this.#permission = permission;
    });
  }

  /** Whether the page may use the microphone without asking. */
  async mayListen(): Promise<boolean> {
    // The object is live: its state follows the visitor's choice.
    this.#permission ??= await microphonePermission();
    return this.#permission?.state === 'granted';
  }

  /** Whether no other page had a call a moment ago; only the claim is conclusive. */
  get isFree(): boolean {
    return Date.now() - this.#freeAt < freshMs;
  }
}
