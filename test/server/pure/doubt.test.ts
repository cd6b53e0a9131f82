import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import type { CallEvent } from '../../../server/ledger/call-event.ts';
import { doubtOf } from '../../../server/ledger/doubt.ts';
import { applyEvent, newCallRow } from '../../../server/ledger/usage.ts';
import { noCost } from '../../../server/vapi/cost.ts';

const created = Date.parse('2026-11-10T12:00:00Z');
const report = (costMicros: number | null, seconds: number, asOf = created + 65_000): CallEvent => ({
  ...{ kind: 'report', source: 'webhook', callId: 'c', type: 'webCall', status: 'ended' },
  ...{ assistantId: 'a', sessionId: null, createdAt: created, endedReason: null, controlUrl: null, asOf },
  startedAt: created,
  endedAt: created + seconds * 1000,
  cost:
    costMicros === null ? null : { totalMicros: costMicros, components: { ...noCost(), vapi: costMicros } },
});
const doubt = (booked: CallEvent | null, reported: CallEvent, nowMs: number) => {
  const fresh = newCallRow('ten_1', reported);
  const before = booked ? applyEvent(fresh, booked, 'UTC', created) : fresh;
  return doubtOf(before, applyEvent(before, reported, 'UTC', nowMs), nowMs);
};
const soon = created + 120_000;
const late = created + 60_000 + 3_600_001;

describe('a webhook is believed', () => {
  it('when it is the first to report a call’s cost, or raises it, within an hour of its end', () => {
    assert.equal(doubt(null, report(900, 60), soon), 'take');
    assert.equal(doubt(report(null, 60), report(900, 60), soon), 'take');
    assert.equal(doubt(report(900, 60), report(950, 60), soon), 'take');
    assert.equal(doubt(report(900, 60), report(900, 61), soon), 'take');
  });

  it('when it changes no figure, whenever it arrives', () => {
    assert.equal(doubt(report(900, 60), report(900, 60), late), 'take');
    assert.equal(doubt(report(900, 60), report(0, 0, created), late), 'take');
    assert.equal(doubt(null, { ...report(null, 0), kind: 'status', status: 'in-progress' }, late), 'take');
  });
});

describe('Vapi is asked first', () => {
  it('when a webhook lowers what is booked, in cost or length', () => {
    assert.equal(doubt(report(900, 60), report(899, 60), soon), 'ask');
    assert.equal(doubt(report(900, 60), report(900, 59), soon), 'ask');
    assert.equal(doubt(report(900, 60), report(0, 0), soon), 'ask');
  });

  it('when a webhook changes a booked call more than an hour after its end, whatever end it reports', () => {
    assert.equal(doubt(report(900, 60), report(950, 60), late), 'ask');
    assert.equal(doubt(report(900, 60), report(950, 3_700), late), 'ask');
  });
});

it('a late report of an unbooked call is booked and Vapi is asked: nothing is lost if Vapi does not answer', () => {
  assert.equal(doubt(null, report(900, 60), late), 'take-and-ask');
  assert.equal(doubt(report(null, 60), report(900, 60), late), 'take-and-ask');
});
