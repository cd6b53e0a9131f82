import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { isCountry, vatIdOf } from '../../../server/base/countries.ts';

describe('VAT IDs', () => {
  const forms: [text: string, country: string | undefined, expected: ReturnType<typeof vatIdOf>][] = [
    ['DE123456789', 'DE', { id: 'DE123456789' }],
    ['de 123.456-789', undefined, { id: 'DE123456789' }],
    ['ATU12345678', undefined, { id: 'ATU12345678' }],
    ['EL123456789', 'GR', { id: 'EL123456789' }],
    ['XI123456789', 'GB', { id: 'XI123456789' }],
    ['NL123456789B01', undefined, { id: 'NL123456789B01' }],
    ['CHE-123.456.789 MWST', undefined, { id: 'CHE123456789MWST' }],
    ['FRK7399859412', undefined, { id: 'FRK7399859412' }],
    ['ESX1234567X', undefined, { id: 'ESX1234567X' }],
    ['IE1234567WA', undefined, { id: 'IE1234567WA' }],
    // One digit short, or one more.
    ['DE12345678', undefined, 'malformed'],
    ['FR1234567890', 'FR', 'malformed'],
    ['NL123456789012', undefined, 'malformed'],
    ['ATU123456789', undefined, 'malformed'],
    // Numbers of another kind, and of countries whose form is not known.
    ['12/345/67890', 'DE', null],
    ['12-3456789', 'US', null],
    ['GR123456789', undefined, null],
    ['DEPOT', undefined, null],
    ['RS123456789', 'RS', { id: 'RS123456789' }],
    ['RS123456789', undefined, null],
    ['', 'DE', null],
  ];
  for (const [text, country, expected] of forms) {
    it(`“${text}” of ${country ?? 'anywhere'}: ${JSON.stringify(expected)}`, () => {
      assert.deepEqual(vatIdOf(text, country), expected);
    });
  }

  it('countries are those of ISO 3166-1: what else is used as one is refused', () => {
    for (const code of ['DE', 'GB', 'US', 'CW']) assert.ok(isCountry(code), code);
    for (const code of ['EL', 'UK', 'EU', 'ZZ', 'de', '', '1A']) assert.ok(!isCountry(code), code);
  });
});
