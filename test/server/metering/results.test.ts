/** What calls achieved: kept sealed with each call, changed by late reports, shown by switch, erased with the content. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { orgOf } from '../../../server/access/tenants/orgs.ts';
import type { AllCallsAnswer } from '../../../server/contract.ts';
import { bookCalls } from '../../../server/metering/booking.ts';
import { applyRetention } from '../../../server/metering/content.ts';
import { giveUpGone } from '../../../server/metering/give-up.ts';
import { findCall } from '../../../server/store/calls.ts';
import { findTenant } from '../../../server/store/tenants.ts';
import { callSchema } from '../../../server/vapi/call-record.ts';
import { signInPerson } from '../../support/client-person.ts';
import type { TestServer } from '../../support/test-server.ts';
import { booked, idOf, type ResultsStage, startResultsStage } from './results-stage.ts';

const day = 86_400_000;

describe('what a call achieved', () => {
  let stage: ResultsStage;
  let server: TestServer;
  let acme: ResultsStage['acme'];
  let calls: ResultsStage['calls'];
  let report: ResultsStage['report'];
  before(async () => {
    stage = await startResultsStage();
    ({ server, acme, calls, report } = stage);
  });
  after(() => stage?.close());

  const read = (no: number) => stage.read(no);
  const listed = (query: string) => stage.listed(query);
  const csv = (path: string) => stage.csv(path);

  it('comes with its report, is sealed in the store, and reading it is recorded', async () => {
    await report(1, booked(true));
    const { results, success, latency, endedClass } = await read(1);
    assert.deepEqual(results, {
      summary: 'Wants a table for Ms Moss.',
      evaluation: 'true',
      outputs: [
        { name: 'booked', label: 'Booked', type: 'boolean', value: true },
        { name: 'note', label: 'Note', type: 'text', value: '=SUM(1)' },
      ],
    });
    assert.deepEqual([success, latency, endedClass], [true, { medianMs: 800, p95Ms: 1200 }, 'talked']);
    const rows = await server.ctx.store.selectFrom('callResults').selectAll().execute();
    assert.ok(rows.length > 0 && !/Moss|SUM/.test(JSON.stringify(rows)));
    assert.ok(!/Moss/.test(server.log.join('')));
    const { body } = await server.operator('GET', '/v1/tenants/acme/call-reads');
    assert.equal(body.reads[0].kind, 'results');
  });

  it('is corrected by what Vapi shows later, although nothing else of the call has changed', async () => {
    await report(2, {});
    assert.equal((await read(2)).results, null);
    calls.set(idOf(2), { ...calls.get(idOf(2)), ...booked(false) });
    const org = await orgOf(server.ctx, acme.orgId, server.clock.now);
    await bookCalls(server.ctx, org, [callSchema.parse(calls.get(idOf(2)))]);
    assert.equal((await read(2)).results.outputs[0].value, false);
  });

  it('filters the list, and is in the file', async () => {
    await report(3, { analysis: { successEvaluation: 'false' } });
    assert.deepEqual(await listed('success=no'), [idOf(3)]);
    assert.equal((await listed('success=yes')).length, 2);
    assert.equal((await listed('endedClass=talked')).length, 3);
    assert.deepEqual(await listed('endedClass=failed'), []);
    assert.deepEqual(await listed('minSeconds=33'), [idOf(3)]);
    assert.deepEqual(await listed('rating=bad'), []);
    assert.equal((await server.operator('GET', '/v1/tenants/acme/calls?endedClass=x')).status, 400);
    const german = { assistant: { transcriber: { language: 'de' } } };
    await report(3, { analysis: { successEvaluation: 'false' }, ...german });
    assert.deepEqual(await listed('language=de'), [idOf(3)]);
    assert.deepEqual(await listed('language=en'), []);
    const all = await server.operator('GET', '/v1/billing/calls?success=no&language=de&endedClass=talked');
    const { calls, totals } = all.body as AllCallsAnswer;
    assert.deepEqual(
      calls.map(({ id, success, language }) => [id, success, language]),
      [[idOf(3), false, 'de']],
    );
    assert.equal(totals.calls, 1);
    for (const path of ['tenants/acme/calls', 'billing/calls']) {
      const file = await csv(`/v1/${path}?language=de`);
      const [head = [], row = []] = file.text.split('\r\n').map((line) => line.split(','));
      const columns = Object.fromEntries(head.map((name, index) => [name, row[index]]));
      assert.deepEqual(
        [columns.ended_class, columns.success, columns.language, columns.latency_median_ms],
        ['talked', 'no', 'de', ''],
      );
    }
    const measured = await csv('/v1/tenants/acme/calls?success=yes');
    assert.match(measured.text, /,yes,800,1200,/);
  });

  it('of a wrong type or of great length costs the call nothing', async () => {
    await report(4, booked('yes', { deep: ['x'.repeat(100_000)] }));
    const { results, costMicros } = await read(4);
    assert.deepEqual(
      results.outputs.map(({ value }: { value: unknown }) => value),
      [null, null],
    );
    assert.equal(costMicros, 100_000);
  });

  it('that cannot be opened costs the call nothing, and is not overwritten', async () => {
    await report(40, { analysis: { summary: 'First.' } });
    const { store } = server.ctx;
    const kept = () =>
      store
        .selectFrom('callResults')
        .select('contentSealed')
        .where('callId', '=', idOf(40))
        .executeTakeFirst();
    await store
      .updateTable('callResults')
      .set({ contentSealed: 'v1.damaged' })
      .where('callId', '=', idOf(40))
      .execute();
    await report(40, { analysis: { summary: 'Second.' }, cost: 0.2 });
    const call = await read(40);
    assert.deepEqual([call.costMicros, call.results], [200_000, null]);
    assert.equal((await kept())?.contentSealed, 'v1.damaged');
  });

  it('is shown to a client only by its switch, and then without what is not for it', async () => {
    const key = (await server.operator('POST', '/v1/keys', { name: 'theirs', tenant: 'acme' })).body.key;
    const headers = { authorization: `Bearer ${key}` };
    const asClient = async (path: string) =>
      (await server.request('GET', `/v1/tenants/acme${path}`, { headers })).body;
    const before = await asClient(`/calls/${idOf(1)}`);
    assert.ok(!('results' in before) && !('success' in before));
    for (const filter of ['success=yes', 'language=de'])
      assert.equal((await asClient(`/calls?${filter}`)).code, 'invalid_request');
    await server.operator('PATCH', '/v1/tenants/acme', { clientAccess: { results: true } });
    const shown = await asClient(`/calls/${idOf(1)}`);
    assert.deepEqual(
      shown.results.outputs.map(({ name }: { name: string }) => name),
      ['booked'],
    );
  });

  it('is in a client’s export of a caller as far as the client sees it', async () => {
    await report(6, { ...booked(true), customer: { number: '+15550100123' } });
    const admin = (await signInPerson(server, 'acme', 'admin')).headers;
    const operator = { authorization: `Bearer ${server.operatorKey}` };
    const exported = async (clientAccess: object, by: Record<string, string>) => {
      await server.operator('PATCH', '/v1/tenants/acme', { clientAccess });
      const headers = { ...by, 'content-type': 'application/json' };
      const body = { caller: '+15550100123' };
      const answer = await server.request('POST', '/v1/tenants/acme/callers/export', { headers, body });
      const [call] = answer.body.calls;
      return call.results?.outputs.map(({ name }: { name: string }) => name) ?? null;
    };
    assert.equal(await exported({ privacy: true, results: false }, admin), null);
    assert.deepEqual(await exported({ results: true }, admin), ['booked']);
    assert.deepEqual(await exported({ results: false }, operator), ['booked', 'note']);
  });

  it('does not outlive what is marked as deleted or gone, wherever that is interrupted', async () => {
    await report(7, booked(true));
    const { ctx } = server;
    const tenant = (await findTenant(ctx.store, 'acme')) ?? assert.fail();
    await ctx.store.schema.alterTable('call_results').renameTo('away').execute();
    try {
      const path = `/v1/tenants/acme/calls/${idOf(7)}/content`;
      assert.equal((await server.operator('DELETE', path, {})).status, 500);
      await assert.rejects(giveUpGone(ctx, tenant, [idOf(7)]));
    } finally {
      await ctx.store.schema.alterTable('away').renameTo('call_results').execute();
    }
    const row = await findCall(ctx.store, tenant.id, idOf(7));
    assert.deepEqual([row?.contentDeletedAt, row?.goneAt], [null, null]);
    await giveUpGone(ctx, tenant, [idOf(7)]);
    assert.equal((await read(7)).results, null);
  });

  it('is erased with the content, and no later report brings it back', async () => {
    const deleted = await server.operator('DELETE', `/v1/tenants/acme/calls/${idOf(1)}/content`, {});
    assert.deepEqual(deleted.body.deleted, [idOf(1)]);
    await report(1, booked(true));
    const { results, success, latency } = await read(1);
    assert.deepEqual([results, success, latency?.medianMs], [null, null, 800]);
  });

  it('is not kept beyond the tenant’s retention, whatever Vapi does', async () => {
    await server.operator('PATCH', '/v1/tenants/acme', { contentRetentionDays: 2 });
    await report(5, booked(true), 3 * day);
    assert.equal((await read(5)).results, null);
    const tenant = (await findTenant(server.ctx.store, 'acme')) ?? assert.fail();
    server.clock.now += 3 * day;
    await applyRetention(server.ctx, tenant);
    const rows = await server.ctx.store.selectFrom('callResults').selectAll().execute();
    assert.ok(rows.every(({ contentSealed }) => contentSealed === null));
  });
});
