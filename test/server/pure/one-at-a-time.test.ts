import assert from 'node:assert/strict';
import { it } from 'node:test';
import { oneAtATime } from '../../../server/base/one-at-a-time.ts';

it('work is done one piece at a time, in the order of the requests, even after one that failed', async () => {
  const inTurn = oneAtATime();
  const log: string[] = [];
  const work = (name: string) => async () => {
    log.push(`${name} begins`);
    await new Promise(setImmediate);
    log.push(`${name} ends`);
    if (name === 'b') throw new Error('b failed');
    return name;
  };
  const results = await Promise.allSettled(['a', 'b', 'c'].map((name) => inTurn(work(name))));
  assert.deepEqual(log, ['a begins', 'a ends', 'b begins', 'b ends', 'c begins', 'c ends']);
  assert.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : String(result.reason))),
    ['a', 'Error: b failed', 'c'],
  );
});
