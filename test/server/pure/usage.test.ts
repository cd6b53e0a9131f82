import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import fc from 'fast-check';
import type { CallEvent } from '../../../server/ledger/call-event.ts';
import { applyEvent, newCallRow, usageChanges, usageOf, worthOf } from '../../../server/ledger/usage.ts';
import { noCost } from '../../../server/vapi/cost.ts';

const created = Date.parse('2026-11-10T12:00:00Z');
const base: CallEvent = {
  kind: 'status',
  source: 'webhook',
  callId: '0c0c0c0c-1111-4222-8333-444444444444',
  asOf: created,
  type: 'webCall',
  status: null,
  assistantId: 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee',
  sessionId: null,
  createdAt: created,
  startedAt: null,
  endedAt: null,
  endedReason: null,
  controlUrl: null,
  cost: null,
};
const started: CallEvent = { ...base, status: 'in-progress', asOf: created + 5_000 };
const ended: CallEvent = {
  ...base,
  status: 'ended',
  asOf: created + 61_000,
  endedReason: 'customer-ended-call',
};
const report: CallEvent = {
  ...base,
  kind: 'report',
  status: 'ended',
  asOf: created + 65_000,
  startedAt: created + 5_000,
  endedAt: created + 60_200,
  endedReason: 'customer-ended-call',
  cost: { totalMicros: 79_700, components: { ...noCost(), vapi: 50_000, tts: 29_700 } },
};
const dearer: CallEvent = {
  ...report,
  asOf: created + 125_000,
  cost: { totalMicros: 90_000, components: { ...noCost(), vapi: 50_000, tts: 40_000 } },
};
const withoutCost: CallEvent = { ...report, asOf: created + 63_000, cost: null };

function afterAll(events: CallEvent[], timeZone = 'UTC') {
  return events.reduce(
    (row, event) => applyEvent(row, event, timeZone, created),
    newCallRow('ten_1', events[0] ?? base),
  );
}

describe('what a call adds to the usage', () => {
  it('nothing while it is in progress', () => {
    assert.equal(usageOf(afterAll([started])), null);
  });

  it('one call without a cost when only its end is known', () => {
    const usage = usageOf(afterAll([started, ended]));
    assert.equal(usage?.day, '2026-11-10');
    assert.equal(usage?.amounts.calls, 1);
    assert.equal(usage?.amounts.callsWithoutCost, 1);
    assert.equal(usage?.amounts.costMicros, 0);
  });

  it('its length in started seconds and its cost by component once it is reported', () => {
    const usage = usageOf(afterAll([started, ended, report]));
    assert.deepEqual(usage, {
      day: '2026-11-10',
      assistantId: base.assistantId,
      amounts: {
        calls: 1,
        // 60.2 s - 5 s = 55.2 s
        seconds: 56,
        costMicros: 79_700,
        callsWithoutCost: 0,
        transportMicros: 0,
        sttMicros: 0,
        llmMicros: 0,
        ttsMicros: 29_700,
        vapiMicros: 50_000,
        analysisMicros: 0,
        knowledgeBaseMicros: 0,
        otherMicros: 0,
      },
    });
  });

  it('a call that ended without having started lasted 0 seconds', () => {
    const never = { ...report, startedAt: null, cost: { totalMicros: 0, components: noCost() } };
    assert.equal(afterAll([never]).seconds, 0);
  });

  it('counts for the day on which it started in the tenant’s time zone', () => {
    const late = {
      ...report,
      startedAt: Date.parse('2026-11-10T23:30:00Z'),
      endedAt: Date.parse('2026-11-10T23:31:00Z'),
    };
    assert.equal(afterAll([late], 'Europe/Berlin').usageDay, '2026-11-11');
    assert.equal(afterAll([late], 'America/New_York').usageDay, '2026-11-10');
  });

  it('moves to another day and month when its start becomes known, or its creation if it never started', () => {
    // Created on 31 October and started on 1 November in Berlin, in the winter time that began a week before.
    const before = Date.parse('2026-10-31T22:59:50Z');
    const after = Date.parse('2026-10-31T23:00:05Z');
    const end: CallEvent = { ...ended, createdAt: before };
    const booked = afterAll([end], 'Europe/Berlin');
    assert.equal(booked.usageDay, '2026-10-31');
    const reported = { ...report, createdAt: before, startedAt: after, endedAt: after + 10_000 };
    const moved = applyEvent(booked, reported, 'Europe/Berlin', created);
    assert.deepEqual(
      usageChanges(usageOf(booked), usageOf(moved)).map(({ day, amounts }) => [
        day,
        amounts.calls,
        amounts.callsWithoutCost,
        amounts.seconds,
        amounts.costMicros,
      ]),
      [
        ['2026-10-31', -1, -1, 0, 0],
        ['2026-11-01', 1, 0, 10, 79_700],
      ],
    );
    const guessed = afterAll([{ ...ended, createdAt: null, asOf: after }], 'Europe/Berlin');
    assert.equal(guessed.usageDay, '2026-11-01');
    assert.equal(applyEvent(guessed, end, 'Europe/Berlin', created).usageDay, '2026-10-31');
  });

  it('keeps its kind, which decides the price, whatever a later webhook says; Vapi’s own list corrects it', () => {
    const phone = { ...report, type: 'inboundPhoneCall' };
    const row = afterAll([phone, { ...dearer, type: 'webCall' }]);
    assert.equal(row.type, 'inboundPhoneCall');
    assert.equal(applyEvent(row, { ...dearer, source: 'poll' }, 'UTC', created).type, 'webCall');
    assert.equal(afterAll([{ ...ended, type: null }, phone]).type, 'inboundPhoneCall');
  });

  it('stays on its day when the tenant’s time zone changes', () => {
    const booked = afterAll([{ ...report, startedAt: Date.parse('2026-11-10T23:30:00Z') }], 'Europe/Berlin');
    assert.equal(booked.usageDay, '2026-11-11');
    const again = { ...dearer, startedAt: booked.startedAt };
    assert.equal(applyEvent(booked, again, 'America/New_York', created).usageDay, '2026-11-11');
  });

  it('the newest report with a cost decides the cost; an older one that arrives later changes nothing', () => {
    assert.equal(afterAll([report, dearer, report]).costMicros, 90_000);
    assert.equal(afterAll([dearer, withoutCost]).costMicros, 90_000);
  });
});

