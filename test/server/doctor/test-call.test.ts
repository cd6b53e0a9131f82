/** The doctor's test call: what it makes, what it costs, and what makes each of its rows fail. */
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import type { DoctorAnswer } from '../../../server/contract.ts';
import {
  costFinding,
  endFinding,
  originsFinding,
  recordingFinding,
  webhookFinding,
} from '../../../server/doctor/test-call.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { createCallsApi } from '../../../server/vapi/calls-api.ts';
import { sumReserved } from '../../support/ledger.ts';
import { listen } from '../../support/listen.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { until } from '../../support/until.ts';
import { addSquadOrg, clientOf } from '../squad-stage.ts';
import { examineWithCall } from './support.ts';

let network: TestNetwork;
before(async () => {
  network = await startTestNetwork({ emulator: { joinTimeoutMs: 3_600_000 } });
});
after(() => network?.close());

const ctx = () => network.server.ctx;
const saved = async (slug: string) => (await findTenant(ctx().store, slug)) as Tenant;
const callsOf = (orgId: string) => network.emulator.calls().filter((call) => call.orgId === orgId);
const outcomesOf = ({ rows }: DoctorAnswer) =>
  Object.fromEntries(rows.map(({ id, outcome }) => [id, outcome]));

/** With a test call. */
const examine = (slug: string, orgId: string): Promise<DoctorAnswer> =>
  examineWithCall(network.server, slug, () => callsOf(orgId).at(-1)?.status === 'ended');

test('a test call is made, ended, reported and booked, and leaves nothing reserved', async () => {
  const { orgId, slug } = await network.addTenant('tested');
  const answer = await examine(slug, orgId);
  const { origins, cost, recording, ...rest } = outcomesOf(answer);
  assert.deepEqual(
    [origins, rest['web-call'], rest['end-call'], rest.webhook, cost, recording],
    ['pass', 'pass', 'pass', 'pass', 'pass', 'skipped'],
    JSON.stringify(answer.rows),
  );
  // Half a minute at the default of half a dollar, twice.
  assert.deepEqual(answer.testCall, { seconds: 10, mostMicros: 500_000 });
  const [call, ...more] = callsOf(orgId);
  assert.deepEqual([call?.status, more.length], ['ended', 0]);
  const { calls } = (await network.server.operator('GET', `/v1/tenants/${slug}/calls`)).body;
  assert.deepEqual(
    calls.map(({ id, accessMode }: { id: string; accessMode: string }) => [id, accessMode]),
    [[call?.id, 'proxy']],
  );
  assert.deepEqual(await sumReserved(ctx().store, slug), { count: 0, micros: 0 });
});

test('a test call is also made to a squad, with a key that no browser gets', async () => {
  const org = addSquadOrg(network, 'team');
  await network.server.createTenant(clientOf(org, 'team'));
  const { cost, ...rest } = outcomesOf(await examine('team', org.orgId));
  assert.deepEqual(
    [rest.origins, rest['web-call'], rest['end-call'], cost],
    ['pass', 'pass', 'pass', 'pass'],
  );
  const { calls } = (await network.server.operator('GET', '/v1/tenants/team/calls')).body;
  assert.deepEqual(
    calls.map(({ assistantId }: { assistantId: string }) => assistantId),
    [org.squad],
  );
});

test('a paused client, and one whose budget is used up, get no call: the row says why', async () => {
  const paused = await network.addTenant('paused');
  await network.server.operator('POST', '/v1/tenants/paused/pause');
  const poor = await network.addTenant('poor', { limits: { monthlyBudgetMicros: 1 } });
  for (const [{ slug, orgId }, words] of [
    [paused, /paused/],
    [poor, /budget/],
  ] as const) {
    const { rows } = await examine(slug, orgId);
    const row = rows.find(({ id }) => id === 'web-call');
    assert.equal(row?.outcome, 'fail');
    assert.match(row?.detail ?? '', words);
    assert.equal(rows.find(({ id }) => id === 'cost')?.outcome, 'skipped');
    assert.deepEqual(callsOf(orgId), []);
  }
});

