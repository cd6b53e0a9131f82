/**
 * One call per page, whatever number of elements or copies of this code it holds: two would listen to one microphone,
 * and Vapi's SDK keeps one connection setting for the whole page.
 */

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

/**
 * Claims the page for a call; waits for a call that is just closing.
 * @returns null when another call is on.
 */
export async function claimPage(): Promise<PageClaim | null> {
  for (let holder = page[key]; holder; holder = page[key]) {
    if (!holder.closing) return null;
    await holder.released;
  }
  const { promise, resolve } = deferred();
  const claim: Claim = { closing: false, released: promise };
  page[key] = claim;
  return {
    closing() {
      claim.closing = true;
    },
    release() {
      if (page[key] === claim) page[key] = undefined;
      resolve();
    },
  };
}

function deferred(): { promise: Promise<void>; resolve: () => void } {
  let resolve: () => void = () => {};
  const promise = new Promise<void>((done) => {
    resolve = done;
  });
  return { promise, resolve };
}
