/** Too many requests at Stripe: all wait, and none fails that has patience. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { paced } from '../../../server/billing/stripe/stripe-pace.ts';

/** @param refuses whether the request at that place in the order of sending gets a 429 */
function scene(refuses: (index: number) => boolean, headers: Record<string, string> = {}) {
  let at = 0;
  const sent: { at: number; name: string }[] = [];
  const answer = (status: number) => ({
    getStatusCode: () => status,
    getHeaders: () => headers,
    toJSON: async () => ({}),
  });
  const send = paced(
    async (name: string) => {
      sent.push({ at, name });
      return answer(refuses(sent.length - 1) ? 429 : 200);
    },
    {
      now: () => at,
      wait: async (ms) => {
        at += ms;
      },
    },
  );
  return { send, sent };
}

test('a refused request is sent again after pauses that grow, and then answered', async () => {
  const { send, sent } = scene((index) => index < 3);
  assert.equal((await send('a')).getStatusCode(), 200);
  assert.deepEqual(
    sent.map(({ at }) => at),
    [0, 250, 750, 1750],
  );
});

test('others wait for the same pause, which counts once however many were refused in it', async () => {
  const { send, sent } = scene((index) => index < 2);
  await Promise.all([send('a'), send('b')]);
  await send('c');
  assert.deepEqual(
    sent.map(({ at }) => at),
    [0, 0, 250, 250, 250],
  );
});

test('the caller gets the refusal when it does not end, and at once when Stripe only repeats it', async () => {
  const endless = scene(() => true);
  assert.equal((await endless.send('a')).getStatusCode(), 429);
  assert.equal(endless.sent.length, 5);
  const repeated = scene(() => true, { 'idempotent-replayed': 'true' });
  assert.equal((await repeated.send('a')).getStatusCode(), 429);
  assert.equal(repeated.sent.length, 1);
});
