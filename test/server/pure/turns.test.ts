import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { createTurns } from '../../../server/base/turns.ts';

describe('turns', () => {
  const filled = () => {
    const turns = createTurns<string>();
    for (const item of ['a1', 'a2', 'a3', 'b1', 'a4', 'c1', 'b2']) turns.add(item.charAt(0), item);
    return turns;
  };

  it('give each owner one item in turn, its oldest first', () => {
    const turns = filled();
    const taken = Array.from({ length: 8 }, () => turns.take());
    assert.deepEqual(taken, ['a1', 'b1', 'c1', 'a2', 'b2', 'a3', 'a4', undefined]);
  });

  it('let an owner that comes later go before the rest of a flood', () => {
    const turns = createTurns<number | string>();
    for (let item = 0; item < 1000; item += 1) turns.add('flood', item);
    assert.equal(turns.take(), 0);
    turns.add('late', 'late');
    assert.deepEqual([turns.take(), turns.take()], [1, 'late']);
  });

  it('give all that is wanted at once, and keep the order of the rest', () => {
    const turns = filled();
    assert.deepEqual(
      turns.takeAll((item) => item === 'a2' || item.startsWith('b')),
      ['a2', 'b1', 'b2'],
    );
    const left = Array.from({ length: 5 }, () => turns.take());
    assert.deepEqual(left, ['a1', 'c1', 'a3', 'a4', undefined]);
  });
});
