/**
 * One call per page, whatever number of elements or copies of this code it holds: two would listen to one microphone,
 * and Vapi's SDK keeps one connection setting for the whole page. And one per browser among the pages of one origin,
 * where the browser has locks.
 */
import { CallError } from './failure.ts';

interface Claim {
  /** The holder has hung up and is closing its transport. */
  closing: boolean;
  released: Promise<void>;
}

/** Registered, so that a second copy of this file finds the claim of the first. */
const key = Symbol.for('vapi-agent.call');
const page = globalThis as { [key]?: Claim | undefined };

export interface PageClaim {
  /** The call is about to be over: others may wait for it instead of being refused. */
  closing(): void;
  release(): void;
}

/** A page that has just been left may still hold its call for a moment. */
const otherTabMs = 1000;

/**
 * Claims the page for a call; waits for a call that is just closing.
 * @throws {CallError} `page_busy`, `browser_busy` when another call is on
 */
export async function claimPage(): Promise<PageClaim> {
  for (let holder = page[key]; holder; holder = page[key]) {
    if (!holder.closing) throw new CallError('page_busy');
    await holder.released;
  }
  const { promise, resolve } = deferred();
  const claim: Claim = { closing: false, released: promise };
  page[key] = claim;
  const release = (): void => {
    if (page[key] === claim) page[key] = undefined;
    resolve();
  };
  if (!(await lockBrowser(promise))) {
    release();
    throw new CallError('browser_busy');
  }
  return {
    closing() {
      claim.closing = true;
    },
    release,
  };
}

/** Holds the browser's lock until `released`. @returns false when another tab has it */
function lockBrowser(released: Promise<void>): Promise<boolean> {
  // Only secure pages have locks; the microphone is not to be had on others either.
  if (!navigator.locks) return Promise.resolve(true);
  return new Promise((settle) => {
    const options = { signal: AbortSignal.timeout(otherTabMs) };
    navigator.locks
      .request('vapi-agent.call', options, () => {
        settle(true);
        return released;
      })
      .catch((error: DOMException) => settle(!['TimeoutError', 'AbortError'].includes(error.name)));
  });
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
