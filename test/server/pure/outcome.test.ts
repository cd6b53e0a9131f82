/** Which calls count as an outcome: each kind of condition, and what always holds of a rule. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { endedClasses, type OutcomeCondition, outcomeRuleSchema } from '../../../server/contract.ts';
import { countsAs, fulfilledBy, type OutcomeFacts } from '../../../server/ledger/outcome.ts';
import { conditionOf, enteredOf, ruleWords } from '../../../server/portal/pure/outcome-words.ts';

const unknown: OutcomeFacts = { endedClass: null, success: null, seconds: null, outputs: {} };
const known: OutcomeFacts = {
  ...{ endedClass: 'talked', success: false, seconds: 60 },
  outputs: { booked: true, guests: 4, kind: ' Table for Two ', none: false },
};

const output = (name: string, is: boolean | number | string): OutcomeCondition => ({
  kind: 'output',
  name,
  is,
});
const cases: [OutcomeCondition, boolean][] = [
  [output('booked', true), true],
  [output('booked', false), false],
  [output('none', false), true],
  [output('guests', 4), true],
  [output('guests', '4'), false],
  [output('kind', 'TABLE for two'), true],
  [output('kind', 'Table'), false],
  [output('missing', false), false],
  [output('toString', 'x'), false],
  [{ kind: 'output-at-least', name: 'guests', least: 4 }, true],
  [{ kind: 'output-at-least', name: 'guests', least: 4.01 }, false],
  [{ kind: 'output-at-least', name: 'kind', least: 0 }, false],
  [{ kind: 'ended', classes: ['missed', 'talked'] }, true],
  [{ kind: 'ended', classes: ['missed'] }, false],
  [{ kind: 'success', is: false }, true],
  [{ kind: 'success', is: true }, false],
  [{ kind: 'seconds', least: 60 }, true],
  [{ kind: 'seconds', least: 61 }, false],
];

describe('an outcome', () => {
  for (const [condition, expected] of cases)
    it(`${JSON.stringify(condition)} is ${expected ? '' : 'not '}fulfilled`, () => {
      assert.deepEqual(fulfilledBy({ match: 'all', conditions: [condition] }, known), [expected]);
    });

  const name = fc.constantFrom('booked', 'guests', 'kind');
  const value = fc.oneof(fc.boolean(), fc.integer({ min: 0, max: 5 }), fc.constantFrom('a', 'B '));
  const condition: fc.Arbitrary<OutcomeCondition> = fc.oneof(
    fc.record({ kind: fc.constant('output' as const), name, is: value }, { noNullPrototype: true }),
    fc.record(
      { kind: fc.constant('output-at-least' as const), name, least: fc.integer({ min: 0, max: 5 }) },
      { noNullPrototype: true },
    ),
    fc.record(
      { kind: fc.constant('ended' as const), classes: fc.subarray([...endedClasses], { minLength: 1 }) },
      { noNullPrototype: true },
    ),
    fc.record({ kind: fc.constant('success' as const), is: fc.boolean() }, { noNullPrototype: true }),
    fc.record(
      { kind: fc.constant('seconds' as const), least: fc.integer({ min: 1, max: 90 }) },
      { noNullPrototype: true },
    ),
  );
  const conditions = fc.array(condition, { minLength: 1, maxLength: 8 });
  const facts: fc.Arbitrary<OutcomeFacts> = fc.record({
    endedClass: fc.option(fc.constantFrom(...endedClasses)),
    success: fc.option(fc.boolean()),
    seconds: fc.option(fc.nat(100)),
    outputs: fc.dictionary(name, value, { noNullPrototype: true }),
  });

  it('counts by all or by any of its conditions, in whatever order', () => {
    fc.assert(
      fc.property(conditions, facts, (list, call) => {
        const each = list.map((one) => countsAs({ match: 'all', conditions: [one] }, call));
        const reversed = list.toReversed();
        for (const [match, expected] of [
          ['all', !each.includes(false)],
          ['any', each.includes(true)],
        ] as const) {
          assert.equal(countsAs({ match, conditions: list }, call), expected);
          assert.equal(countsAs({ match, conditions: reversed }, call), expected);
        }
      }),
    );
  });

  it('is the same after it was stored, and never counts a call of which nothing is known', () => {
    fc.assert(
      fc.property(conditions, facts, fc.constantFrom('all' as const, 'any' as const), (list, call, match) => {
        const rule = { match, conditions: list };
        const stored = outcomeRuleSchema.parse(JSON.parse(JSON.stringify(rule)));
        assert.equal(countsAs(stored, call), countsAs(rule, call));
        assert.equal(countsAs(rule, unknown), false);
      }),
    );
  });

  it('is the same after it was shown in the form', () => {
    const outputs = (
      [
        ['booked', 'boolean'],
        ['guests', 'number'],
        ['kind', 'text'],
      ] as const
    ).map(([of, type]) => ({ name: of, path: of, type, label: of, shown: true }));
    for (const [one] of cases) {
      const type = one.kind === 'output' ? outputs.find((each) => each.name === one.name)?.type : undefined;
      if (one.kind === 'output' && typeof one.is !== (type === 'text' ? 'string' : type)) continue;
      assert.deepEqual(conditionOf(enteredOf(one), outputs), one);
    }
    assert.equal(
      ruleWords({ match: 'any', conditions: [output('kind', 'A'), { kind: 'success', is: true }] }, outputs),
      '“kind” is “A” or success is yes',
    );
  });
});
