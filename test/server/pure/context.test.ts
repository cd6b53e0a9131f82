import assert from 'node:assert/strict';
import { it } from 'node:test';
import { behind, type Context } from '../../../server/context.ts';

it('the context of work beside the requests has its own connections, and everything else as it is now', () => {
  const ctx = { store: 'requests', backgroundStore: 'background', smtp: null as string | null };
  const beside = behind(ctx as unknown as Context) as unknown as typeof ctx;
  ctx.smtp = 'set later';
  assert.deepEqual([beside.store, beside.smtp], ['background', 'set later']);
  assert.equal(ctx.store, 'requests');
});
