import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { microsToCents, roundHalfUp } from '../../../server/base/money.ts';
import { type Plan, planSchema } from '../../../server/contract.ts';
import { agreeWithOracle, type RandomMonth, randomMonths, rateMonth, totalOf } from './months.ts';
import { add, divideHalfUp, multiply } from './oracle.ts';

describe('every month', () => {
  it('matches an independent oracle, to the micro per call and the cent per month', () => {
    agreeWithOracle(300);
  });

  it('has the same lines whatever the order and number of its calls', () => {
    fc.assert(
      fc.property(randomMonths, fc.infiniteStream(fc.nat()), (given, numbers) => {
        const keyed = [...given.calls, ...given.calls].map((call) => ({
          call,
          key: numbers.next().value as number,
        }));
        const shuffled = keyed.sort((a, b) => a.key - b.key).map(({ call }) => call);
        assert.deepEqual(rateMonth({ ...given, calls: shuffled }), rateMonth(given));
      }),
    );
  });

  it('sums its calls to its lines', () => {
    fc.assert(
      fc.property(randomMonths, (given) => {
        const { lines, calls } = rateMonth(given);
        for (const line of lines.filter(({ kind }) => kind === 'usage')) {
          const own = calls.filter(({ planId, rate }) => planId === line.planId && rate === line.rate);
          const micros = own.reduce((sum, call) => sum + call.priceMicros, 0);
          assert.equal(line.calls, own.length);
          assert.equal(line.priceMicros, micros);
          assert.equal(
            line.amountCents,
            microsToCents(BigInt(micros), given.versions[0]?.plan?.currency ?? 'usd'),
          );
        }
        assert.equal(new Set(calls.map(({ callId }) => callId)).size, calls.length);
      }),
    );
  });

  it('never costs less when a price is raised', () => {
    fc.assert(
      fc.property(randomMonths, fc.nat(), fc.integer({ min: 1, max: 80_000 }), (given, which, raise) => {
        const dearer: RandomMonth = {
          ...given,
          versions: given.versions.map((version) => ({
            ...version,
            plan: version.plan && raised(version.plan, which, raise),
          })),
        };
        assert.ok(totalOf(rateMonth(dearer)) >= totalOf(rateMonth(given)));
      }),
    );
  });
});

/** The same plan with one of its prices raised. */
function raised(plan: Plan, which: number, raise: number): Plan {
  const amounts: string[] = [];
  JSON.stringify(plan, (key, value) => {
    if (/Cents$|^per.*Micros$|^markupBps$|^usdRateMicros$/.test(key)) amounts.push(key);
    return value;
  });
  let at = 0;
  const text = JSON.stringify(plan, (key, value) => {
    if (!/Cents$|^per.*Micros$|^markupBps$|^usdRateMicros$/.test(key)) return value;
    at += 1;
    return at - 1 === which % amounts.length ? value + raise : value;
  });
  return planSchema.parse(JSON.parse(text));
}

describe('rounding', () => {
  it('is half up, and a credit is the mirror of its charge', () => {
    assert.equal(roundHalfUp(5n, 10n), 1n);
    assert.equal(roundHalfUp(4n, 10n), 0n);
    assert.equal(roundHalfUp(-5n, 10n), -1n);
    fc.assert(
      fc.property(fc.bigInt(), fc.bigInt({ min: 1n, max: 10n ** 12n }), (dividend, divisor) => {
        assert.equal(roundHalfUp(-dividend, divisor), -roundHalfUp(dividend, divisor));
      }),
    );
  });
});

describe('the oracle', () => {
  it('can calculate', () => {
    const natural = fc.bigInt({ min: 0n, max: 10n ** 20n });
    fc.assert(
      fc.property(natural, natural, (a, b) => {
        assert.equal(add(String(a), String(b)), String(a + b));
        assert.equal(multiply(String(a), String(b)), String(a * b));
        if (b > 0n) {
          const up = (a % b) * 2n >= b ? 1n : 0n;
          assert.equal(divideHalfUp(String(a), String(b)), String(a / b + up));
        }
      }),
    );
  });
});
