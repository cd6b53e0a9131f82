/** What a reason for a call's end means: none that Vapi documents may be missing. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, it } from 'node:test';
import { endedClassOf, knownEndings } from '../../../server/vapi/ended-class.ts';

/** The values of `Call.endedReason` in Vapi's OpenAPI document. */
const documented = readFileSync(join(import.meta.dirname, 'ended-reasons.txt'), 'utf8')
  .trim()
  .split(/\s+/);

describe('the class of a reason for a call’s end', () => {
  it('is in the table for every documented reason', () => {
    assert.equal(documented.length, 627);
    assert.deepEqual(
      documented.filter((reason) => endedClassOf(reason, knownEndings) === null),
      [],
    );
  });

  it('names no reason that is not documented, and none twice', () => {
    const named = knownEndings.flatMap(({ reasons = [] }) => reasons);
    assert.deepEqual(
      named.filter((reason) => !documented.includes(reason)),
      [],
    );
    assert.equal(new Set(named).size, named.length);
  });

  it('is the one that a client would say', () => {
    const cases: Record<string, string> = {
      'customer-ended-call': 'talked',
      'silence-timed-out': 'hung-up',
      'customer-did-not-answer': 'missed',
      'pipeline-error-openai-llm-failed': 'failed',
      'call.start.error-subscription-concurrency-limit-reached': 'refused',
      'assistant-forwarded-call': 'transferred',
      voicemail: 'voicemail',
    };
    for (const [reason, expected] of Object.entries(cases)) assert.equal(endedClassOf(reason), expected);
  });

  it('is guessed for a reason of the future, and unknown for one that says nothing', () => {
    assert.equal(endedClassOf('some-new-provider-error'), 'failed');
    assert.equal(endedClassOf('assistant-transferred-to-human'), 'transferred');
    assert.equal(endedClassOf('zzz'), null);
    assert.equal(endedClassOf(null), null);
  });
});
