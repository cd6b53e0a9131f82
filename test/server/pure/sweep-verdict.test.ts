import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { type Verdict, verdictOn } from '../../../server/metering/sums-verdict.ts';
import {
  cadenceOf,
  nextSweepAt,
  retrySweepAt,
  sweepEveryMs,
} from '../../../server/metering/sweep-schedule.ts';
import type { AssistantSum } from '../../../server/store/call-sums.ts';
import type { Tenant } from '../../../server/store/tenants.ts';
import type { CallSum } from '../../../server/vapi/analytics.ts';
import { ours, tenant, theirs } from './sums-stage.ts';

describe('what Vapi’s sums say in a sweep', () => {
  const squad = tenant({ squads: { s: ['m'] }, assistantIds: ['s'] });
  const cases: [string, Verdict, CallSum[], AssistantSum[], Tenant?][] = [
    ['nothing happened', 'agrees', [], []],
    ['both are the same', 'agrees', [theirs(2, 600)], [ours(2, 600)]],
    ['each cost was rounded', 'agrees', [theirs(4, 603)], [ours(4, 600)]],
    ['a call was given up without a cost', 'agrees', [theirs(2, 600)], [ours(2, 600, { unsettled: 1 })]],
    ['Vapi has one more', 'differs', [theirs(3, 600)], [ours(2, 600)]],
    ['the ledger has one more', 'differs', [theirs(2, 600)], [ours(3, 600)]],
    ['a cost changed', 'differs', [theirs(2, 700)], [ours(2, 600)]],
    ['Vapi has not shown a call', 'differs', [theirs(2, 600)], [ours(2, 600, { unconfirmed: 1 })]],
    ['one is asked about', 'open', [theirs(2, 900)], [ours(2, 600, { open: 1 })]],
    ['one is asked about, and another is new', 'differs', [theirs(3, 900)], [ours(2, 600, { open: 1 })]],
    ['a call in progress is known', 'open', [theirs(1, 0, { isEnded: false })], [ours(1, 0, { open: 1 })]],
    [
      'a stranger has calls, too',
      'agrees',
      [theirs(1, 5), theirs(9, 90, { assistantId: 'x' })],
      [ours(1, 5)],
    ],
    [
      'only a stranger has calls: the key may be another’s',
      'differs',
      [theirs(9, 90, { assistantId: 'x' })],
      [],
    ],
    [
      'a squad’s calls are under its members',
      'agrees',
      [theirs(1, 5), theirs(2, 10, { assistantId: 'm' })],
      [ours(1, 5), ours(2, 10, { assistantId: 's' })],
      squad,
    ],
    [
      'a squad has one more',
      'differs',
      [theirs(2, 10, { assistantId: null })],
      [ours(1, 5, { assistantId: 's' })],
      squad,
    ],
  ];
  for (const [what, verdict, vapi, ledger, one = tenant()] of cases)
    it(`${verdict}: ${what}`, () => assert.equal(verdictOn([one], 0, vapi, ledger).verdict, verdict));

  it('counts ended calls of no tenant', () => {
    const stranger = { assistantId: 'x' };
    const vapi = [theirs(1, 5), theirs(3, 90, stranger), theirs(1, 0, { ...stranger, isEnded: false })];
    assert.equal(verdictOn([tenant()], 0, vapi, [ours(1, 5)]).unassigned, 3);
  });
});

describe('when an org is due', () => {
  const now = 1_000_000_000;
  const hour = 3_600_000;
  it('depends on how long ago something happened there', () => {
    const cadences = [0, hour, hour + 1, 72 * hour, 72 * hour + 1].map((ago) => cadenceOf(now - ago, now));
    assert.deepEqual(cadences, ['busy', 'busy', 'quiet', 'quiet', 'asleep']);
    assert.equal(cadenceOf(null, now), 'asleep');
  });

  it('is never later than its cadence, and spread over a tenth of it', () => {
    assert.equal(nextSweepAt('quiet', now, 1) - now, sweepEveryMs.quiet);
    assert.equal(nextSweepAt('quiet', now, 0) - now, 0.9 * sweepEveryMs.quiet);
  });

  it('after failures is up to an hour later, or as long as Vapi asked for', () => {
    const minutes = [1, 2, 3, 4, 5, 50].map(
      (failures) => (retrySweepAt(failures, null, now, 1) - now) / 60_000,
    );
    assert.deepEqual(minutes, [5, 10, 20, 40, 60, 60]);
    assert.equal(retrySweepAt(1, 1800, now, 1) - now, 1_800_000);
    assert.equal(retrySweepAt(1, 1e9, now, 1) - now, hour);
  });
});
