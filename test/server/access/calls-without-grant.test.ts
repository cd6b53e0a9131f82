/** A key that a browser was given, or that was stolen, starts no more calls than we have granted. */

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import type { CallView, KeyGrant } from '../../../server/contract.ts';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { releaseUnusedGrants } from '../../../server/metering/unused-grants.ts';
import { listKeyGrants } from '../../../server/store/reservations.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { sweepAll } from '../../support/sweep.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { until } from '../../support/until.ts';

for (const engine of testDatabases())
  describe(`a web call without a grant, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
  });
  after(() => network?.close());

  const keyed = { accessMode: 'scoped-key', limits: { callsPerMinutePerIp: 100 } };
  const grant = async (slug: string): Promise<KeyGrant> => {
    const answer = await network.visitor('/v1/calls', { session: await network.session(slug) });
    assert.equal(answer.status, 201, answer.text);
    return answer.body;
  };
  type Wish = Parameters<TestNetwork['emulator']['makeCall']>[0];
  const begin = (assistantId: string, wish: Partial<Wish> = {}) =>
    network.emulator.makeCall({
      ...{ assistantId, seconds: 0, live: true, createdAt: new Date(network.server.clock.now).toISOString() },
      ...wish,
    });
  const statusOf = (id: string) => network.emulator.calls().find((call) => call.id === id)?.status;
  /** The first report of each has been received, and everything that results from it is done. */
  const seen = async (...ids: string[]) => {
    const answered = new Set<string>();
    await until(() => {
      for (const { callId, answer } of network.emulator.deliveries())
        if (answer === 200) answered.add(callId);
      return ids.every((id) => answered.has(id));
    }, 'the reports');
    await network.server.ctx.backgroundDone();
  };
  const rows = async (slug: string): Promise<CallView[]> =>
    (await network.server.operator('GET', `/v1/tenants/${slug}/calls?limit=200`)).body.calls;
  const row = async (slug: string, id: string): Promise<CallView> =>
    (await network.server.operator('GET', `/v1/tenants/${slug}/calls/${id}`)).body;
  const report = async ({ slug, webhookSecret, assistantId }: TestTenant, call: Record<string, unknown>) => {
    const message = { type: 'status-update', status: 'in-progress', call: { assistantId, ...call } };
    const headers = { 'x-vapi-agent-token': webhookSecret };
    const answer = await network.server.request('POST', `/v1/webhooks/vapi/${slug}`, {
      headers,
      body: { message },
    });
    assert.equal(answer.status, 200, answer.text);
    await network.server.ctx.backgroundDone();
  };
  /** Its only reports are those that the test sends. */
  const silent = { serverMessages: [] };
  const notices = async (slug: string) =>
    (await network.server.operator('GET', '/v1/notices')).body.notices.filter(
      (notice: { tenant: string; kind: string }) =>
        notice.tenant === slug && notice.kind === 'call-without-grant',
    );
  const counted = async () => {
    const metrics = await network.server.operator('GET', '/metrics');
    return Number(/unwanted_calls_total\{reason="no-grant"\} (\d+)/.exec(metrics.text)?.[1] ?? 0);
  };

  for (const [accessMode, tagged] of [
    ['scoped-key', true],
    ['public-key', false],
  ] as const) {
    it(`is ended with its first report: of 50 with one grant’s ${accessMode} one continues (${tagged ? 'all with its tag' : 'the others without'})`, async () => {
      const slug = `stolen-${accessMode}-${tagged}`;
      const alerts = { url: 'https://alerts.agency.example/' };
      const { assistantId } = await network.addTenant(slug, { ...keyed, accessMode, alerts });
      const before = await counted();
      const { assistantOverrides } = await grant(slug);
      const own = begin(assistantId, { assistantOverrides });
      await seen(own.id);
      const others: string[] = [];
      // A few at a time: how long a hundred requests take depends on the machine.
      while (others.length < 49) {
        const some = Array.from(
          { length: 7 },
          () => begin(assistantId, tagged ? { assistantOverrides } : {}).id,
        );
        await Promise.all(some.map((id) => network.emulator.waitForCall(id, 'settled')));
        others.push(...some);
      }
      await network.server.ctx.backgroundDone();
      assert.equal(statusOf(own.id), 'in-progress');
      const ledger = await rows(slug);
      assert.deepEqual(
        [ledger.length, ledger.filter(({ unwanted }) => unwanted === 'no-grant').length],
        [50, 49],
      );
      assert.equal((await row(slug, own.id)).unwanted, null);
      assert.equal((await counted()) - before, 49);
      assert.equal((await notices(slug)).length, 1);
      network.emulator.endCall(own.id);
      await network.emulator.waitForCall(own.id, 'settled');
      // Their cost until then is booked like any other call's.
      const { total } = (await network.server.operator('GET', `/v1/tenants/${slug}/usage`)).body;
      const ids = new Set([own.id, ...others]);
      const books = network.emulator.books().filter(({ callId }) => ids.has(callId));
      const cost = books.reduce((sum, { cost }) => sum + Math.round(cost * 1_000_000), 0);
      assert.deepEqual([total.calls, total.costMicros], [50, cost]);
    });
  }

  it('continues if the operator lets it, and no one is notified', async () => {
    const alerts = { url: 'https://alerts.agency.example/' };
    const { assistantId } = await network.addTenant('kept', {
      ...{ ...keyed, alerts, webCallsWithoutGrant: 'keep' },
    });
    const ids = [1, 2, 3].map(() => begin(assistantId).id);
    await seen(...ids);
    assert.deepEqual(ids.map(statusOf), ['in-progress', 'in-progress', 'in-progress']);
    assert.deepEqual(await notices('kept'), []);
  });

  it('from Vapi’s dashboard continues in the mode proxy, unless the operator decides otherwise', async () => {
    const { assistantId } = await network.addTenant('tested');
    const test = begin(assistantId);
    await seen(test.id);
    assert.equal(statusOf(test.id), 'in-progress');
    await network.server.operator('PATCH', '/v1/tenants/tested', { webCallsWithoutGrant: 'end' });
    const granted = (await network.visitor('/v1/calls', { session: await network.session('tested') })).body;
    const another = begin(assistantId);
    await network.emulator.waitForCall(another.id, 'ended');
    network.server.clock.now += 1000;
    await sweepAll(network.server.ctx);
    await network.emulator.waitForCall(test.id, 'ended');
    assert.notEqual(statusOf(granted.callId), 'ended');
  });

  it('that continues although browsers get a key is reported to the operator', async () => {
    await network.addTenant('warned');
    const patch = async (changes: object) =>
      (await network.server.operator('PATCH', '/v1/tenants/warned', changes)).body.notes;
    assert.equal(await patch({ webCallsWithoutGrant: 'keep' }), undefined);
    const notes = await patch({ accessMode: 'public-key' });
    assert.match(notes[0], /`keep` in the access mode `public-key`/);
    const wired = await network.server.operator('POST', '/v1/tenants/warned/wire?dry-run=true');
    assert.deepEqual(wired.body.notes, notes);
    assert.equal(await patch({ webCallsWithoutGrant: 'auto' }), undefined);
  });

  it('is only a web call: phone calls, and calls of an unknown kind, continue', async () => {
    const client = await network.addTenant('phones', keyed);
    const calls = (['inboundPhoneCall', 'outboundPhoneCall'] as const).map((type) =>
      begin(client.assistantId, { type }),
    );
    await seen(...calls.map(({ id }) => id));
    await report(client, { id: '00000000-0000-4000-8000-000000000001' });
    await report(client, { id: '00000000-0000-4000-8000-000000000002', type: 'someNewKind' });
    assert.deepEqual(
      calls.map(({ id }) => statusOf(id)),
      ['in-progress', 'in-progress'],
    );
    assert.ok((await rows('phones')).every(({ unwanted }) => unwanted === null));
  });

  it('with an assistant other than the element’s is ended only if the operator wants it', async () => {
    const { assistantId, privateKey, webhookSecret } = await network.addTenant('kiosk', keyed);
    const made = await fetch(`${network.emulator.url}/assistant`, {
      method: 'POST',
      headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
      body: JSON.stringify({
        name: 'kiosk',
        server: {
          url: `${network.server.url}/v1/webhooks/vapi/kiosk`,
          headers: { 'x-vapi-agent-token': webhookSecret },
        },
      }),
    });
    const { id: further } = (await made.json()) as { id: string };
    await network.server.operator('PATCH', '/v1/tenants/kiosk', { assistantIds: [further] });
    const first = begin(further);
    await seen(first.id);
    assert.equal(statusOf(first.id), 'in-progress');
    const set = await network.server.operator('PATCH', '/v1/tenants/kiosk', { webCallsWithoutGrant: 'end' });
    assert.equal(set.body.webCallsWithoutGrant, 'end');
    const next = [begin(further), begin(assistantId)];
    for (const { id } of next) await network.emulator.waitForCall(id, 'ended');
  });

  it('is not one that another tenant with the same assistant has granted', async () => {
    const first = await network.addTenant('first', keyed, silent);
    const { orgId, assistantId, privateKey } = first;
    await network.server.createTenant({ ...{ slug: 'second', orgId, assistantId, privateKey }, ...keyed });
    const { assistantOverrides } = await grant('second');
    const { id, controlUrl } = begin(assistantId, { assistantOverrides });
    await report(first, { id, type: 'webCall', assistantOverrides, monitor: { controlUrl } });
    network.server.clock.now += 1000;
    await sweepAll(network.server.ctx);
    await network.server.ctx.backgroundDone();
    assert.equal(statusOf(id), 'in-progress');
  });

  it('is looked up at Vapi when its report has no address for ending it', async () => {
    const client = await network.addTenant('unsaid', keyed, silent);
    const { assistantOverrides } = await grant('unsaid');
    const own = begin(client.assistantId, { assistantOverrides });
    await report(client, { id: own.id, type: 'webCall', assistantOverrides });
    const other = begin(client.assistantId, { assistantOverrides });
    await report(client, { id: other.id, type: 'webCall', assistantOverrides });
    assert.deepEqual([statusOf(own.id), statusOf(other.id)], ['in-progress', 'ended']);
  });

  it('is not one whose report leaves out the tag that Vapi’s record has', async () => {
    const client = await network.addTenant('untold', keyed, silent);
    const { assistantOverrides } = await grant('untold');
    const { id, controlUrl } = begin(client.assistantId, { assistantOverrides });
    await report(client, { id, type: 'webCall', monitor: { controlUrl } });
    assert.equal(statusOf(id), 'in-progress');
    assert.ok((await row('untold', id)).session);
  });

  it('that could not be ended is tried again ten seconds later', async () => {
    const client = await network.addTenant('stubborn', keyed, silent);
    const { assistantOverrides } = await grant('stubborn');
    const own = begin(client.assistantId, { assistantOverrides });
    await report(client, { id: own.id, type: 'webCall', assistantOverrides });
    const { id, controlUrl } = begin(client.assistantId, { assistantOverrides });
    network.emulator.setSwitch('failEverythingWith', 500);
    await report(client, { id, type: 'webCall', assistantOverrides, monitor: { controlUrl } });
    network.emulator.setSwitch('failEverythingWith', 0);
    assert.equal(statusOf(id), 'in-progress');
    assert.ok(network.server.log.some((line) => line.includes('could not be ended') && line.includes(id)));
    network.server.clock.now += 10_000;
    while (await pollNext(network.server.ctx));
    await network.server.ctx.backgroundDone();
    assert.equal(statusOf(id), 'ended');
  });

  it('that cannot be ended is reported each time it is seen', async () => {
    const { assistantId } = await network.addTenant('deaf', keyed);
    const { id } = begin(assistantId, { assistantOverrides: { monitorPlan: { controlEnabled: false } } });
    const warnings = () =>
      network.server.log.filter((line) => line.includes('could not be ended') && line.includes(id)).length;
    await seen(id);
    assert.equal(warnings(), 1);
    network.server.clock.now += 10_000;
    while (await pollNext(network.server.ctx));
    await network.server.ctx.backgroundDone();
    assert.equal(warnings(), 2);
  });

  it('whose reports go elsewhere is found at Vapi within a minute, also when its grant has its own call', async () => {
    const { assistantId } = await network.addTenant('hidden', keyed);
    const { assistantOverrides } = await grant('hidden');
    const own = begin(assistantId, { assistantOverrides });
    await seen(own.id);
    network.server.clock.now += 50_000;
    const server = { url: 'http://127.0.0.1:9/' };
    const others = [
      begin(assistantId, { assistantOverrides: { ...assistantOverrides, server } }),
      begin(assistantId, { assistantOverrides: { server } }),
    ];
    network.server.clock.now += 60_000;
    await releaseUnusedGrants(network.server.ctx);
    await network.server.ctx.backgroundDone();
    assert.deepEqual(
      others.map(({ id }) => statusOf(id)),
      ['ended', 'ended'],
    );
    assert.equal(statusOf(own.id), 'in-progress');
    // From then on none of its keys is valid, and Vapi is no longer asked about it each minute.
    network.server.clock.now += 210_000;
    const since = network.server.clock.now;
    assert.deepEqual(await listKeyGrants(network.server.ctx.store, since - 90_000, since - 210_000), []);
  });

  it('does not include the slowest visitor’s: its key used in the last second, its call reported ten minutes later', async () => {
    const client = await network.addTenant('slow', keyed, silent);
    const { assistantOverrides } = await grant('slow');
    network.server.clock.now += 59_000;
    const { id, controlUrl } = begin(client.assistantId, { assistantOverrides });
    network.server.clock.now += 32_000;
    await releaseUnusedGrants(network.server.ctx);
    network.server.clock.now += 10 * 60_000;
    await report(client, { id, type: 'webCall', assistantOverrides, monitor: { controlUrl } });
    assert.equal(statusOf(id), 'in-progress');
    assert.equal((await row('slow', id)).unwanted, null);
  });
}
