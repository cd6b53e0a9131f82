import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { whoseCall } from '../../../server/metering/assignment.ts';

const tenant = (id: string, changes: Record<string, unknown> = {}) => ({
  id,
  assistantId: `assistant of ${id}`,
  assistantIds: [] as string[],
  wholeOrg: false,
  createdAt: 0,
  deletedAt: null as number | null,
  ...changes,
});
const call = (assistantId: string | null, changes: Record<string, unknown> = {}) => ({
  assistantId,
  createdAt: 100,
  ...changes,
});
const whose = (of: ReturnType<typeof call>, ...tenants: ReturnType<typeof tenant>[]) =>
  whoseCall(of, tenants)?.id ?? null;

describe('who owns a call', () => {
  const [a, b] = [tenant('a', { assistantIds: ['second of a'] }), tenant('b')];

  it('the one’s whose assistant it has, the first or a further one', () => {
    assert.equal(whose(call('assistant of b'), a, b), 'b');
    assert.equal(whose(call('second of a'), a, b), 'a');
  });

  it('the one’s that has its squad before the one’s that has the member that speaks', () => {
    const team = tenant('team', { assistantIds: ['the squad'] });
    const squadCall = call('assistant of b', { squadId: 'the squad' });
    assert.equal(whose(squadCall, b, team), 'team');
    assert.equal(whose(squadCall, b, a), 'b');
    assert.equal(whose(call('assistant of b'), b, team), 'b');
    assert.equal(whose(call(null, { squadId: 'the squad' }), b, team), 'team');
  });

  it('no one’s when no tenant has its assistant, even where the org has one tenant', () => {
    assert.equal(whose(call('a stranger'), a), null);
    assert.equal(whose(call(null), a), null);
  });

  it('the tenant’s that has the whole org, unless another has, or had, a part of it', () => {
    const whole = tenant('whole', { wholeOrg: true });
    assert.equal(whose(call('a stranger'), whole), 'whole');
    assert.equal(whose(call(null), whole), 'whole');
    assert.equal(whose(call('a stranger'), whole, b), null);
    assert.equal(whose(call('a stranger'), whole, tenant('gone', { deletedAt: 50 })), null);
    assert.equal(whose(call('assistant of b'), whole, b), 'b');
    assert.equal(whose(call('a stranger'), tenant('gone', { wholeOrg: true, deletedAt: 100 })), null);
  });

  it('of several that had its assistant, the one’s who existed when it began', () => {
    const had = (id: string, createdAt: number, deletedAt: number | null) =>
      tenant(id, { assistantId: 'x', createdAt, deletedAt });
    const before = had('before', 0, 90);
    const then = had('then', 90, 150);
    const now = had('now', 150, null);
    assert.equal(whose(call('x'), before, then, now), 'then');
    assert.equal(whose(call('x', { createdAt: 90 }), before, then, now), 'then');
    assert.equal(whose(call('x', { createdAt: 150 }), before, then, now), 'now');
    // From before there was any tenant: any that exists now.
    assert.equal(whose(call('x', { createdAt: 80 }), then, now), 'now');
    // Begun with a key handed out before the deletion.
    assert.equal(whose(call('x', { createdAt: 160 }), before, then), 'then');
  });
});
