/** Waits for something, until it no longer makes sense. */

/** For the network. */
const patienceMs = 20_000;

export const ignore = (): void => {};

/** Resolves when the browser is online, or when waiting no longer makes sense. */
export function online(): Promise<void> {
  if (navigator.onLine) return Promise.resolve();
  return new Promise((resolve) => {
    const timer = setTimeout(resolve, patienceMs);
    const done = (): void => {
      clearTimeout(timer);
      resolve();
    };
    addEventListener('online', done, { once: true });
  });
}

/** Marks a rejection as handled; awaiting the promise still throws it. */
export function quiet<Value>(promise: Promise<Value>): Promise<Value> {
  promise.catch(ignore);
  return promise;
}

/** The promise, unless the visitor cancels first. */
export function orAborted<Value>(promise: Promise<Value>, signal: AbortSignal): Promise<Value> {
  return new Promise((resolve, reject) => {
    signal.throwIfAborted();
    signal.addEventListener('abort', () => reject(signal.reason), { once: true });
    promise.then(resolve, reject);
  });
}
