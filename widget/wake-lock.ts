/** Keeps the screen on during a call: a phone that goes to sleep takes the microphone away. */

/** @returns lets the screen sleep again. Does nothing if the browser has no wake lock. */
export function keepAwake(): () => void {
  let lock: WakeLockSentinel | null = null;
  let isOver = false;
  // The browser releases the lock whenever the page is hidden.
  const take = async (): Promise<void> => {
    if (document.visibilityState !== 'visible') return;
    lock = (await navigator.wakeLock?.request('screen').catch(() => null)) ?? null;
    if (isOver) void lock?.release();
  };
  document.addEventListener('visibilitychange', take);
  void take();
  return () => {
    isOver = true;
    document.removeEventListener('visibilitychange', take);
    void lock?.release();
  };
}
