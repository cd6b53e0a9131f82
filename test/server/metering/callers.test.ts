/** A caller's data across all calls of a client: found by number or address, exported, erased; and who has read a call. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, describe, it } from 'node:test';
import { pruneNext } from '../../../server/access/pruning.ts';
import type { TenantView } from '../../../server/contract.ts';
import { callerIdOf } from '../../../server/ledger/caller-id.ts';
import { listen } from '../../support/listen.ts';
import { startTestServer, type TestServer, tenantInput } from '../../support/test-server.ts';

interface Made {
  [id: string]: { call: object; deletable: boolean };
}

/** A Vapi that has these calls, and remembers which are deleted. */
function startVapi(calls: Made, deleted: string[]) {
  const server = createServer(({ url = '', method }, response) => {
    const id = /^\/call\/([\w-]{36})$/.exec(url)?.[1] ?? '';
    const made = calls[id];
    const answer = (status: number, body: unknown) =>
      response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
    if (url.startsWith('/call?')) return answer(200, []);
    if (!made || deleted.includes(id)) return answer(url.startsWith('/call/') ? 404 : 500, {});
    if (method !== 'DELETE') return answer(200, made.call);
    if (!made.deletable) return answer(400, {});
    deleted.push(id);
    return answer(200, made.call);
  });
  return listen(server);
}

const idOf = (no: number) => `c0ffee00-0000-4000-8000-${String(no).padStart(12, '0')}`;
const number = '+49 (0)30 123-45 67'.replace('(0)', '');
const secret = 'webhook-secret-of-acme';

