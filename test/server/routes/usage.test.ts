import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { CallView } from '../../../server/contract.ts';
import { sweepAll } from '../../support/sweep.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';

describe('usage and calls', () => {
  let network: TestNetwork;
  let clientKey: string;
  const days = [
    '2026-10-31T23:30:00Z',
    '2026-11-01T09:00:00Z',
    '2026-11-01T10:00:00Z',
    '2026-11-02T09:00:00Z',
  ];

  before(async () => {
    // Four calls of 60 s at 0.10, 0.20, 0.30 and 0.40 dollars; in Berlin the first is on 1 November, 00:30.
    network = await startTestNetwork({
      server: { now: Date.parse('2026-11-10T12:00:00Z') },
      tenant: { timeZone: 'Europe/Berlin' },
    });
    const { emulator, server, acme } = network;
    for (const [index, createdAt] of days.entries()) {
      const call = emulator.makeCall({
        assistantId: acme.assistantId,
        seconds: 60,
        cost: (index + 1) / 10,
        createdAt,
        type: index === 3 ? 'inboundPhoneCall' : 'webCall',
      });
      await emulator.waitForCall(call.id, 'settled');
    }
    const key = await server.operator('POST', '/v1/keys', { name: 'Acme reads', tenant: 'acme' });
    clientKey = key.body.key as string;
  });
  after(() => network?.close());

  const get = (path: string) => network.server.operator('GET', `/v1/tenants/acme${path}`);
  const asClient = (path: string, headers: Record<string, string> = {}) =>
    network.server.request('GET', `/v1/tenants/acme${path}`, {
      headers: { authorization: `Bearer ${clientKey}`, ...headers },
    });
  const csv = async (path: string) => {
    const headers = { authorization: `Bearer ${network.server.operatorKey}`, accept: 'text/csv' };
    return network.server.request('GET', `/v1/tenants/acme${path}`, { headers });
  };

  it('are by day in the tenant’s time zone', async () => {
    assert.deepEqual((await get('/usage')).body, {
      tenant: 'acme',
      from: '2026-11-01',
      to: '2026-12-01',
      by: 'day',
      rows: [
        { key: '2026-11-01', calls: 3, seconds: 180, costMicros: 600_000 },
        { key: '2026-11-02', calls: 1, seconds: 60, costMicros: 400_000 },
      ],
      total: { calls: 4, seconds: 240, costMicros: 1_000_000, callsWithoutCost: 0 },
    });
  });

  it('are half-open: the last day named is not counted', async () => {
    assert.equal((await get('/usage?from=2026-11-01&to=2026-11-02')).body.total.calls, 3);
    assert.equal((await get('/usage?from=2026-11-02&to=2026-11-03')).body.total.calls, 1);
    assert.equal(codeOf(await get('/usage?from=2026-11-02&to=2026-11-02')), 'invalid_request');
  });

  it('move with a call whose start turns out to be in the next month, leaving nothing behind', async () => {
    const slug = 'midnight';
    const tenant = await network.addTenant(slug, { timeZone: 'America/New_York' });
    const callId = randomUUID();
    const tell = (message: Record<string, unknown>) =>
      network.server.request('POST', `/v1/webhooks/vapi/${slug}`, {
        headers: { 'x-vapi-agent-token': tenant.webhookSecret },
        body: {
          message: {
            timestamp: Date.parse('2026-11-01T04:01:00Z'),
            call: { id: callId, type: 'webCall', createdAt: '2026-11-01T03:59:50Z' },
            ...message,
          },
        },
      });
    const months = async () => {
      const path = `/v1/tenants/${slug}/usage?from=2026-10-01&to=2026-12-01&by=month`;
      return (await network.server.operator('GET', path)).body.rows;
    };
    const nothing = { calls: 0, seconds: 0, costMicros: 0 };
    await tell({ type: 'status-update', status: 'ended' });
    assert.deepEqual(await months(), [{ ...nothing, key: '2026-10', calls: 1 }]);
    // Midnight is at 04:00 UTC: the clocks there change two hours later.
    const times = { startedAt: '2026-11-01T04:00:00Z', endedAt: '2026-11-01T04:00:30Z' };
    await tell({ type: 'end-of-call-report', ...times, cost: 0.05 });
    assert.deepEqual(await months(), [
      { ...nothing, key: '2026-10' },
      { key: '2026-11', calls: 1, seconds: 30, costMicros: 50_000 },
    ]);
  });

  it('by component add up to the total', async () => {
    const { rows, total } = (await get('/usage?by=component')).body;
    const sum = rows.reduce((all: number, row: { costMicros: number }) => all + row.costMicros, 0);
    assert.equal(sum, total.costMicros);
  });

  it('by month and by assistant', async () => {
    const expected = { calls: 4, seconds: 240, costMicros: 1_000_000 };
    assert.deepEqual((await get('/usage?by=month')).body.rows, [{ key: '2026-11', ...expected }]);
    const assistant = (await get('/usage?by=assistant')).body.rows;
    assert.deepEqual(assistant, [{ key: network.acme.assistantId, ...expected }]);
  });

  it('page through every call once, newest first', async () => {
    const seen: string[] = [];
    let cursor: string | null = '';
    while (cursor !== null) {
      const query: string = cursor ? `&cursor=${cursor}` : '';
      const page = (await get(`/calls?limit=3${query}`)).body as {
        calls: CallView[];
        nextCursor: string | null;
      };
      seen.push(...page.calls.map(({ createdAt }) => createdAt));
      cursor = page.nextCursor;
    }
    assert.deepEqual(seen, days.map((day) => new Date(day).toISOString()).reverse());
  });

  it('filter calls by kind, state and time', async () => {
    const count = async (query: string) => (await get(`/calls?${query}`)).body.calls.length;
    assert.equal(await count('type=inboundPhoneCall'), 1);
    assert.equal(await count('status=in-progress'), 0);
    assert.equal(await count(`assistantId=${network.acme.assistantId}`), 4);
    assert.equal(await count('from=2026-11-01T09:00:00Z&to=2026-11-01T10:00:00Z'), 1);
    assert.equal(codeOf(await get('/calls?from=yesterday')), 'invalid_request');
    assert.equal(codeOf(await get('/calls?cursor=nonsense')), 'invalid_request');
  });

  it('as CSV open right in a spreadsheet: mark, lines, plain decimals', async () => {
    const usage = await csv('/usage?by=day');
    assert.match(usage.headers.get('content-type') ?? '', /^text\/csv; charset=utf-8/);
    assert.match(
      usage.headers.get('content-disposition') ?? '',
      /filename="usage-acme-2026-11-01-2026-12-01\.csv"/,
    );
    const lines = ['day,calls,seconds,cost_usd', '2026-11-01,3,180,0.600000', '2026-11-02,1,60,0.400000', ''];
    assert.equal(usage.text.replace(/^\uFEFF/, ''), lines.join('\r\n'));
    const calls = (await csv('/calls')).text.trim().split('\r\n');
    assert.equal(calls.length, 5);
    assert.match(calls[1] ?? '', /,0\.400000,/);
  });

  it('as CSV put no stranger’s formula into the spreadsheet', async () => {
    const { assistantId, webhookSecret } = network.acme;
    const at = '2026-09-01T00:00:00Z';
    // Not through the emulator, which sends only what Vapi would.
    const answer = await network.server.request('POST', '/v1/webhooks/vapi/acme', {
      headers: { 'x-vapi-agent-token': webhookSecret },
      body: {
        message: {
          ...{
            type: 'end-of-call-report',
            endedReason: '=HYPERLINK("https://evil.example";"x")',
            cost: 0.01,
          },
          ...{ startedAt: at, endedAt: '2026-09-01T00:00:01Z' },
          call: { id: randomUUID(), type: 'webCall', assistantId, createdAt: at },
        },
      },
    });
    assert.equal(answer.status, 200, answer.text);
    const { text } = await csv('/calls?to=2026-10-01');
    assert.ok(text.includes(`"'=HYPERLINK(""https://evil.example"";""x"")"`), text);
  });

  it('show a client its calls and minutes, but not what the operator pays Vapi', async () => {
    const usage = (await asClient('/usage')).body;
    assert.deepEqual(usage.rows[0], { key: '2026-11-01', calls: 3, seconds: 180 });
    assert.deepEqual(usage.total, { calls: 4, seconds: 240 });
    assert.equal(codeOf(await asClient('/usage?by=component')), 'forbidden');
    const [call] = (await asClient('/calls?limit=1')).body.calls;
    assert.equal(call.costMicros, null);
    assert.equal(call.cost, null);
    const one = (await asClient(`/calls/${call.id}`)).body;
    assert.equal(one.revisions, undefined);
    assert.doesNotMatch((await asClient('/calls', { accept: 'text/csv' })).text, /usd/);
  });
});

