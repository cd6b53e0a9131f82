/** A forged call waits for Vapi's confirmation forever, until the operator dismisses it. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { orgOf } from '../../../server/access/tenants/orgs.ts';
import type { CallDetail, DriftReport } from '../../../server/contract.ts';
import { bookCalls } from '../../../server/metering/booking.ts';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { startTestNetwork, type TestNetwork, type TestTenant } from '../../support/test-network.ts';
import { codeOf } from '../../support/test-server.ts';

for (const engine of testDatabases()) describe(`a dismissed call, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
  });
  after(() => network?.close());

  const operator = (method: string, path: string, body?: unknown) =>
    network.server.operator(method, path, body);
  const dismiss = (slug: string, id: string) => operator('POST', `/v1/tenants/${slug}/calls/${id}/dismiss`);
  const call = async (slug: string, id: string): Promise<CallDetail> =>
    (await operator('GET', `/v1/tenants/${slug}/calls/${id}`)).body;
  const iso = (ms: number) => new Date(ms).toISOString();
  /** What anyone who knows the webhook secret can report: a call of a minute for $500. */
  const report = async ({ slug, assistantId, webhookSecret }: TestTenant, id: string) => {
    const now = network.server.clock.now;
    const message = {
      ...{ type: 'end-of-call-report', timestamp: now, endedReason: 'customer-ended-call', cost: 5 },
      ...{ startedAt: iso(now - 60_000), endedAt: iso(now) },
      call: { id, type: 'webCall', assistantId, createdAt: iso(now - 60_000) },
    };
    const answer = await network.server.request('POST', `/v1/webhooks/vapi/${slug}`, {
      headers: { 'x-vapi-agent-token': webhookSecret },
      body: { message },
    });
    assert.equal(answer.status, 200, answer.text);
  };
  const usage = async (slug: string) =>
    (await operator('GET', `/v1/tenants/${slug}/usage`)).body.total as { calls: number; costMicros: number };
  const drift = async (tenant: string) => {
    const [from, to] = [-86_400_000, 86_400_000].map((ms) => iso(network.server.clock.now + ms));
    const { body } = await operator('POST', '/v1/reconcile', { tenant, from, to });
    return (body as DriftReport).tenants[0];
  };
  const dismissals = async (slug: string) =>
    (await operator('GET', '/v1/audit')).body.entries.filter(
      (entry: { action: string; tenant: string }) => entry.action === 'call.dismiss' && entry.tenant === slug,
    );

  it('is worth nothing and no longer listed, and the audit log has that once', async () => {
    const client = await network.addTenant('forged');
    const id = randomUUID();
    await report(client, id);
    assert.deepEqual([(await usage('forged')).costMicros, (await drift('forged'))?.missing], [5_000_000, 1]);
    for (let time = 0; time < 2; time += 1) {
      const answer = await dismiss('forged', id);
      assert.equal(answer.status, 200, answer.text);
      assert.deepEqual([answer.body.costMicros, answer.body.dismissedAt], [0, iso(network.server.clock.now)]);
    }
    const { calls, costMicros } = await usage('forged');
    assert.deepEqual([calls, costMicros], [0, 0]);
    const found = await drift('forged');
    assert.deepEqual([found?.missing, found?.differenceMicros, found?.ledgerAfter.calls], [0, 0, 0]);
    assert.equal((await dismissals('forged')).length, 1);
  });

  it('stays so when it is reported again, and comes back only if Vapi’s API shows it', async () => {
    const client = await network.addTenant('again');
    const id = randomUUID();
    await report(client, id);
    await dismiss('again', id);
    await report(client, id);
    while (await pollNext(network.server.ctx));
    assert.deepEqual([(await usage('again')).costMicros, (await call('again', id)).costMicros], [0, 0]);
    assert.notEqual((await call('again', id)).dismissedAt, null);
    const now = network.server.clock.now;
    const { orgId, assistantId } = client;
    const times = { createdAt: iso(now - 60_000), startedAt: iso(now - 60_000), endedAt: iso(now) };
    const shown = { id, orgId, type: 'webCall', status: 'ended', assistantId, ...times, cost: 0.2 };
    await bookCalls(network.server.ctx, await orgOf(network.server.ctx, orgId), [shown]);
    assert.deepEqual(
      [(await usage('again')).costMicros, (await call('again', id)).dismissedAt],
      [200_000, null],
    );
  });

  it('cannot be one that Vapi knows or once showed: that is looked up and booked', async () => {
    const client = await network.addTenant('real', {}, { serverMessages: [] });
    const { id } = network.emulator.makeCall({ assistantId: client.assistantId, seconds: 30, cost: 0.1 });
    await network.emulator.waitForCall(id, 'settled');
    await report(client, id);
    assert.equal((await call('real', id)).confirmed, false);
    assert.equal(codeOf(await dismiss('real', id)), 'conflict');
    assert.equal((await call('real', id)).confirmed, true);
    assert.deepEqual(
      [(await usage('real')).costMicros, (await call('real', id)).dismissedAt],
      [100_000, null],
    );
    assert.equal(codeOf(await dismiss('real', id)), 'conflict');
    assert.equal(codeOf(await dismiss('real', randomUUID())), 'not_found');
    assert.deepEqual(await dismissals('real'), []);
  });

  it('is not possible while Vapi does not answer', async () => {
    const client = await network.addTenant('unasked');
    const id = randomUUID();
    await report(client, id);
    network.emulator.setSwitch('failEverythingWith', 403);
    const answer = await dismiss('unasked', id);
    network.emulator.setSwitch('failEverythingWith', 0);
    assert.equal(codeOf(answer), 'vapi_unavailable');
    assert.equal((await usage('unasked')).costMicros, 5_000_000);
  });

  it('that was reported to be in progress has ended, and waits for no cost', async () => {
    const { slug, assistantId, webhookSecret } = await network.addTenant('unended');
    const id = randomUUID();
    await network.server.request('POST', `/v1/webhooks/vapi/${slug}`, {
      headers: { 'x-vapi-agent-token': webhookSecret },
      body: {
        message: { type: 'status-update', status: 'in-progress', call: { id, type: 'webCall', assistantId } },
      },
    });
    assert.equal((await dismiss(slug, id)).body.status, 'ended');
    assert.equal((await drift(slug))?.callsWithoutCost, 0);
  });
}
