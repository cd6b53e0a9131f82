/** The calls of a squad are booked once, for the client that has the squad, under the squad's id. */

import assert from 'node:assert/strict';
import { after, before, beforeEach, describe, it } from 'node:test';
import type { CallView, DriftReport } from '../../../server/contract.ts';
import { checkNextWiring } from '../../../server/metering/wiring-watch.ts';
import { type Engine, testDatabases } from '../../support/postgres.ts';
import { sweepAll } from '../../support/sweep.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { addSquadOrg, clientOf, type SquadOrg, secretOf } from '../squad-stage.ts';

const day = 86_400_000;

for (const engine of testDatabases()) describe(`calls of a squad, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ server: { engine }, emulator: { speed: 50 } });
  });
  after(() => network?.close());

  let slug: string;
  let org: SquadOrg;
  let count = 0;
  beforeEach(async () => {
    count += 1;
    slug = `hotel-${count}`;
    org = addSquadOrg(network, slug, 1);
    await network.server.createTenant(clientOf(org, slug));
  });

  const now = () => new Date(network.server.clock.now).toISOString();
  const rows = async (of = slug): Promise<CallView[]> =>
    (await network.server.operator('GET', `/v1/tenants/${of}/calls`)).body.calls;
  const total = async (of = slug) =>
    (await network.server.operator('GET', `/v1/tenants/${of}/usage`)).body.total as {
      calls: number;
      costMicros: number;
    };
  const costOf = (...ids: string[]) =>
    network.emulator
      .books()
      .filter(({ callId }) => ids.includes(callId))
      .reduce((sum, { cost }) => sum + Math.round(cost * 1_000_000), 0);
  const reconcile = async (): Promise<DriftReport> => {
    const [from, to] = [-day, day].map((ms) => new Date(network.server.clock.now + ms).toISOString());
    const answer = await network.server.operator('POST', '/v1/reconcile', { tenant: slug, from, to });
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const sweep = async () => {
    network.server.clock.now += 1000;
    await sweepAll(network.server.ctx);
  };
  /** Without a browser; it ends at once. */
  const make = (assistantId: string, more: { webhooks?: boolean; assistantOverrides?: object } = {}) =>
    network.emulator.makeCall({ assistantId, seconds: 60, createdAt: now(), ...more });
  const settle = async (id: string) => {
    await network.emulator.waitForCall(id, 'settled');
    await network.server.ctx.backgroundDone();
  };

  it('a visitor’s call is in the ledger from its start, and booked once with its grant and its cost', async () => {
    const opened = await network.visitor('/v1/sessions', { tenant: slug });
    const { callId } = (await network.visitor('/v1/calls', { session: opened.body.session })).body;
    network.emulator.endCall(callId);
    await settle(callId);
    const [row, ...more] = await rows();
    assert.equal(more.length, 0);
    assert.deepEqual([row?.id, row?.assistantId, row?.status], [callId, org.squad, 'ended']);
    assert.ok(row?.session?.startsWith('ses_'));
    // What Vapi's list shows of it is nothing new.
    await sweep();
    const { tenants } = await reconcile();
    assert.deepEqual([tenants[0]?.added, tenants[0]?.changed, tenants[0]?.differenceMicros], [0, 0, 0]);
    assert.deepEqual([(await total()).calls, (await total()).costMicros], [1, costOf(callId)]);
    const grouped = await network.server.operator('GET', `/v1/tenants/${slug}/usage?by=assistant`);
    assert.ok(grouped.text.includes(org.squad) && !grouped.text.includes(org.desk), grouped.text);
    const listed = await network.server.operator('GET', `/v1/tenants/${slug}/calls?assistantId=${org.squad}`);
    assert.equal(listed.body.calls.length, 1);
  });

  it('one whose reports were lost is found by the comparison with Vapi, whose sums do not name the squad, and booked once', async () => {
    const lost = make(org.squad, { webhooks: false });
    const report = await reconcile();
    assert.deepEqual([report.tenants[0]?.added, report.unassigned], [1, []]);
    assert.deepEqual(
      (await rows()).map(({ id, assistantId }) => [id, assistantId]),
      [[lost.id, org.squad]],
    );
    const told = make(org.squad);
    await settle(told.id);
    const again = await reconcile();
    assert.deepEqual([again.tenants[0]?.added, again.tenants[0]?.changed], [0, 0]);
    assert.deepEqual([(await total()).calls, (await total()).costMicros], [2, costOf(lost.id, told.id)]);
  });

  it('one whose creation was not answered is found at Vapi, and has its grant', async () => {
    const opened = await network.visitor('/v1/sessions', { tenant: slug });
    network.emulator.setSwitch('loseAnswers', true);
    const lost = await network.visitor('/v1/calls', { session: opened.body.session });
    network.emulator.setSwitch('loseAnswers', false);
    assert.equal(lost.status, 503, lost.text);
    await sweep();
    const [row, ...more] = await rows();
    assert.deepEqual([row?.assistantId, row?.accessMode, more.length], [org.squad, 'proxy', 0]);
    assert.ok(row?.session?.startsWith('ses_'));
  });

  it('of two clients in one organization each gets its own: the squad’s calls one, a member’s own calls the other', async () => {
    const other = `desk-${count}`;
    await network.server.createTenant({
      ...clientOf(org, other),
      ...{ assistantId: org.desk, assistantIds: [org.others[0]] },
    });
    const ofSquad = [make(org.squad, { webhooks: false }), make(org.squad, { webhooks: false })];
    const ofMember = make(org.desk, { webhooks: false });
    const nobodys = make(org.sales, { webhooks: false });
    await sweep();
    const ids = async (of: string) => (await rows(of)).map(({ id }) => id).sort();
    assert.deepEqual(await ids(slug), ofSquad.map(({ id }) => id).sort());
    assert.deepEqual(await ids(other), [ofMember.id]);
    assert.deepEqual((await reconcile()).unassigned, [
      { orgId: org.orgId, calls: 1, costMicros: costOf(nobodys.id) },
    ]);
    assert.equal((await total()).costMicros, costOf(...ofSquad.map(({ id }) => id)));
    assert.equal((await total(other)).costMicros, costOf(ofMember.id));
  });

  it('what was said in it is not shown to another client whose webhook has named it', async () => {
    const curious = `curious-${count}`;
    await network.server.createTenant({ ...clientOf(org, curious), assistantId: org.others[0] });
    const { id } = make(org.squad, { webhooks: false });
    await settle(id);
    const call = { id, type: 'inboundPhoneCall', squadId: org.squad };
    const times = { startedAt: now(), endedAt: now() };
    const message = { type: 'end-of-call-report', ...times, cost: 0.01, call };
    const headers = { 'x-vapi-agent-token': secretOf(curious) };
    const path = `/v1/webhooks/vapi/${curious}`;
    assert.equal((await network.server.request('POST', path, { headers, body: { message } })).status, 200);
    assert.deepEqual(
      (await rows(curious)).map((row) => row.id),
      [id],
    );
    const { body } = await network.server.operator('POST', '/v1/keys', { name: 'reads', tenant: curious });
    const authorization = `Bearer ${body.key}`;
    const transcript = `/v1/tenants/${curious}/calls/${id}/transcript`;
    assert.equal(
      (await network.server.request('GET', transcript, { headers: { authorization } })).status,
      404,
    );
  });

  it('the reports of a member that is wired to another client do not make its visitor’s call that client’s', async () => {
    const other = `neighbour-${count}`;
    const shared = addSquadOrg(network, other);
    const owner = `owner-${count}`;
    await network.server.createTenant({ ...clientOf(shared, other), assistantId: shared.desk });
    await network.server.createTenant(clientOf(shared, owner));
    const opened = await network.visitor('/v1/sessions', { tenant: owner });
    const { callId } = (await network.visitor('/v1/calls', { session: opened.body.session })).body;
    network.emulator.endCall(callId);
    await settle(callId);
    await sweep();
    assert.deepEqual([await rows(other), (await rows(owner)).map(({ id }) => id)], [[], [callId]]);
    assert.equal((await total(owner)).costMicros, costOf(callId));
  });

  it('a call of a squad that no one names stays its member’s, as before', async () => {
    const other = `plain-${count}`;
    const plain = addSquadOrg(network, other);
    await network.server.createTenant({ ...clientOf(plain, other), assistantId: plain.desk });
    const call = make(plain.squad);
    await settle(call.id);
    await sweep();
    assert.deepEqual(
      (await rows(other)).map(({ id, assistantId }) => [id, assistantId]),
      [[call.id, plain.desk]],
    );
  });

  it('in a key mode a squad’s call that claims the grant of an assistant does not get it', async () => {
    const other = `keyed-${count}`;
    const keyed = addSquadOrg(network, other);
    await network.server.createTenant({
      ...{ ...clientOf(keyed, other), assistantId: keyed.desk, accessMode: 'scoped-key' },
    });
    const opened = await network.visitor('/v1/sessions', { tenant: other });
    const { assistantOverrides } = (await network.visitor('/v1/calls', { session: opened.body.session }))
      .body;
    const call = make(keyed.squad, { assistantOverrides });
    await settle(call.id);
    const [row] = await rows(other);
    assert.deepEqual([row?.id, row?.session], [call.id, null]);
  });

  it('its members count as connected once the squad’s calls are reported, and the squad itself is never checked as an assistant', async () => {
    const wired = await network.server.operator('POST', `/v1/tenants/${slug}/wire`, {});
    assert.equal(wired.status, 200, wired.text);
    network.server.clock.now += 1000;
    const body = {
      message: {
        type: 'end-of-call-report',
        endedReason: 'customer-ended-call',
        ...{ startedAt: now(), endedAt: now(), cost: 0.1 },
        call: { id: make(org.squad, { webhooks: false }).id, squadId: org.squad, createdAt: now() },
        assistant: { id: org.desk },
      },
    };
    const headers = { 'x-vapi-agent-token': secretOf(slug) };
    const path = `/v1/webhooks/vapi/${slug}`;
    assert.equal((await network.server.request('POST', path, { headers, body })).status, 200);
    await network.server.ctx.backgroundDone();
    await sweep();
    network.server.clock.now += 3600_000;
    while (await checkNextWiring(network.server.ctx));
    const { assistants } = (await network.server.operator('GET', `/v1/tenants/${slug}/wiring`)).body;
    assert.deepEqual(
      assistants.map(({ assistantId, state }: Record<string, string>) => [assistantId, state]).sort(),
      [
        [org.desk, 'connected'],
        [org.sales, 'connected'],
      ].sort(),
    );
  });
}