describe('a caller’s data', () => {
  const calls: Made = {};
  const deleted: string[] = [];
  let vapi: Awaited<ReturnType<typeof startVapi>>;
  let server: TestServer;
  let acme: TenantView;
  before(async () => {
    vapi = await startVapi(calls, deleted);
    server = await startTestServer({ vapiBaseUrl: vapi.url, config: { keepDays: 30 } });
    acme = await server.createTenant({ webhookSecret: secret });
    await server.createTenant({ ...tenantInput(), slug: 'rival', name: 'Rival' });
    await report(1, { customer: { number: '+49301234567', name: 'A' } });
    await report(2, { variables: { email: 'Someone@Example.com ' } });
    await report(3, {
      analysis: { summary: 'Wants a table.', structuredData: { phone: { main: '0049 30 1234567' } } },
    });
    await report(4, { customer: { number: '+4930765432100' } });
  });
  after(async () => {
    await server?.close();
    await vapi?.close();
  });

  interface Parts {
    customer?: object;
    variables?: object;
    analysis?: object;
  }

  async function report(no: number, { customer, variables, analysis }: Parts, deletable = true) {
    const start = server.clock.now - 3_600_000 + no * 60_000;
    const [startedAt, endedAt] = [start, start + 30_000].map((at) => new Date(at).toISOString());
    const call = {
      id: idOf(no),
      orgId: acme.orgId,
      type: 'inboundPhoneCall',
      assistantId: acme.assistantId,
      createdAt: startedAt,
      ...(customer ? { customer } : {}),
      ...(variables ? { assistantOverrides: { variableValues: variables } } : {}),
    };
    const end = { startedAt, endedAt, cost: 0.1 };
    const messages = [{ role: 'user', message: `said ${no}`, secondsFromStart: 1 }];
    calls[idOf(no)] = { call: { ...call, ...end, status: 'ended', analysis, messages }, deletable };
    const message = { type: 'end-of-call-report', timestamp: server.clock.now, call, analysis, ...end };
    await sent(message);
    return message;
  }
  async function sent(message: object) {
    const headers = { 'x-vapi-secret': secret, 'content-type': 'application/json' };
    const answer = await server.request('POST', '/v1/webhooks/vapi/acme', { headers, body: { message } });
    assert.equal(answer.status, 200, answer.text);
  }
  const ask = (what: string, body: object, slug = 'acme') =>
    server.operator('POST', `/v1/tenants/${slug}/callers/${what}`, body);
  const found = async (caller: string, slug = 'acme') =>
    (await ask('find', { caller }, slug)).body.calls.map(({ id }: { id: string }) => id);
  const reads = async (query = '') =>
    (await server.operator('GET', `/v1/tenants/acme/call-reads${query}`)).body.reads.map(
      ({ call, kind, actor }: { call: string; kind: string; actor: string }) => `${actor} ${kind} ${call}`,
    );

  it('is found by number and by address, however they are written, newest first, and only its tenant’s', async () => {
    for (const spelling of [number, '+49301234567', '0049 30 1234567', '49301234567', 'tel:+49-30-1234567'])
      assert.deepEqual(await found(spelling), [idOf(3), idOf(1)], spelling);
    assert.deepEqual(await found('someone@example.COM'), [idOf(2)]);
    assert.deepEqual(await found(number, 'rival'), []);
    assert.equal((await ask('find', { caller: 'no one' })).status, 400);
    const first = (await ask('find', { caller: number, limit: 1 })).body;
    const next = (await ask('find', { caller: number, limit: 1, cursor: first.nextCursor })).body;
    assert.deepEqual([first.calls[0].id, next.calls[0].id, next.nextCursor], [idOf(3), idOf(1), null]);
  });

  it('is in no table in the clear, and in no log', async () => {
    const rows = await server.ctx.store.selectFrom('callCallers').selectAll().execute();
    assert.equal(rows.length, 4);
    assert.ok(!/1234567|example/i.test(JSON.stringify(rows)));
    assert.ok(!/1234567|someone@/i.test(server.log.join('')));
  });

  it('is exported as one file with what is kept here and at Vapi, and each call counts as read', async () => {
    const answer = await ask('export', { caller: number });
    assert.match(answer.headers.get('content-disposition') ?? '', /^attachment; filename=/);
    assert.equal(answer.body.calls.length, 2);
    const [third, first] = answer.body.calls;
    assert.deepEqual(
      [first.customer, third.summary],
      [{ number: '+49301234567', name: 'A' }, 'Wants a table.'],
    );
    assert.deepEqual(third.structuredData, { phone: { main: '0049 30 1234567' } });
    assert.deepEqual(first.lines, [{ role: 'user', text: 'said 1', seconds: 1 }]);
    assert.deepEqual(
      (await reads()).sort(),
      [1, 3].map((no) => `operator export ${idOf(no)}`),
    );
    const { entries } = (await server.operator('GET', '/v1/audit')).body;
    const actions = entries.map(({ action }: { action: string }) => action);
    assert.ok(actions.includes('callers.export'));
    assert.ok(!JSON.stringify(entries).includes('1234567'));
  });

  it('is erased at Vapi and here, while the cost stays; a report that is sent again does not bring it back', async () => {
    const again = await report(5, { customer: { number: '+49301234567' } });
    await report(6, { customer: { number: '+49301234567' } }, false);
    const erased = (await ask('erase', { caller: number })).body;
    assert.deepEqual(erased, {
      deleted: [idOf(5), idOf(3), idOf(1)],
      notYet: [idOf(6)],
      deletedLeads: [],
      nextCursor: null,
    });
    assert.deepEqual([...deleted].sort(), [idOf(1), idOf(3), idOf(5)]);
    await sent(again);
    assert.deepEqual(await found(number), [idOf(6)]);
    const { body } = await server.operator('GET', `/v1/tenants/acme/calls/${idOf(5)}`);
    assert.deepEqual([body.costMicros, body.contentDeletedAt !== null], [100_000, true]);
    assert.equal((await server.operator('GET', `/v1/tenants/acme/calls/${idOf(5)}/transcript`)).status, 404);
  });

  it('who has read a call is kept once an hour, before the answer, and forgotten after KEEP_DAYS', async () => {
    const path = `/v1/tenants/acme/calls/${idOf(4)}/transcript`;
    const query = `?call=${idOf(4)}`;
    await server.operator('GET', path);
    await server.operator('GET', path);
    assert.deepEqual(await reads(query), [`operator transcript ${idOf(4)}`]);
    server.clock.now += 3_600_000;
    await server.operator('GET', path);
    assert.equal((await reads(query)).length, 2);
    await server.ctx.store.schema.alterTable('call_reads').renameTo('call_reads_away').execute();
    server.clock.now += 3_600_000;
    assert.equal((await server.operator('GET', path)).status, 500);
    await server.ctx.store.schema.alterTable('call_reads_away').renameTo('call_reads').execute();
    server.clock.now += 31 * 86_400_000;
    await pruneNext(server.ctx);
    assert.deepEqual(await reads(), []);
  });
});

describe('a number or an address', () => {
  it('has one spelling; a name, a date’s year or a sentence is neither', () => {
    assert.equal(callerIdOf('+1 (415) 555-0100'), '14155550100');
    assert.equal(callerIdOf(' A.B@C.example '), 'a.b@c.example');
    for (const text of ['Jo', '2026', 'call me at 5', 'a@b', '1'.repeat(16), `${'a'.repeat(65)}@b.example`])
      assert.equal(callerIdOf(text), null, text);
  });
});
