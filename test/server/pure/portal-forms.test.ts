/** What the portal's forms make of what is written in them. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { fromUnits, toUnits } from '../../../server/portal/amounts.ts';
import { type FieldKind, toText, toValue } from '../../../server/portal/field-kinds.ts';

test('every amount is read as it was written, to its last digit', () => {
  const units = fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER });
  const digits = fc.constantFrom(0, 2, 6);
  fc.assert(
    fc.property(units, digits, fc.integer({ min: 0, max: 2 }), (amount, places, least) => {
      assert.equal(toUnits(fromUnits(amount, places, Math.min(least, places)), places), amount);
    }),
  );
});

// Text, what it is read as, and (where it is another) how that is written.
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
] as [FieldKind, string, string][]) {
  test(`${JSON.stringify(text)} as ${kind} in ${currency} is refused, and it is said how to write it`, () => {
    const read = toValue(kind, text, currency);
    assert.match('problem' in read ? read.problem : '', /^write /);
  });
}
