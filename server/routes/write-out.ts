/** Long answers: as fast as the client reads them, and no longer than it is there. */
import { once } from 'node:events';
import type { Response } from 'express';

/** Resolves when there is room for more, or the client has gone. */
export async function writeOut(res: Response, text: string): Promise<void> {
  // A client that left while the page was read has had its `close` already.
  if (res.destroyed || res.write(text) || res.writableEnded) return;
  const settled = new AbortController();
  const { signal } = settled;
  try {
    await Promise.race([once(res, 'drain', { signal }), once(res, 'close', { signal })]);
  } finally {
    // Takes the other one's listeners away: a long answer stalls often.
    settled.abort();
  }
}

/** @returns aborted when the client has gone, or has its answer: what is fetched for it alone can stop */
export function untilGone(res: Response): AbortSignal {
  const gone = new AbortController();
  if (res.destroyed) gone.abort();
  res.once('close', () => gone.abort());
  return gone.signal;
}
