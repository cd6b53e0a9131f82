/** A client's handle is made from its name. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import { slugOf, slugsFrom } from '../../../server/access/tenants/slug.ts';
import { slugSchema } from '../../../server/contract.ts';

test('a name becomes the handle that one would type', () => {
  for (const [name, slug] of [
    ['Acme Bakery', 'acme-bakery'],
    ["Joe's Café & Söhne", 'joes-cafe-sohne'],
    ['Straße 7 GmbH', 'strasse-7-gmbh'],
    ['  --Ærø-- ', 'aero'],
    ['株式会社', 'client'],
    ['A'.repeat(60), 'a'.repeat(40)],
    [`${'a'.repeat(39)} b`, 'a'.repeat(39)],
  ] as const)
    assert.equal(slugOf(name), slug, name);
});

test('every name gives handles that are valid and differ', () => {
  fc.assert(
    fc.property(fc.string({ unit: 'grapheme', maxLength: 120 }), (name) => {
      const made = slugsFrom(name);
      const slugs = Array.from({ length: 120 }, () => made.next().value);
      for (const slug of slugs) assert.ok(slugSchema.safeParse(slug).success, slug);
      assert.equal(new Set(slugs).size, slugs.length);
    }),
  );
});
