/** Addresses of the portal: read, written, and followed from where a view was in earlier versions. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { addressIn, movedTo } from '../../../server/portal/pure/address.ts';
import { listHash, readList } from '../../../server/portal/pure/list-address.ts';

test('an address names its view and its list, and one that was cut does not break the page', () => {
  assert.deepEqual(addressIn(''), { route: [], query: '' });
  assert.deepEqual(addressIn('#/tenants/acme/calls/a%2Fb'), {
    route: ['tenants', 'acme', 'calls', 'a/b'],
    query: '',
  });
  assert.deepEqual(addressIn('#/calls?id=a?b&from=1'), { route: ['calls'], query: 'id=a?b&from=1' });
  assert.deepEqual(addressIn('#/calls/%E0%A4'), { route: ['calls', '%E0%A4'], query: '' });
});

test('an operator’s old addresses lead to where their view is now', () => {
  const now = (hash: string) => movedTo(addressIn(hash));
  assert.equal(now('#/?search=a&sort=cost'), '#/clients?search=a&sort=cost');
  assert.equal(now('#/agency'), '#/settings');
  for (const current of ['', '#/', '#/clients?search=a', '#/settings', '#/tenants/agency', '#/attention'])
    assert.equal(now(current), null, current);
});

test('a list’s filters survive being read and written, without what it does not have', () => {
  const names = ['id', 'from', 'cursor'] as const;
  const address = { id: 'a & b/ü?', from: '2026-12-01' };
  const hash = listHash('#/calls', address);
  assert.deepEqual(readList(addressIn(hash).query, names), address);
  assert.deepEqual(readList('evil=1&id=', names), {});
  assert.equal(listHash('#/calls', { id: '', from: undefined }), '#/calls');
});
