/** Long answers, written as fast as the client reads them. */
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
