/** Several assistants on one site: a page names one, and no one starts any other. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, beforeEach, describe, it } from 'node:test';
import { scopeFor } from '../../../server/access/tenants/public-key.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { type Answer, codeOf, pageOrigin } from '../../support/test-server.ts';
import { until } from '../../support/until.ts';

describe('several assistants on one site', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ emulator: { speed: 50 } });
  });
  after(() => network?.close());

  let client: TestTenant;
  let sales: string;
  let phone: string;
  let count = 0;
  const limits = { callsPerMinutePerIp: 100, concurrentCalls: 50 };

  /** A client with a main assistant, one more for its website, and one for the phone only. */
  async function addClient(changes: Record<string, unknown> = {}): Promise<void> {
    count += 1;
    client = await network.addTenant(`shop-${count}`, { modes: ['voice', 'chat'], limits, ...changes });
    sales = await atVapi('Sales');
    phone = await atVapi('Phone');
    const assistants = { assistantIds: [sales, phone], siteAssistantIds: [sales] };
    assert.equal((await change(assistants)).status, 200);
  }
  beforeEach(() => addClient());

  /** The client's organization gets one more, wired like its main one. */
  async function atVapi(name: string): Promise<string> {
    const answer = await fetch(`${network.emulator.url}/assistant`, {
      method: 'POST',
      headers: { authorization: `Bearer ${client.privateKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        name,
        server: {
          url: `${network.server.url}/v1/webhooks/vapi/${client.slug}`,
          headers: { 'x-vapi-agent-token': client.webhookSecret },
        },
        serverMessages: ['status-update', 'end-of-call-report'],
      }),
    });
    assert.equal(answer.status, 201);
    return ((await answer.json()) as { id: string }).id;
  }

  const change = (body: object) => network.server.operator('PATCH', `/v1/tenants/${client.slug}`, body);
  const open = (assistant?: string) => network.visitor('/v1/sessions', { tenant: client.slug, assistant });
  const sessionWith = async (assistant?: string): Promise<string> => {
    const answer = await open(assistant);
    assert.equal(answer.status, 201, answer.text);
    return answer.body.session;
  };
  const start = (session: string) => network.visitor('/v1/calls', { session });
  const say = (body: object) => network.visitor('/v1/chats', { message: 'Hello', ...body });
  const next = ({ text }: Answer): string => /"chat":"([^"]+)"/.exec(text)?.[1] ?? '';
  const calls = async () =>
    (await network.server.operator('GET', `/v1/tenants/${client.slug}/calls`)).body.calls as {
      id: string;
      assistantId: string;
      type: string;
      costMicros: number | null;
    }[];

  it('a call and a conversation are with the assistant that the page names; without a name, with the main one', async () => {
    for (const [named, expected] of [
      [sales, sales],
      [client.assistantId, client.assistantId],
      [undefined, client.assistantId],
    ] as const) {
      const call = await start(await sessionWith(named));
      assert.equal(call.status, 201, call.text);
      const headers = { authorization: `Bearer ${client.privateKey}` };
      const atVapi = await fetch(`${network.emulator.url}/call/${call.body.callId}`, { headers });
      assert.equal(((await atVapi.json()) as { assistantId: string }).assistantId, expected);
    }
    const first = await say({ session: await sessionWith(sales) });
    assert.equal((await say({ chat: next(first) })).status, 200);
    const chats = await until(async () => {
      const rows = (await calls()).filter(({ type }) => type === 'chat');
      return rows.length === 2 && rows.every(({ costMicros }) => costMicros !== null) ? rows : null;
    }, 'both messages in the ledger');
    assert.deepEqual(new Set(chats.map(({ assistantId }) => assistantId)), new Set([sales]));
  });

  it('every other assistant is refused alike, and says what to do: one for the phone, another client’s, one that does not exist', async () => {
    const { slug } = client;
    const other = await network.addTenant(`other-${slug}`);
    const answers = await Promise.all([phone, other.assistantId, randomUUID(), 'nonsense'].map(open));
    for (const answer of answers) {
      assert.deepEqual([answer.status, codeOf(answer)], [403, 'assistant_not_allowed']);
      assert.equal(answer.body.detail, answers[0]?.body.detail);
      assert.match(answer.body.detail, /`siteAssistantIds`/);
      assert.ok(!answer.text.includes('other-'), answer.text);
    }
    // A page that is not allowed learns nothing of the client's assistants.
    const foreign = { origin: 'https://elsewhere.example' };
    for (const assistant of [sales, phone]) {
      const refused = await network.visitor('/v1/sessions', { tenant: slug, assistant }, foreign);
      assert.equal(codeOf(refused), 'origin_not_allowed');
    }
  });

  it('an assistant taken off the list is no longer started by a session or a conversation that is out', async () => {
    const [call, message] = [await sessionWith(sales), await sessionWith(sales)];
    const conversation = next(await say({ session: await sessionWith(sales) }));
    assert.equal((await change({ siteAssistantIds: [] })).status, 200);
    for (const answer of [
      await start(call),
      await say({ session: message }),
      await say({ chat: conversation }),
    ])
      assert.deepEqual([answer.status, codeOf(answer)], [403, 'assistant_not_allowed']);
    assert.equal((await start(await sessionWith())).status, 201, 'the main one is unaffected');
    // The refusal has reserved nothing and has not used the session up.
    assert.equal((await change({ siteAssistantIds: [sales] })).status, 200);
    assert.equal((await start(call)).status, 201);
  });

  it('the list holds only the client’s own, and what is no longer the client’s leaves it', async () => {
    const foreign = await change({ siteAssistantIds: [sales, randomUUID()] });
    assert.deepEqual([foreign.status, foreign.body.errors[0].path], [400, 'siteAssistantIds.1']);
    const dropped = await change({ assistantIds: [phone] });
    assert.deepEqual(dropped.body.siteAssistantIds, []);
    assert.equal(codeOf(await open(sales)), 'assistant_not_allowed');
    const created = await network.server.operator('POST', '/v1/tenants', {
      name: 'New',
      ...{ privateKey: client.privateKey, assistantId: sales, siteAssistantIds: [phone] },
    });
    assert.deepEqual([created.status, created.body.errors[0].path], [400, 'siteAssistantIds.0']);
  });

  for (const accessMode of ['scoped-key', 'public-key'] as const)
    it(`in the mode ${accessMode} the grant names it, its call is booked, and one without a grant is ended`, async () => {
      await addClient({ accessMode });
      const grant = (await start(await sessionWith(sales))).body;
      assert.equal(grant.assistantId, sales);
      const { assistantOverrides } = grant;
      const createdAt = new Date(network.server.clock.now).toISOString();
      const own = network.emulator.makeCall({
        assistantId: sales,
        seconds: 30,
        assistantOverrides,
        createdAt,
      });
      await network.emulator.waitForCall(own.id, 'settled');
      await network.server.ctx.backgroundDone();
      assert.deepEqual(
        (await calls()).map(({ id, assistantId }) => [id, assistantId]),
        [[own.id, sales]],
      );
      const stolen = network.emulator.makeCall({ assistantId: sales, seconds: 0, live: true, createdAt });
      await network.emulator.waitForCall(stolen.id, 'ended');
      // One for the phone may be used elsewhere.
      const staff = network.emulator.makeCall({ assistantId: phone, seconds: 0, live: true, createdAt });
      await network.emulator.waitForCall(staff.id, 'in-progress');
      await network.server.ctx.backgroundDone();
      assert.equal(network.emulator.calls().find(({ id }) => id === staff.id)?.status, 'in-progress');
      network.emulator.endCall(staff.id);
      await network.emulator.waitForCall(staff.id, 'settled');
    });

  it('a scoped key opens the assistant that the page has named and no other', async () => {
    await addClient({ accessMode: 'scoped-key' });
    const { key } = (await start(await sessionWith(sales))).body;
    const create = async (assistantId: string) => {
      const answer = await fetch(`${network.emulator.url}/call/web`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, origin: pageOrigin, 'content-type': 'application/json' },
        body: JSON.stringify({ assistantId }),
      });
      await answer.body?.cancel();
      return answer.status;
    };
    assert.deepEqual([await create(client.assistantId), await create(sales)], [403, 201]);
  });

  it('the public key at Vapi is restricted to all that the website may use, and follows the list', async () => {
    const path = `/v1/tenants/${client.slug}`;
    const made = await network.server.operator('POST', `${path}/vapi-key`);
    assert.deepEqual(made.body.assistantIds, [client.assistantId, sales]);
    const allowed = async () => {
      const headers = { authorization: `Bearer ${client.privateKey}` };
      const keys = (await (await fetch(`${network.emulator.url}/token`, { headers })).json()) as {
        id: string;
        value: string;
        restrictions: { allowedAssistantIds: string[] };
      }[];
      const key = keys.find(({ id }) => id === made.body.publicKeyId);
      network.server.secrets.add('made public key', key?.value ?? '');
      return key?.restrictions.allowedAssistantIds;
    };
    assert.deepEqual(await allowed(), [client.assistantId, sales]);
    await change({ siteAssistantIds: [sales, phone] });
    assert.deepEqual(await allowed(), [client.assistantId, sales, phone]);
    await change({ assistantIds: [], siteAssistantIds: [] });
    assert.deepEqual(await allowed(), [client.assistantId]);
    const tenant = (await findTenant(network.server.ctx.store, client.slug)) as Tenant;
    assert.deepEqual(scopeFor(tenant).assistantIds, [client.assistantId]);
  });

  it('the snippet writes the assistant that was chosen, and only one that the website may use', async () => {
    const path = `/v1/tenants/${client.slug}/snippet`;
    const get = (query: string) => network.server.operator('GET', `${path}?${query}`);
    assert.match((await get(`assistant=${sales}`)).body.snippet, new RegExp(` assistant="${sales}"`));
    assert.match(
      (await get(`assistant=${sales}&platform=gtm`)).body.snippet,
      new RegExp(`setAttribute\\('assistant', '${sales}'\\)`),
    );
    assert.match(
      (await get(`assistant=${sales}&platform=wordpress`)).body.snippet,
      new RegExp(`\\[vapi_agent assistant="${sales}"\\]`),
    );
    assert.doesNotMatch((await get(`assistant=${client.assistantId}`)).body.snippet, /assistant=/);
    const refused = await get(`assistant=${phone}`);
    assert.deepEqual([refused.status, refused.body.errors[0].path], [400, 'assistant']);
  });
});
