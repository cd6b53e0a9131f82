import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { agreementOn } from '../../../server/metering/sums-agree.ts';
import type { AssistantSum } from '../../../server/store/call-sums.ts';
import type { Tenant } from '../../../server/store/tenants.ts';
import { type CallSum, readSums } from '../../../server/vapi/analytics.ts';
import { ours, tenant, theirs } from './sums-stage.ts';

describe('the ledger and Vapi’s sums', () => {
  const cases: [string, boolean, CallSum[], AssistantSum[], Tenant[]?][] = [
    ['agree when both have nothing', true, [], []],
    ['agree when both are the same', true, [theirs(3, 600)], [ours(3, 600)]],
    ['agree within half a micro a call, and one more', true, [theirs(4, 603)], [ours(4, 600)]],
    ['differ by more than that', false, [theirs(4, 604)], [ours(4, 600)]],
    ['differ by a call that cost nothing', false, [theirs(4, 600)], [ours(3, 600)]],
    ['differ by a call that Vapi does not have', false, [theirs(3, 600)], [ours(4, 600)]],
    ['differ where Vapi has none of the calls', false, [], [ours(1, 0)]],
    ['differ while a call is in progress at Vapi', false, [theirs(1, 0, { isEnded: false })], [ours(1, 0)]],
    [
      'differ while a call of the ledger is not settled',
      false,
      [theirs(1, 9)],
      [ours(1, 9, { unsettled: 1 })],
    ],
    [
      'differ when one assistant’s surplus is another’s loss',
      false,
      [theirs(1, 5), theirs(2, 5, { assistantId: 'b' })],
      [ours(2, 5), ours(1, 5, { assistantId: 'b' })],
      [tenant({ assistantIds: ['b'] })],
    ],
    ['agree whatever strangers do', true, [theirs(1, 5), theirs(9, 9, { assistantId: 'x' })], [ours(1, 5)]],
    [
      'say nothing of strangers where a tenant has a squad: its calls are among them',
      false,
      [theirs(1, 5), theirs(1, 9, { assistantId: null })],
      [ours(1, 5)],
      [tenant({ assistantIds: ['team'], squads: { team: ['m'] } })],
    ],
    [
      'differ where the ledger has a squad’s calls, which Vapi has under other names',
      false,
      [theirs(1, 9, { assistantId: null })],
      [ours(1, 9, { assistantId: 'team' })],
      [tenant({ assistantIds: ['team'], squads: { team: ['m'] } })],
    ],
    [
      'agree where a tenant has a squad that no one has called',
      true,
      [theirs(1, 5)],
      [ours(1, 5)],
      [tenant({ assistantIds: ['team'], squads: { team: ['m'] } })],
    ],
    ['say nothing where only strangers called', false, [theirs(9, 9, { assistantId: 'x' })], []],
    [
      'differ by a stranger’s calls where a tenant has the whole org',
      false,
      [theirs(1, 5), theirs(1, 9, { assistantId: 'x' })],
      [ours(1, 5)],
      [tenant({ wholeOrg: true })],
    ],
    [
      'agree on one assistant of two tenants together',
      true,
      [theirs(3, 30)],
      [ours(1, 10), ours(2, 20, { tenantId: 'ten_b' })],
      [tenant(), tenant({ id: 'ten_b' })],
    ],
  ];
  for (const [name, agrees, vapi, ledger, tenants = [tenant()]] of cases) {
    it(name, () => assert.equal(agreementOn(tenants, 0, vapi, ledger) !== null, agrees));
  }

  it('show strangers’ ended calls as unassigned, and a tenant’s as its own', () => {
    const strangers = [
      theirs(2, 7, { assistantId: 'x' }),
      theirs(1, 0, { assistantId: null, isEnded: false }),
    ];
    const agreement = agreementOn([tenant()], 0, [theirs(1, 5), ...strangers], [ours(1, 5)]);
    assert.deepEqual(agreement?.unassigned, { calls: 2, costMicros: 7 });
    assert.deepEqual([...(agreement?.books ?? [])], [['ten_a', { calls: 1, costMicros: 5 }]]);
  });
});

describe('sums as Vapi answers them', () => {
  const result = (row: object) => [{ name: 'p0', result: [row] }];
  it('may be numbers or their texts, and null where there is nothing to add up', () => {
    const row = { assistantId: 'a', status: 'ended', calls: '2', cost: 0.30000000000000004 };
    assert.deepEqual(readSums(result(row), 1), [[theirs(2, 300_000)]]);
    const none = { assistantId: '', status: 'queued', calls: 1, cost: null };
    assert.deepEqual(readSums(result(none), 1), [[theirs(1, 0, { assistantId: null, isEnded: false })]]);
  });
  for (const [what, body, periods] of [
    ['below zero', result({ status: 'ended', calls: 1, cost: -1 }), 1],
    ['half a call', result({ status: 'ended', calls: 1.5, cost: 1 }), 1],
    ['no number', result({ status: 'ended', calls: 'many', cost: 1 }), 1],
    ['beyond all measure', result({ status: 'ended', calls: 1, cost: 1e300 }), 1],
    ['of one period of two', result({ status: 'ended', calls: 1, cost: 1 }), 2],
    [
      'of one period twice',
      [...result({ status: 'ended', calls: 1, cost: 1 }), ...result({ status: 'ended', calls: 1, cost: 1 })],
      1,
    ],
  ] as const) {
    it(`are none when they are ${what}`, () => assert.equal(readSums(body, periods), null));
  }
});