test('origins: a call that Vapi makes for a foreign page is ended at once, and the row fails', async () => {
  const { orgId, slug, publicKey } = await network.addTenant('lax');
  const tenant = await saved(slug);
  assert.equal((await originsFinding(ctx(), tenant)).outcome, 'pass');
  const { vapiBaseUrl } = ctx().config;
  // A relay that removes the restriction simulates a Vapi that ignores origins.
  const lax = await startLaxVapi(vapiBaseUrl, publicKey);
  ctx().config.vapiBaseUrl = lax.url;
  const finding = await originsFinding(ctx(), tenant).finally(() => {
    ctx().config.vapiBaseUrl = vapiBaseUrl;
  });
  await lax.close();
  assert.equal(finding.outcome, 'fail');
  const [call] = callsOf(orgId);
  assert.ok(call, 'the call is there');
  const { calls } = (await network.server.operator('GET', `/v1/tenants/${slug}/calls`)).body;
  assert.equal(calls[0].id, call.id);
});

test('ending: the row fails if the control URL cannot be reached', async () => {
  const { slug, assistantId } = await network.addTenant('endless');
  const { id } = network.emulator.makeCall({ assistantId, seconds: 60, live: true });
  const row = () => network.server.operator('GET', `/v1/tenants/${slug}/calls/${id}`);
  await until(async () => (await row()).status === 200, 'the call in the ledger');
  const tenant = await saved(slug);
  await ctx()
    .store.updateTable('calls')
    .set({ controlUrlSealed: 'unreadable' })
    .where('id', '=', id)
    .execute();
  assert.equal((await endFinding(ctx(), tenant, id)).outcome, 'fail');
  await ctx().store.updateTable('calls').set({ controlUrlSealed: null }).where('id', '=', id).execute();
  assert.equal((await endFinding(ctx(), tenant, id)).outcome, 'pass');
});

test('webhook: the row fails if no report arrives in time', async () => {
  const { slug, assistantId } = await network.addTenant('deaf');
  const { id } = network.emulator.makeCall({ assistantId, seconds: 60, webhooks: false });
  const { clock } = network.server;
  const finding = webhookFinding(ctx(), await saved(slug), id, clock.now);
  clock.now += 60_000;
  assert.equal((await finding).outcome, 'fail');
});

test('cost: a difference from Vapi is named and booked, a call that Vapi does not know is a failure', async () => {
  const { slug, assistantId } = await network.addTenant('costs');
  const { id } = network.emulator.makeCall({ assistantId, seconds: 60, cost: 0.25 });
  await network.emulator.waitForCall(id, 'settled');
  const tenant = await saved(slug);
  assert.equal((await costFinding(ctx(), tenant, id)).outcome, 'pass');
  await ctx().store.updateTable('calls').set({ costMicros: 1_000_000 }).where('id', '=', id).execute();
  const finding = await costFinding(ctx(), tenant, id);
  assert.equal(finding.outcome, 'warn');
  assert.match(finding.detail, /0\.25 USD.*1\.00 USD/);
  assert.equal((await costFinding(ctx(), tenant, id)).outcome, 'pass');
  const unknown = '0197f3a2-6f2e-7bb0-a6c4-3f5d0e8a9c21';
  assert.equal((await costFinding(ctx(), tenant, unknown)).outcome, 'fail');
});

test('recording: one that can be fetched passes, one that cannot fails without its address', async () => {
  const { slug, assistantId, privateKey } = await network.addTenant('recorded');
  const tenant = await saved(slug);
  const api = createCallsApi(network.emulator.url, privateKey);
  const at = async (recordingRedirect?: string) => {
    const wish = {
      assistantId,
      seconds: 5,
      webhooks: false,
      ...(recordingRedirect && { recordingRedirect }),
    };
    const { id } = network.emulator.makeCall(wish);
    network.emulator.upload(id);
    return recordingFinding(ctx(), tenant, await api.get(id));
  };
  network.emulator.setSwitch('refusePresigned', true);
  assert.equal((await at()).outcome, 'pass');
  const gone = await at(`${network.server.url}/v1/tenants?signature=secret-of-the-recording`);
  assert.equal(gone.outcome, 'fail');
  assert.ok(!JSON.stringify(gone).includes('secret-of-the-recording'));
});

/** Passes everything on, but asks for web calls with a public key that allows every page. */
async function startLaxVapi(vapiUrl: string, publicKey: string) {
  const server = createServer(async (request, response) => {
    const parts: Uint8Array[] = [];
    for await (const part of request) parts.push(part as Uint8Array);
    const isCall = request.url === '/call/web';
    const answer = await fetch(`${vapiUrl}${request.url}`, {
      method: request.method ?? 'GET',
      headers: {
        authorization: isCall ? `Bearer ${publicKey}` : (request.headers.authorization ?? ''),
        'content-type': 'application/json',
      },
      ...(parts.length > 0 ? { body: Buffer.concat(parts) } : {}),
    });
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(await answer.text());
  });
  return listen(server);
}
