/** Functions of the page: the tenant defines them, Vapi gets their descriptions, and a browser only what it must check. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';

const tool = {
  name: 'add_to_bag',
  description: 'Puts a bread into the bag. A secret hint for the assistant.',
  label: 'Put into the bag',
  parameters: {
    product: { type: 'string', enum: ['Dark rye'], description: 'Which bread.' },
    quantity: { type: 'integer', optional: true },
  },
};

let network: TestNetwork;
before(async () => {
  network = await startTestNetwork({
    emulator: { joinTimeoutMs: 3_600_000 },
    tenant: { pageTools: [tool], limits: { callsPerMinutePerIp: 100, concurrentCalls: 100 } },
  });
});
after(() => network?.close());

const change = (body: object) => network.server.operator('PATCH', '/v1/tenants/acme', body);
const start = async () =>
  (await network.visitor('/v1/calls', { session: await network.session('acme') })).body;
const overridesOf = (callId: string) =>
  network.emulator.calls().find(({ id }) => id === callId)?.view.assistantOverrides as Record<
    string,
    unknown
  >;

test('Vapi gets them as functions without a server, beside the assistant’s own; the browser gets no description', async () => {
  const grant = await start();
  assert.deepEqual(grant.page, {
    context: false,
    tools: [
      {
        ...{ name: 'add_to_bag', label: 'Put into the bag', ask: false },
        parameters: {
          product: { type: 'string', enum: ['Dark rye'] },
          quantity: { type: 'integer', optional: true },
        },
      },
    ],
  });
  assert.deepEqual(overridesOf(grant.callId)['tools:append'], [
    {
      ...{ type: 'function', async: true },
      function: {
        name: 'add_to_bag',
        description: tool.description,
        parameters: {
          type: 'object',
          properties: {
            product: { type: 'string', enum: ['Dark rye'], description: 'Which bread.' },
            quantity: { type: 'integer' },
          },
          required: ['product'],
        },
      },
    },
  ]);
});

test('what the browser sends defines none; without any, and in the modes in which it has a key, there is nothing', async () => {
  const session = await network.session('acme');
  const more = await network.visitor('/v1/calls', { session, pageTools: [{ ...tool, name: 'more' }] });
  assert.equal(more.status, 400);
  await change({ accessMode: 'scoped-key' });
  const granted = await start();
  assert.deepEqual([granted.mode, granted.page], ['scoped-key', undefined]);
  assert.ok(!('tools:append' in granted.assistantOverrides));
  await change({ accessMode: 'proxy', pageTools: [] });
  const grant = await start();
  assert.equal(grant.page, undefined);
  assert.ok(!('tools:append' in overridesOf(grant.callId)));
});

test('names are used once, values are bounded', async () => {
  const refused = async (pageTools: unknown) => assert.equal((await change({ pageTools })).status, 400);
  await refused([tool, tool]);
  await refused([{ ...tool, name: 'add to bag' }]);
  await refused([{ ...tool, parameters: { 'a b': { type: 'string' } } }]);
  await refused([{ ...tool, parameters: { a: { type: 'object' } } }]);
  // Nothing but a text could be among them: each use would be refused in the browser.
  await refused([{ ...tool, parameters: { a: { type: 'integer', enum: ['1', '2'] } } }]);
  await refused(Array.from({ length: 17 }, (_, no) => ({ ...tool, name: `tool${no}` })));
  const long = { type: 'string', enum: Array.from({ length: 50 }, (_, no) => 'x'.repeat(90) + no) };
  const many = Object.fromEntries(Array.from({ length: 12 }, (_, no) => [`p${no}`, long]));
  await refused([{ ...tool, parameters: many }]);
  assert.equal((await change({ pageTools: [{ ...tool, ask: true }], pageContext: true })).status, 200);
  assert.deepEqual((await start()).page.context, true);
});