describe('a client’s reading', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork();
  });
  after(() => network?.close());

  it('is limited per key, prices more strictly than stored data; the operator’s is not', async () => {
    const { server } = network;
    const reader = async () => {
      const { key } = (await server.operator('POST', '/v1/keys', { name: 'reads', tenant: 'acme' })).body;
      return (path: string) => server.request('GET', path, { headers: { authorization: `Bearer ${key}` } });
    };
    const [one, another] = [await reader(), await reader()];
    const priced = '/v1/tenants/acme/calls?prices=yes&limit=1';
    let read = 0;
    while ((await one(priced)).status === 200 && read < 300) read += 1;
    assert.equal(read, 27);
    const refused = await one(priced);
    assert.equal(codeOf(refused), 'rate_limited');
    assert.ok(Number(refused.headers.get('retry-after')) > 0);
    assert.equal((await another(priced)).status, 200);
    for (let time = 0; time < 30; time += 1) {
      assert.equal((await server.operator('GET', priced)).status, 200);
    }
  });
});

describe('what was said in a call', () => {
  let network: TestNetwork;
  let callId: string;
  before(async () => {
    network = await startTestNetwork();
    const { emulator, acme } = network;
    callId = emulator.makeCall({ assistantId: acme.assistantId, seconds: 30, cost: 0.1 }).id;
    await emulator.waitForCall(callId, 'settled');
  });
  after(() => network?.close());

  it('is fetched from Vapi on request, and nothing of it is stored', async () => {
    const { server } = network;
    const transcript = await server.operator('GET', `/v1/tenants/acme/calls/${callId}/transcript`);
    assert.equal(transcript.status, 200);
    const spoken = transcript.body.lines as { role: string; text: string }[];
    assert.ok(spoken.length > 0);
    assert.ok(spoken.every(({ role }) => role === 'assistant' || role === 'user'));
    const row = await server.ctx.store
      .selectFrom('calls')
      .selectAll()
      .where('id', '=', callId)
      .executeTakeFirst();
    assert.ok(!JSON.stringify(row).includes(spoken[0]?.text ?? ''));
  });

  it('is no one else’s', async () => {
    const { server, addTenant } = network;
    await addTenant('other');
    const { key } = (await server.operator('POST', '/v1/keys', { name: 'Other reads', tenant: 'other' }))
      .body;
    const headers = { authorization: `Bearer ${key}` };
    for (const slug of ['acme', 'other']) {
      const answer = await server.request('GET', `/v1/tenants/${slug}/calls/${callId}/transcript`, {
        headers,
      });
      assert.equal(codeOf(answer), 'not_found');
    }
  });

  it('can be deleted, while what it cost stays', async () => {
    const { server } = network;
    server.clock.now += 1;
    const answer = await server.operator('DELETE', `/v1/tenants/acme/calls/${callId}/content`, {
      of: 'call',
    });
    assert.deepEqual(answer.body, { deleted: [callId], notYet: [] });
    assert.equal(
      codeOf(await server.operator('GET', `/v1/tenants/acme/calls/${callId}/transcript`)),
      'not_found',
    );
    assert.equal((await server.operator('GET', `/v1/tenants/acme/calls/${callId}`)).body.costMicros, 100_000);
    const { entries } = (await server.operator('GET', '/v1/audit?limit=1')).body;
    assert.equal(entries[0].action, 'calls.delete-content');
  });

  it('is deleted automatically when the tenant’s retention time is over', async () => {
    const { server, emulator, addTenant } = network;
    const { assistantId, privateKey } = await addTenant('brief', { contentRetentionDays: 7 });
    const call = emulator.makeCall({ assistantId, seconds: 30, cost: 0.1 });
    await emulator.waitForCall(call.id, 'settled');
    server.clock.now += 8 * 86_400_000;
    await sweepAll(server.ctx);
    const row = (await server.operator('GET', `/v1/tenants/brief/calls/${call.id}`)).body;
    assert.notEqual(row.contentDeletedAt, null);
    assert.equal(row.costMicros, 100_000);
    const atVapi = await fetch(`${emulator.url}/call/${call.id}`, {
      headers: { authorization: `Bearer ${privateKey}` },
    });
    const left = await atVapi.text();
    assert.ok(atVapi.status === 404 || !/"message":"/.test(left), left.slice(0, 300));
  });

  it('of which Vapi deletes only a part: the answer and the audit log say which', async () => {
    const { server, visitor, session, emulator, addTenant } = network;
    await addTenant('broken-off');
    const { callId: id } = (await visitor('/v1/calls', { session: await session('broken-off') })).body;
    emulator.endCall(id);
    await emulator.waitForCall(id, 'settled');
    // A second call of the visitor, under an id that Vapi refuses.
    const { store } = server.ctx;
    const call = await store.selectFrom('calls').selectAll().where('id', '=', id).executeTakeFirstOrThrow();
    await store
      .insertInto('calls')
      .values({ ...call, id: 'not-a-uuid' })
      .execute();
    const start = await store
      .selectFrom('reservations')
      .selectAll()
      .where('callId', '=', id)
      .executeTakeFirstOrThrow();
    const another = { ...start, id: 'ses_another', callId: 'not-a-uuid' };
    await store.insertInto('reservations').values(another).execute();
    server.clock.now += 1;
    const path = `/v1/tenants/broken-off/calls/${id}/content`;
    const { status, body } = await server.operator('DELETE', path, { of: 'visitor' });
    assert.deepEqual([status, body], [200, { deleted: [id], notYet: ['not-a-uuid'] }]);
    const [entry] = (await server.operator('GET', '/v1/audit?limit=1')).body.entries;
    assert.deepEqual(
      [entry.action, entry.tenant, entry.before],
      ['calls.delete-content', 'broken-off', { calls: [id] }],
    );
  });

  it('of a visitor can be deleted in all of its calls, with what the visitor wrote about them', async () => {
    const { server, visitor, session, emulator, addTenant } = network;
    await addTenant('visited');
    const ids: string[] = [];
    for (let index = 0; index < 2; index += 1) {
      const { callId: id, endToken } = (await visitor('/v1/calls', { session: await session('visited') }))
        .body;
      const feedback = { token: endToken, rating: 'bad', comment: 'Ring me at noon.' };
      assert.equal((await visitor(`/v1/calls/${id}/feedback`, feedback)).status, 204);
      emulator.endCall(id);
      await emulator.waitForCall(id, 'settled');
      ids.push(id);
    }
    const answer = await server.operator('DELETE', `/v1/tenants/visited/calls/${ids[0]}/content`, {
      of: 'visitor',
    });
    assert.deepEqual([...answer.body.deleted].sort(), [...ids].sort());
    for (const id of ids) {
      const { feedback } = (await server.operator('GET', `/v1/tenants/visited/calls/${id}`)).body;
      assert.deepEqual([feedback.rating, feedback.comment], ['bad', null], 'the thumb is no content');
    }
  });
});
