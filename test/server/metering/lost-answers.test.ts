/** What Vapi has done costs, even if its answer never arrives: it stays reserved until booked or known not to exist. */

import assert from 'node:assert/strict';
import { request } from 'node:http';
import { after, before, describe, it } from 'node:test';
import type { KeyGrant } from '../../../server/contract.ts';
import { pollNext } from '../../../server/metering/reconciler.ts';
import { giveBackUnclaimed } from '../../../server/metering/unclaimed.ts';
import { findTenant, type Tenant } from '../../../server/store/tenants.ts';
import { createCallsApi } from '../../../server/vapi/calls-api.ts';
import { VapiError } from '../../../server/vapi/vapi-api.ts';
import { sumReserved } from '../../support/ledger.ts';
import { sweepAll } from '../../support/sweep.ts';
import { startTestNetwork, type TestNetwork } from '../../support/test-network.ts';
import { type Answer, codeOf, pageOrigin } from '../../support/test-server.ts';

const hour = 3_600_000;
/** What a message reserves. */
const held = 500_000;
const messageLimits = { worstCaseMicrosPerMinute: held, monthlyBudgetMicros: held + 100 };

describe('the answer to a message', () => {
  let network: TestNetwork;
  before(async () => {
    // So slow that an answer lasts for the whole test once it has begun.
    network = await startTestNetwork({ tenant: { modes: ['chat'] }, emulator: { speed: 0.001 } });
  });
  after(() => network?.close());

  const say = async (slug: string): Promise<Answer> =>
    network.visitor('/v1/chats', { session: await network.session(slug), message: 'Do you open on Sunday?' });
  const rows = async (slug: string) =>
    (await network.server.operator('GET', `/v1/tenants/${slug}/calls`)).body.calls;
  const reserved = (slug: string) => sumReserved(network.server.ctx.store, slug);

  async function loseAnswer(slug: string): Promise<void> {
    network.emulator.setSwitch('loseAnswers', true);
    const lost = await say(slug);
    network.emulator.setSwitch('loseAnswers', false);
    assert.deepEqual([lost.status, codeOf(lost)], [503, 'vapi_unavailable']);
  }
  async function sweepLater(ms: number): Promise<void> {
    network.server.clock.now += ms;
    await sweepAll(network.server.ctx);
  }

  it('that is lost leaves the message reserved, so that the budget for one pays for no other', async () => {
    await network.addTenant('lost', { modes: ['chat'], limits: messageLimits });
    await loseAnswer('lost');
    assert.deepEqual(await reserved('lost'), { count: 1, micros: held });
    assert.equal(codeOf(await say('lost')), 'budget_exhausted');
  });

  it('that was lost is found at Vapi by its name, and booked at its cost', async () => {
    const { privateKey } = await network.addTenant('found', { modes: ['chat'], limits: messageLimits });
    await loseAnswer('found');
    await sweepLater(2 * hour);
    const [row, ...others] = await rows('found');
    assert.deepEqual(others, []);
    const chat = await (
      await fetch(`${network.emulator.url}/chat/${row.id}`, {
        headers: { authorization: `Bearer ${privateKey}` },
      })
    ).json();
    assert.deepEqual(
      [row.type, row.status, row.seconds, row.costMicros, row.session],
      ['chat', 'ended', 0, Math.round(chat.cost * 1e6), chat.name],
    );
    assert.ok(row.costMicros > 0);
    assert.equal((await reserved('found')).count, 0);
  });

  it('to a message that Vapi never accepted releases the reservation, but only once its chats have been read', async () => {
    const { privateKey } = await network.addTenant('untaken', { modes: ['chat'], limits: messageLimits });
    network.emulator.setSwitch('failEverythingWith', 500);
    assert.equal(codeOf(await say('untaken')), 'vapi_unavailable');
    network.emulator.setSwitch('failEverythingWith', 0);
    await sweepLater(60_000);
    assert.equal((await reserved('untaken')).count, 1, 'it may still be in progress');

    network.server.clock.now += 2 * hour;
    const { ctx } = network.server;
    const tenant = (await findTenant(ctx.store, 'untaken')) as Tenant;
    const api = createCallsApi(network.emulator.url, privateKey);
    const unreadable = {
      ...api,
      // biome-ignore lint/correctness/useYield: it fails before it yields
      async *listChats() {
        throw new VapiError('Vapi answered 503', 503);
      },
    };
    await giveBackUnclaimed(ctx, unreadable, tenant, ctx.now() - hour);
    assert.equal((await reserved('untaken')).count, 1, 'no one knows');
    await giveBackUnclaimed(ctx, api, tenant, ctx.now() - hour);
    assert.equal((await reserved('untaken')).count, 0);
    assert.deepEqual(await rows('untaken'), []);
  });

  for (const status of [400, 401, 402, 404, 429]) {
    it(`that is ${status} is a refusal and releases the reservation at once`, async () => {
      const slug = `refused-${status}`;
      await network.addTenant(slug, { modes: ['chat'] });
      network.emulator.setSwitch('failEverythingWith', status);
      assert.equal(codeOf(await say(slug)), 'vapi_unavailable');
      network.emulator.setSwitch('failEverythingWith', 0);
      assert.equal((await reserved(slug)).count, 0);
    });
  }
  for (const status of [408, 409, 500, 502, 503]) {
    it(`that is ${status} may follow a paid answer and keeps the reservation`, async () => {
      const slug = `unsure-${status}`;
      await network.addTenant(slug, { modes: ['chat'] });
      network.emulator.setSwitch('failEverythingWith', status);
      assert.equal(codeOf(await say(slug)), 'vapi_unavailable');
      network.emulator.setSwitch('failEverythingWith', 0);
      assert.equal((await reserved(slug)).count, 1);
    });
  }

  it('is in the ledger before its first word goes out, and is priced even when no one sees its end', async () => {
    await network.addTenant('begun', { modes: ['chat'] });
    const session = await network.session('begun');
    const answer = await firstBytes(`${network.server.url}/v1/chats`, { session, message: 'Hello' });
    assert.match(answer.text, /^data: \{"delta":/);
    const [begun] = await rows('begun');
    assert.deepEqual([begun?.type, begun?.status, begun?.costMicros], ['chat', 'in-progress', null]);
    assert.deepEqual(await reserved('begun'), { count: 1, micros: held }, 'until its cost is known');
    answer.hangUp();

    network.server.clock.now += hour;
    while (await pollNext(network.server.ctx));
    const [priced] = await rows('begun');
    assert.deepEqual([priced.id, priced.status], [begun.id, 'ended']);
    assert.ok(priced.costMicros > 0);
    assert.equal((await reserved('begun')).count, 0);
  });
});

describe('the answer to the creation of a call', () => {
  let network: TestNetwork;
  before(async () => {
    network = await startTestNetwork({ emulator: { joinTimeoutMs: hour } });
  });
  after(() => network?.close());

  const start = async (slug: string): Promise<Answer> =>
    network.visitor('/v1/calls', { session: await network.session(slug) });
  const reserved = (slug: string) => sumReserved(network.server.ctx.store, slug);
  /** One concurrent call and the budget for it. */
  const limits = { concurrentCalls: 1, monthlyBudgetMicros: 5_000_000 };

  it('that is lost leaves slot and spend reserved until the call that was made is booked', async () => {
    const { orgId } = await network.addTenant('made', { limits });
    network.emulator.setSwitch('loseAnswers', true);
    assert.equal(codeOf(await start('made')), 'vapi_unavailable');
    network.emulator.setSwitch('loseAnswers', false);
    assert.deepEqual(await reserved('made'), { count: 1, micros: 5_000_000 });
    assert.equal(codeOf(await start('made')), 'concurrency_limit');
    const [made] = network.emulator.calls().filter((call) => call.orgId === orgId);
    assert.ok(made);
    network.emulator.endCall(made.id);
    await network.emulator.waitForCall(made.id, 'settled');
    assert.equal((await reserved('made')).count, 0);
    assert.equal((await start('made')).status, 201);
  });

  it('that is not a refusal leaves them reserved until Vapi’s calls of that time have been read', async () => {
    await network.addTenant('unmade', { limits });
    network.emulator.setSwitch('failEverythingWith', 500);
    assert.equal(codeOf(await start('unmade')), 'vapi_unavailable');
    network.emulator.setSwitch('failEverythingWith', 0);
    await sweepAll(network.server.ctx);
    assert.equal((await reserved('unmade')).count, 1, 'it may still be made, or in progress');
    network.server.clock.now += 2 * hour;
    await sweepAll(network.server.ctx);
    assert.equal((await reserved('unmade')).count, 0);
  });

  it('that comes for a key whose reservation has been released is too late: the call is ended', async () => {
    await network.addTenant('late', { accessMode: 'scoped-key' });
    const { assistantId, assistantOverrides } = (await start('late')).body as KeyGrant;
    network.server.clock.now += 2 * hour;
    await sweepAll(network.server.ctx);
    assert.equal((await reserved('late')).count, 0);
    const { id } = network.emulator.makeCall({ assistantId, assistantOverrides, seconds: 0, live: true });
    assert.equal((await network.emulator.waitForCall(id, 'ended')).endedReason, 'assistant-ended-call');
  });
});

/** What the page gets first; `fetch` would open another connection when it hangs up. */
function firstBytes(url: string, body: object): Promise<{ text: string; hangUp: () => void }> {
  const headers = { origin: pageOrigin, 'content-type': 'text/plain' };
  return new Promise((resolve, reject) => {
    request(url, { method: 'POST', headers, agent: false }, (response) =>
      response.once('data', (bytes) => resolve({ text: String(bytes), hangUp: () => response.destroy() })),
    )
      .on('error', reject)
      .end(JSON.stringify(body));
  });
}
