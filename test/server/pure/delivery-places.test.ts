/** Servers that fail or hang do not delay other tenants' messages. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createDeliveryPlaces } from '../../../server/base/delivery-places.ts';

test('a tenant gets half of the places, and the others the rest', () => {
  const places = createDeliveryPlaces(4);
  places.take('a');
  assert.deepEqual(places.closedTo(), []);
  places.take('a');
  assert.deepEqual(places.closedTo(), ['a']);
  places.take('b');
  places.take('c');
  assert.equal(places.isFull(), true);
  places.give('a', true);
  assert.equal(places.isFull(), false);
  assert.deepEqual(places.closedTo(), []);
});

test('a tenant whose server has failed gets one place until it has accepted a message', () => {
  const places = createDeliveryPlaces(8);
  places.take('a');
  places.take('a');
  places.give('a', false);
  assert.deepEqual(places.closedTo(), ['a']);
  // A stop, or a message without a target, says nothing about the server.
  places.give('a', null);
  assert.deepEqual(places.closedTo(), []);
  places.take('a');
  assert.deepEqual(places.closedTo(), ['a']);
  places.give('a', true);
  places.take('a');
  assert.deepEqual(places.closedTo(), []);
});

test('those that fail have half of the places together, however many they are', () => {
  const places = createDeliveryPlaces(4);
  for (const tenant of ['a', 'b', 'c']) {
    places.take(tenant);
    places.give(tenant, false);
  }
  places.take('a');
  assert.deepEqual(places.closedTo(), ['a']);
  places.take('b');
  assert.deepEqual(places.closedTo().sort(), ['a', 'b', 'c']);
  places.give('a', false);
  assert.deepEqual(places.closedTo(), ['b']);
});
