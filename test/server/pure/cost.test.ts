import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import { costComponents } from '../../../server/contract.ts';
import { isImplausible, noCost, readCost, usdToMicros } from '../../../server/vapi/cost.ts';

describe('dollars become micros exactly', () => {
  const cases: [usd: number, micros: number][] = [
    [0, 0],
    [0.0797, 79_700],
    [0.1, 100_000],
    [0.3, 300_000],
    [1.005, 1_005_000],
    [4.35, 4_350_000],
    [0.000001, 1],
    [1e-7, 0],
    [5e-7, 1],
    [0.0000812, 81],
    [0.0000815, 82],
    [1234567.891234, 1_234_567_891_234],
    [-0.25, -250_000],
  ];
  for (const [usd, micros] of cases) {
    it(`${usd} -> ${micros}`, () => assert.equal(usdToMicros(usd), micros));
  }

  it('every amount of up to six decimals survives a JSON number', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_000_000_000_000 }), (micros) => {
        const text = `${Math.floor(micros / 1_000_000)}.${String(micros % 1_000_000).padStart(6, '0')}`;
        assert.equal(usdToMicros(JSON.parse(text)), micros);
      }),
    );
  });

  it('refuses what is not an amount', () => {
    assert.throws(() => usdToMicros(Number.NaN), RangeError);
    assert.throws(() => usdToMicros(Number.POSITIVE_INFINITY), RangeError);
    assert.throws(() => usdToMicros(1e15), RangeError);
  });
});

describe('a cost is read with its components, which sum to the total', () => {
  it('from the items; what the total’s rounding leaves over is "other"', () => {
    const cost = readCost({
      cost: 0.0797,
      costs: [
        { type: 'transcriber', cost: 0.010098 },
        { type: 'model', cost: 0.0002058 },
        { type: 'voice', cost: 0.0234 },
        { type: 'vapi', cost: 0.045835 },
        { type: 'analysis', cost: 0.0000812 },
        { type: 'analysis', cost: 0.000061 },
        { type: 'knowledge-base', cost: 0 },
      ],
    });
    // 10098 + 206 + 23400 + 45835 + (81 + 61) = 79681; 79700 - 79681 = 19
    assert.deepEqual(cost, {
      totalMicros: 79_700,
      components: {
        transport: 0,
        stt: 10_098,
        llm: 206,
        tts: 23_400,
        vapi: 45_835,
        analysis: 142,
        knowledgeBase: 0,
        other: 19,
      },
    });
  });

  it('an item of an unknown type counts as "other"', () => {
    const cost = readCost({
      cost: 0.5,
      costs: [
        { type: 'hologram', cost: 0.2 },
        { type: 'vapi', cost: 0.3 },
      ],
    });
    assert.deepEqual(cost, {
      totalMicros: 500_000,
      components: { ...noCost(), other: 200_000, vapi: 300_000 },
    });
  });

  it('from the breakdown if there are no items', () => {
    const cost = readCost({
      cost: 0.11,
      costBreakdown: {
        transport: 0.01,
        stt: 0.02,
        llm: 0.03,
        tts: 0.01,
        vapi: 0.03,
        total: 0.11,
        knowledgeBaseCost: 0.001,
        voicemailDetectionCost: 0.002,
        analysisCostBreakdown: { summary: 0.004, successEvaluation: 0.003, summaryPromptTokens: 300 },
      },
    });
    assert.deepEqual(cost?.components, {
      transport: 10_000,
      stt: 20_000,
      llm: 30_000,
      tts: 10_000,
      vapi: 30_000,
      analysis: 7_000,
      knowledgeBase: 1_000,
      other: 2_000,
    });
  });

  it('without `cost`, the breakdown or the sum of the items is the total', () => {
    assert.equal(readCost({ costBreakdown: { vapi: 0.05, total: 0.06 } })?.totalMicros, 60_000);
    assert.equal(readCost({ costs: [{ type: 'vapi', cost: 0.05 }] })?.totalMicros, 50_000);
  });

  it('an unreported cost is unknown, and a reported zero is zero', () => {
    assert.equal(readCost({}), null);
    assert.equal(readCost({ cost: null, costs: [], costBreakdown: {} }), null);
    assert.deepEqual(readCost({ cost: 0 }), { totalMicros: 0, components: noCost() });
  });

  it('a total below zero is no cost, but a component may be negative', () => {
    assert.equal(readCost({ cost: -0.01 }), null);
    assert.equal(readCost({ costs: [{ type: 'vapi', cost: -1 }] }), null);
    assert.equal(readCost({ cost: 0.01, costs: [{ type: 'credit', cost: -0.04 }] })?.totalMicros, 10_000);
  });

  it('an impossible component makes a cost invalid, even if another offsets it and each item is in bounds', () => {
    const many = (type: string, cost: number) => Array.from({ length: 100 }, () => ({ type, cost }));
    const reported = { costs: [...many('transcriber', 10_000), ...many('unheard-of', -10_000)] };
    assert.equal(readCost(reported), null);
    assert.equal(isImplausible(reported), true);
    const remainder = { cost: 10_000, costs: [{ type: 'voice', cost: 10_000 }, ...many('voice', -101)] };
    assert.equal(readCost(remainder), null, 'what is left over for `other` counts too');
    assert.equal(isImplausible(remainder), true);
    assert.equal(isImplausible({ costs: [...many('transcriber', 1), ...many('credit', -1)] }), false);
  });

  it('whatever Vapi sends, the components sum to the total', () => {
    const amount = fc.double({ min: 0, max: 100, noNaN: true });
    const item = fc.record({ type: fc.constantFrom('vapi', 'model', 'voice', 'new'), cost: amount });
    fc.assert(
      fc.property(fc.option(amount), fc.array(item), (cost, costs) => {
        const read = readCost({ cost, costs });
        const sum =
          read && costComponents.reduce((total, component) => total + read.components[component], 0);
        assert.equal(sum ?? null, read?.totalMicros ?? null);
      }),
    );
  });
});
