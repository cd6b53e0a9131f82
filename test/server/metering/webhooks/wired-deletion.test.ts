/** What deleting a tenant does to its wired assistants. */
import assert from 'node:assert/strict';
import { describe, it } from 'node:test';
import { retryUnwiring } from '../../../../server/metering/unwiring.ts';
import { type Engine, testDatabases } from '../../../support/postgres.ts';
import { codeOf } from '../../../support/test-server.ts';
import { hook, startOwnServer, toolCalls } from './support.ts';
import { theirs, wiringStage } from './wiring-stage.ts';

for (const engine of testDatabases()) describe(`wired, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  const stage = wiringStage(engine);
  const { tenant, wire } = stage;

  describe('deleting a wired tenant', () => {
    const remove = async (slug: string) =>
      assert.equal((await stage.network.server.operator('DELETE', `/v1/tenants/${slug}`)).status, 204);
    const tool = (slug: string, webhookSecret: string, id: string | undefined) => {
      const body = toolCalls({ assistant: { id } });
      return hook(stage.network.server, slug, body, { 'x-vapi-agent-token': webhookSecret });
    };

    it('gives each assistant, even a squad’s members, back to its previous server', async () => {
      const plan = { type: 'fixed', maxRetries: 5, baseDelaySeconds: 1 };
      const second = { url: 'https://second.client.example/', backoffPlan: plan };
      const { slug, squad, others, atVapi, org } = await tenant([
        { server: { ...theirs, credentialId: 'cred-1' } },
        { server: second },
        {},
        { server: theirs },
      ]);
      await wire(slug, '', { squadId: squad.id });
      await remove(slug);
      assert.deepEqual((await atVapi()).server, {
        url: theirs.url,
        headers: { 'x-their-key': 'secret-of-their-server', 'x-vapi-secret': 'legacy-secret-of-theirs' },
        timeoutSeconds: 45,
        credentialId: 'cred-1',
      });
      assert.deepEqual((await atVapi(others[0])).server, {
        url: second.url,
        headers: {},
        timeoutSeconds: 20,
        backoffPlan: plan,
      });
      assert.equal((await atVapi(others[1])).server, null);
      assert.equal(((await atVapi(others[2])).server as { url: string }).url, theirs.url);
      const { body } = await stage.network.server.operator('GET', '/v1/audit?limit=100');
      const entry = body.entries.find((one: Record<string, unknown>) => one.action === 'tenant.unwire');
      assert.equal(entry.tenant, slug);
      assert.deepEqual(entry.after.assistants.sort(), org.assistants.map(({ id }) => id).sort());
    });

    it('leaves assistants alone that send elsewhere, even to another tenant of the org', async () => {
      const { slug, org, others, atVapi } = await tenant([{}, { server: theirs }, {}]);
      await wire(slug);
      const rival = await stage.network.server.createTenant({
        slug: `${slug}-rival`,
        ...{ orgId: org.orgId, privateKey: org.privateKeys[0], assistantId: others[1] },
      });
      await wire(rival.slug);
      await remove(slug);
      assert.equal((await atVapi()).server, null);
      assert.deepEqual((await atVapi(others[0])).server, theirs);
      assert.equal(((await atVapi(others[1])).server as { url: string }).url, rival.webhookUrl);
    });

    it('keeps passing messages on until Vapi can be reached, for three days while no one has the slug', async () => {
      const own = await startOwnServer();
      const { slug, assistantId, webhookSecret, atVapi } = await tenant([{ server: { url: own.url } }]);
      await wire(slug);
      stage.network.emulator.setSwitch('failEverythingWith', 500);
      await remove(slug);
      assert.equal((await tool(slug, webhookSecret, assistantId)).status, 200);
      assert.equal(own.received.length, 1);
      assert.equal(await retryUnwiring(stage.network.server.ctx), false, 'not at once');
      stage.network.server.clock.now += 60_000;
      assert.equal(await retryUnwiring(stage.network.server.ctx), true);
      stage.network.emulator.setSwitch('failEverythingWith', 0);
      assert.equal(await retryUnwiring(stage.network.server.ctx), false);
      stage.network.server.clock.now += 120_000;
      assert.equal(await retryUnwiring(stage.network.server.ctx), true);
      assert.equal(((await atVapi()).server as { url: string }).url, own.url);
      stage.network.server.clock.now += 86_400_000;
      assert.equal(await retryUnwiring(stage.network.server.ctx), false, 'done');
      assert.equal((await tool(slug, webhookSecret, assistantId)).status, 200);
      stage.network.server.clock.now += 2 * 86_400_000;
      assert.equal(codeOf(await tool(slug, webhookSecret, assistantId)), 'unauthorized');
      await own.close();
    });

    it('never takes an assistant from the slug’s new tenant', async () => {
      const { slug, org, assistantId, webhookSecret, atVapi } = await tenant([{ server: theirs }]);
      await wire(slug);
      stage.network.emulator.setSwitch('failEverythingWith', 500);
      await remove(slug);
      stage.network.emulator.setSwitch('failEverythingWith', 0);
      await stage.network.server.createTenant({
        slug,
        ...{ orgId: org.orgId, privateKey: org.privateKeys[0], assistantId },
      });
      await wire(slug);
      const wired = await atVapi();
      stage.network.server.clock.now += 60_000;
      assert.equal(await retryUnwiring(stage.network.server.ctx), true);
      assert.deepEqual((await atVapi()).server, wired.server);
      assert.equal(codeOf(await tool(slug, webhookSecret, assistantId)), 'unauthorized');
    });

    it('is given up, with a log line, when Vapi refuses the key', async () => {
      const { slug, org } = await tenant([{}]);
      await wire(slug);
      stage.network.emulator.addOrg({ ...org, privateKeys: [] });
      await remove(slug);
      stage.network.server.clock.now += 60_000;
      assert.equal(await retryUnwiring(stage.network.server.ctx), true);
      assert.ok(
        stage.network.server.log.some((line) => line.includes('of a deleted tenant still send to us')),
      );
      stage.network.server.clock.now += 86_400_000;
      assert.equal(await retryUnwiring(stage.network.server.ctx), false);
    });
  });
}
