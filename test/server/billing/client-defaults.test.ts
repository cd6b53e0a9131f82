/** A new client gets the agency's limits and plan. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { clientAccessOf, defaultLimits, planPresets, planSchema } from '../../../server/contract.ts';
import { startTestServer, type TestServer } from '../../support/test-server.ts';

const plan = planSchema.parse(planPresets[0]?.plan);

let server: TestServer;
before(async () => {
  server = await startTestServer();
});
after(() => server?.close());

const change = (changes: object) => server.operator('PATCH', '/v1/client-defaults', changes);
const planOf = async (slug: string) => (await server.operator('GET', `/v1/tenants/${slug}/plan`)).body;

test('without any, a client has this server’s limits and no plan', async () => {
  assert.deepEqual((await server.operator('GET', '/v1/client-defaults')).body, {
    ...{ limits: {}, plan: null },
    clientAccess: clientAccessOf({}),
  });
  assert.deepEqual((await server.createTenant({ slug: 'first' })).limits, defaultLimits);
  assert.equal((await planOf('first')).current, null);
});

test('limits and plan are set one by one, and apply to new clients only, from their first day', async () => {
  assert.equal((await change({ limits: { concurrentCalls: 7, callsPerDay: 70 } })).status, 200);
  const { body } = await change({ plan });
  assert.deepEqual(body, {
    ...{ limits: { concurrentCalls: 7, callsPerDay: 70 }, plan },
    clientAccess: clientAccessOf({}),
  });
  // It is the tenth of November in UTC, and already the eleventh there.
  const changes = { slug: 'second', timeZone: 'Pacific/Kiritimati', limits: { callsPerDay: 9 } };
  const made = await server.createTenant(changes);
  assert.deepEqual(made.limits, { ...defaultLimits, concurrentCalls: 7, callsPerDay: 9 });
  const { current, versions } = await planOf('second');
  assert.deepEqual([current.plan, current.from, versions.length], [plan, '2026-11-11', 1]);
  assert.deepEqual((await server.operator('GET', '/v1/tenants/first')).body.limits, defaultLimits);
  assert.equal((await planOf('first')).current, null);
  await change({ plan: null });
  await server.createTenant({ slug: 'third' });
  assert.equal((await planOf('third')).current, null);
});

test('a change is in the audit log, and what is not valid changes nothing', async () => {
  const before = (await server.operator('GET', '/v1/client-defaults')).body;
  assert.equal((await change({ limits: { concurrentCalls: 0 } })).status, 400);
  assert.equal((await change({ limit: {} })).status, 400);
  assert.deepEqual((await server.operator('GET', '/v1/client-defaults')).body, before);
  const { entries } = (await server.operator('GET', '/v1/audit')).body;
  const actions = entries.map(({ action }: { action: string }) => action);
  assert.equal(actions.filter((action: string) => action === 'client-defaults.update').length, 3);
});
