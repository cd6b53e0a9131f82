/** Results of a call, merged from its reports: the newest value of each field, whatever the order, within bounds. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { KeptResults } from '../../../server/contract.ts';
import { isSuccess, mergeResults, noResults } from '../../../server/ledger/call-results.ts';
import { readResults } from '../../../server/vapi/call-results.ts';

const keep: KeptResults = {
  summary: true,
  outputs: [
    { name: 'booked', path: 'appointment.confirmed', type: 'boolean', label: 'Booked', shown: true },
    { name: 'guests', path: 'guests', type: 'number', label: 'Guests', shown: true },
  ],
};

const merged = (source: Record<string, unknown>, asOf = 1) => {
  const results = readResults(source);
  return results ? mergeResults(noResults(), results, asOf, keep) : noResults();
};

describe('the results of a call', () => {
  it('are the same for any order and repetition of the reports', () => {
    const report = fc.record({
      asOf: fc.integer({ min: 1, max: 4 }),
      summary: fc.option(fc.constantFrom('a', 'b')),
      evaluation: fc.option(fc.constantFrom('true', 'false')),
      language: fc.option(fc.constantFrom('de', 'ja')),
      latency: fc.option(fc.record({ medianMs: fc.nat(3), p95Ms: fc.nat(3) }, { noNullPrototype: true })),
      outputs: fc.option(fc.constantFrom({ guests: 1 }, { guests: 2, appointment: { confirmed: true } })),
    });
    const reports = fc.array(report, { maxLength: 6 });
    const both = reports.chain((all) =>
      fc.tuple(fc.constant(all), fc.shuffledSubarray([...all, ...all], { minLength: all.length * 2 })),
    );
    fc.assert(
      fc.property(both, ([one, other]) => {
        const all = (list: typeof one) =>
          list.reduce((before, { asOf, ...said }) => mergeResults(before, said, asOf, keep), noResults());
        assert.deepEqual(all(one), all(other));
      }),
    );
  });

  it('are only what is chosen, of the type that is chosen', () => {
    const outputs = { id1: { name: 'appointment', result: { confirmed: true, secret: 'x' } } };
    const artifact = { structuredOutputs: outputs };
    const { content } = merged({ artifact, analysis: { structuredData: { guests: '4', other: 1 } } });
    assert.deepEqual(content.outputs, { booked: [1, true] });
    const nothing = merged({ artifact, analysis: { summary: 'Said.' } });
    const without = mergeResults(
      noResults(),
      readResults({ analysis: { summary: 'Said.' } }) ?? assert.fail(),
      1,
      { summary: false, outputs: [] },
    );
    assert.equal(nothing.content.summary?.[1], 'Said.');
    assert.deepEqual(without.content, { outputs: {} });
  });

  it('keep an evaluation in words only with summaries, a yes or no always', () => {
    const kept = (successEvaluation: string, summary: boolean) =>
      mergeResults(noResults(), readResults({ analysis: { successEvaluation } }) ?? assert.fail(), 1, {
        summary,
        outputs: [],
      }).content.evaluation?.[1];
    assert.equal(kept('Wants to cancel', false), undefined);
    assert.equal(kept('Wants to cancel', true), 'Wants to cancel');
    assert.equal(kept('false', false), 'false');
  });

  it('are bounded and safe whatever is sent', () => {
    fc.assert(
      fc.property(fc.anything({ withNullPrototype: false }), fc.anything(), (analysis, artifact) => {
        assert.ok(JSON.stringify(merged({ analysis, artifact, assistant: analysis })).length < 6000);
      }),
    );
    const deep = JSON.parse(`${'{"a":'.repeat(5000)}1${'}'.repeat(5000)}`);
    assert.deepEqual(merged({ analysis: { structuredData: deep } }), noResults());
    const long = merged({ analysis: { summary: '\ud800x'.repeat(50_000), successEvaluation: true } });
    assert.equal(long.content.summary?.[1].length, 4000);
    assert.equal(isSuccess(long.content.evaluation?.[1]), true);
    const proto = JSON.parse('{"__proto__":{"guests":3},"constructor":1}');
    assert.deepEqual(merged({ analysis: { structuredData: proto } }), noResults());
  });

  it('have the median and the 95th percentile of the turns, by the nearest rank', () => {
    const turnLatencies = [...Array(20).keys()].map((no) => ({ turnLatency: (no + 1) * 100 }));
    const hostile = [{ turnLatency: -1 }, { turnLatency: 'x' }, null, { turnLatency: 1e300 }];
    const { measures } = merged({
      artifact: { performanceMetrics: { turnLatencies: [...hostile, ...turnLatencies] } },
    });
    assert.deepEqual(measures.latency?.[1], { medianMs: 1000, p95Ms: 1900 });
  });
});
