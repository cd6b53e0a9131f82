import assert from 'node:assert/strict';
import { test } from 'node:test';
import { clientsHash, listAddress, sortedBy } from '../../../server/portal/pure/client-address.ts';

test('an address survives being read and written, and drops what no list has', () => {
  const address = { search: 'a & b/ü?', filter: 'paused', sort: 'cost', order: 'asc', cursor: 'x_-' };
  const hash = clientsHash(address);
  assert.match(hash, /^#\/clients\?/);
  assert.deepEqual(listAddress(hash.replace(/.*\?/, '')), address);
  assert.deepEqual(listAddress('evil=1&sort=&limit=100000'), {});
  assert.equal(clientsHash({ search: '' }), '#/clients');
});

test('a heading sorts figures from the largest first, names from A, and then the other way, from the first page', () => {
  const names = sortedBy({}, 'name');
  assert.deepEqual(names, { hash: '#/clients?sort=name&order=desc', direction: 'ascending' });
  const calls = sortedBy({ search: 'x', cursor: 'y', order: 'desc' }, 'calls');
  assert.deepEqual(calls, { hash: '#/clients?search=x&sort=calls', direction: undefined });
  const again = sortedBy(listAddress('search=x&sort=calls'), 'calls');
  assert.deepEqual(again, { hash: '#/clients?search=x&sort=calls&order=asc', direction: 'descending' });
  const back = sortedBy(listAddress('search=x&sort=calls&order=asc'), 'calls');
  assert.deepEqual(back, { hash: '#/clients?search=x&sort=calls', direction: 'ascending' });
});
