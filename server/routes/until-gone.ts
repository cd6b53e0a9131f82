import type { Response } from 'express';

/** @returns aborted when the caller has gone, or has its answer: what is fetched for it alone can stop */
export function untilGone(res: Response): AbortSignal {
  const gone = new AbortController();
  if (res.destroyed) gone.abort();
  res.once('close', () => gone.abort());
  return gone.signal;
}
