/** How the portal's forms interpret input, and how they describe a plan. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromUnits, toUnits } from '../../../server/base/currency.ts';
import { planPresets, planSchema } from '../../../server/contract.ts';
import { commonTexts } from '../../../server/portal/pure/common-texts.ts';
import { type FieldKind, toText, toValue } from '../../../server/portal/pure/field-kinds.ts';
import {
  completed,
  notAPlan,
  withKind,
  withRates,
  withTiers,
} from '../../../server/portal/pure/plan-shape.ts';
import { planWords } from '../../../server/portal/pure/plan-words.ts';
import { lastDueMonth } from '../../../server/portal/pure/zone.ts';
import { en } from '../../../widget/strings/en.ts';

const planOf = (name: string) => planSchema.parse(planPresets.find((preset) => preset.name === name)?.plan);

test('every amount is read as it was written, to its last digit', () => {
  const units = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const digits = fc.constantFrom(0, 2, 6);
  fc.assert(
    fc.property(units, digits, fc.integer({ min: 0, max: 2 }), (amount, places, least) => {
      assert.equal(toUnits(fromUnits(amount, places, Math.min(least, places)), places), amount);
    }),
  );
});

// Text, its value, and (if different) how that is written.
const readings: [kind: FieldKind, currency: string, text: string, value: unknown, written?: string][] = [
  ['cents', 'usd', '12', 1200, '12.00'],
  ['cents', 'usd', '12.5', 1250, '12.50'],
  ['cents', 'idr', '12.50', 1250],
  ['cents', 'jpy', '1200', 1200],
  ['cents', 'usd', '0.1', 10, '0.10'],
  ['micros', 'usd', '0.25', 250_000],
  ['micros', 'usd', '0.000001', 1],
  ['micros', 'jpy', '3', 3_000_000],
  ['percent', 'usd', '7.5', 750],
  ['percent', 'usd', '30', 3000],
  ['fine-percent', 'usd', '8.875', 887.5],
  ['fine-percent', 'usd', '19', 1900],
  ['whole', 'usd', '14', 14],
  ['text', 'usd', ' Acme ', 'Acme', 'Acme'],
  ['lines', 'usd', 'a\n\n b ', ['a', 'b'], 'a\nb'],
];
for (const [kind, currency, text, value, written = text] of readings) {
  test(`${JSON.stringify(text)} as ${kind} in ${currency} is ${JSON.stringify(value)}`, () => {
    assert.deepEqual(toValue(kind, text, currency), { value });
    assert.equal(toText(kind, value, currency), written);
  });
}

for (const [kind, currency, text] of [
  ['cents', 'usd', '12.345'],
  ['cents', 'jpy', '12.50'],
  ['cents', 'usd', '12,50'],
  ['cents', 'usd', '-1'],
  ['cents', 'usd', '1e3'],
  ['cents', 'usd', '.5'],
  ['cents', 'usd', '99999999999999999'],
  ['micros', 'usd', '0.0000001'],
  ['whole', 'usd', '1.0'],
  ['percent', 'usd', '30 %'],
  ['fine-percent', 'usd', '8.8755'],
] as [FieldKind, string, string][]) {
  test(`${JSON.stringify(text)} as ${kind} in ${currency} is refused, with the right way to write it`, () => {
    const read = toValue(kind, text, currency);
    assert.match('problem' in read ? read.problem : '', /^Enter /);
  });
}

test('a plan is described in sentences, with its markup', () => {
  assert.deepEqual(planWords(planOf('retainer'), 'Acme'), [
    'Acme pays $499.00 a month.',
    '1,000 minutes of web calls, inbound calls and outbound calls are included; each additional minute costs $0.25, billed by the second.',
    'Chat messages cost nothing extra.',
  ]);
  assert.deepEqual(planWords(planOf('per-minute'), 'Acme'), [
    'Acme pays no monthly fee.',
    'A minute of web calls, inbound calls and outbound calls costs $0.35, billed in steps of 6 s after a minimum of 6 s.',
    'Chat messages cost what Vapi charges you plus 30%.',
  ]);
  const yen = { ...planOf('retainer'), currency: 'jpy', usdRateMicros: 155_500_000, minimumCents: 60_000 };
  assert.deepEqual(planWords(withRates(withKind(yen, 0, 'graduated'), 1), 'Acme').slice(1), [
    'A minute of web calls, inbound calls and outbound calls costs ¥0.3 up to minute 500, then ¥0.25, billed by the second.',
    'Chat messages cost nothing extra.',
    'Fee and usage together are at least ¥60,000 a month.',
    'One US dollar of cost counts as ¥155.5.',
  ]);
  const [first] = planOf('retainer').rates;
  assert.equal(
    planWords({ ...planOf('retainer'), rates: first ? [first] : [] }, 'Acme').at(-1),
    'No price is set for chat messages yet.',
  );
});

test('whatever kind of price is chosen, the server accepts the plan', () => {
  for (const kind of ['free', 'per-minute', 'included', 'graduated', 'cost-plus', 'per-call'] as const) {
    const plan = withKind(planOf('cost-plus'), 0, kind);
    assert.deepEqual(planSchema.parse(plan), plan);
    assert.equal(notAPlan(plan), null);
  }
  let tiered = withKind(planOf('cost-plus'), 0, 'graduated');
  for (const by of [1, 1, -1, 1, -1, -1] as const) {
    tiered = withTiers(tiered, 0, by);
    assert.ok(planSchema.safeParse(tiered).success);
  }
  const split = withRates(planOf('cost-plus'), 1);
  assert.deepEqual(withRates(split, -1), planOf('cost-plus'));
});

test('a plan without optional values is shown with the server’s defaults', () => {
  for (const { plan } of planPresets) {
    assert.deepEqual(
      completed(structuredClone(plan) as Parameters<typeof completed>[0]),
      planSchema.parse(plan),
    );
  }
  assert.match(String(notAPlan({ rates: [{ channels: ['web'], price: { kind: 'toString' } }] })), /kind/);
  assert.match(String(notAPlan([])), /rates/);
});

test('a month is due a day after it has ended, unless no grace for late costs is set', () => {
  assert.equal(lastDueMonth('2026-12-01T23:59:59Z', 24), '2026-10');
  assert.equal(lastDueMonth('2026-12-02T00:00:00Z', 24), '2026-11');
  assert.equal(lastDueMonth('2026-12-01T00:00:00Z', 0), '2026-11');
  assert.equal(lastDueMonth('2027-01-02T00:00:00Z', 24), '2026-12');
});

test('the texts that can be set are the element’s own, and their defaults are shown', () => {
  for (const [key, , text] of commonTexts) assert.equal(en[key], text, key);
});
