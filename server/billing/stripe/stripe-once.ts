/**
 * Creates each thing at Stripe once. A request's key is derived from our own ids, so that a repetition within Stripe's
 * memory (24 hours) is answered from it. That memory can also get in the way: it keeps a failure, the answer to other
 * parameters, or what has been deleted since. Then the request is attempted again under another key.
 */
import type { Store } from '../../store/database.ts';
import { attemptOf, raiseAttempt } from '../../store/stripe-attempts.ts';
import { isRepeated } from './stripe-api.ts';

/**
 * @param request its name: what is created, for which document
 * @param look finds what an earlier attempt created; must be reliable, since finding nothing leads to another attempt
 * @param make creates it under the given idempotency key
 */
export async function makeOnce<Made>(
  store: Store,
  request: string,
  look: () => Promise<Made | null>,
  make: (key: string) => Promise<Made>,
): Promise<Made> {
  const attempt = await attemptOf(store, request);
  try {
    return await make(keyOf(request, attempt));
  } catch (error) {
    if (!isRepeated(error)) throw error;
    return (await look()) ?? (await make(keyOf(request, await raiseAttempt(store, request, attempt))));
  }
}

/** Like `makeOnce`, for what may already exist. */
export async function findOrMake<Made>(
  store: Store,
  request: string,
  look: () => Promise<Made | null>,
  make: (key: string) => Promise<Made>,
): Promise<Made> {
  return (await look()) ?? (await makeOnce(store, request, look, make));
}

function keyOf(request: string, attempt: number): string {
  return `vapi-agent-${request}${attempt > 1 ? `-${attempt}` : ''}`;
}