describe('the changes that follow a call through its states', () => {
  const events = [started, ended, report, dearer, withoutCost];

  it('add up to the call’s final figures, in any order and number', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom(...events), { minLength: 1, maxLength: 12 }), (sequence) => {
        const totals = new Map<string, number>();
        let row = newCallRow('ten_1', base);
        for (const event of sequence) {
          const next = applyEvent(row, event, 'UTC', created);
          for (const change of usageChanges(usageOf(row), usageOf(next))) {
            for (const [name, amount] of Object.entries(change.amounts)) {
              const key = `${change.day} ${change.assistantId} ${name}`;
              totals.set(key, (totals.get(key) ?? 0) + amount);
            }
          }
          row = next;
        }
        const final = usageOf(row);
        for (const [key, total] of totals) {
          const [day, assistantId, name] = key.split(' ') as [
            string,
            string,
            keyof NonNullable<typeof final>['amounts'],
          ];
          const expected = final?.day === day && final.assistantId === assistantId ? final.amounts[name] : 0;
          assert.equal(total, expected, key);
        }
      }),
    );
  });

  it('give the same row whatever the order', () => {
    const comparable = (sequence: CallEvent[]) => ({ ...afterAll(sequence), createdAt: 0, updatedAt: 0 });
    fc.assert(
      fc.property(fc.shuffledSubarray(events, { minLength: events.length }), (shuffled) => {
        assert.deepEqual(comparable(shuffled), comparable(events));
      }),
    );
  });

  it('are none when the same report arrives again', () => {
    const row = afterAll([report]);
    assert.deepEqual(usageChanges(usageOf(row), usageOf(applyEvent(row, report, 'UTC', created))), []);
  });
});

describe('the most that a call can have cost while its cost is not reported', () => {
  const worth = (...events: CallEvent[]) => worthOf(afterAll(events), 600_000);

  it('is its length at the worst-case rate, rounded up', () => {
    assert.equal(worth(withoutCost), 560_000);
    assert.equal(worthOf(afterAll([withoutCost]), 100), 94);
  });

  it('is nothing when it was never connected or never happened', () => {
    assert.equal(worth({ ...withoutCost, startedAt: null }), 0);
    assert.equal(worth(base), 0);
    assert.equal(worth({ ...base, status: 'ringing' }), 0);
  });

  it('is unknown for a call that began and has no known length, and for a message', () => {
    assert.equal(worth(started), null);
    assert.equal(worth(started, ended), null);
    assert.equal(worth({ ...withoutCost, type: 'chat' }), null);
  });
});
