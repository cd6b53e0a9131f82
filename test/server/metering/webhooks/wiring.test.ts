/** The operator's setup: the server checks its data with Vapi, and wires assistants without losing anything. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import type { WireAnswer } from '../../../../server/contract.ts';
import { retryUnwiring } from '../../../../server/metering/unwiring.ts';
import { findTenant } from '../../../../server/store/tenants.ts';
import { type Engine, testDatabases } from '../../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../../support/test-network.ts';
import { codeOf, type RequestOptions, startTestServer, tenantInput } from '../../../support/test-server.ts';
import { until } from '../../../support/until.ts';
import { hook, report, startHalfVapi, startOwnServer, toolCalls } from './support.ts';

for (const engine of testDatabases()) describe(`setting up, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let network: TestNetwork;
  let count = 0;
  before(async () => {
    network = await startTestNetwork({ server: { engine } });
    network.server.secrets.add('header of the own server', 'secret-of-their-server');
    network.server.secrets.add('legacy secret of the own server', 'legacy-secret-of-theirs');
  });
  after(() => network?.close());

  const theirs = {
    url: 'https://crm.client.example/vapi?from=assistant',
    headers: { 'X-Their-Key': 'secret-of-their-server' },
    secret: 'legacy-secret-of-theirs',
    timeoutSeconds: 45,
  };
  /** A tenant whose assistants have these servers; the first is its main one. */
  const tenant = async (assistants: Record<string, unknown>[], changes: Record<string, unknown> = {}) => {
    count += 1;
    const org = {
      orgId: randomUUID(),
      privateKeys: [`private-${randomUUID()}`],
      publicKeys: [],
      assistants: assistants.map((fields) => ({ id: randomUUID(), ...fields })),
    };
    const squad = { id: randomUUID(), members: org.assistants.map(({ id }) => ({ assistantId: id })) };
    network.emulator.addOrg({ ...org, squads: [squad] });
    const [assistantId, ...others] = org.assistants.map(({ id }) => id);
    const webhookSecret = `webhook-${randomUUID()}`;
    const view = await network.server.createTenant({
      slug: `w${count}`,
      orgId: org.orgId,
      privateKey: org.privateKeys[0],
      assistantId,
      webhookSecret,
      ...changes,
    });
    const atVapi = async (id = assistantId): Promise<Record<string, unknown>> => {
      const headers = { authorization: `Bearer ${org.privateKeys[0]}` };
      return (await fetch(`${network.emulator.url}/assistant/${id}`, { headers })).json() as never;
    };
    return { view, slug: view.slug, org, squad, assistantId, others, webhookSecret, atVapi };
  };
  const wire = async (slug: string, query = '', body: object = {}): Promise<WireAnswer> => {
    const answer = await network.server.operator('POST', `/v1/tenants/${slug}/wire${query}`, body);
    assert.equal(answer.status, 200, answer.text);
    return answer.body;
  };
  const viewOf = async (slug: string) => (await network.server.operator('GET', `/v1/tenants/${slug}`)).body;

  describe('the check of a tenant with Vapi', () => {
    const create = (changes: Record<string, unknown>) =>
      network.server.operator('POST', '/v1/tenants', {
        ...tenantInput(),
        slug: `c${randomUUID()}`,
        ...changes,
      });
    const pathOf = (answer: { body: { errors: { path: string }[] } }) => answer.body.errors[0]?.path;
    const ofAcme = () => {
      const { orgId, privateKey, assistantId } = network.acme;
      return { orgId, privateKey, assistantId };
    };

    it('is ok when key, org and assistant belong together', async () => {
      const answer = await create(ofAcme());
      assert.deepEqual([answer.status, answer.body.vapiCheck], [201, 'ok']);
    });

    it('names the key that Vapi does not accept', async () => {
      for (const privateKey of ['private-unknown', network.acme.publicKey]) {
        const answer = await create({ ...ofAcme(), privateKey });
        assert.deepEqual([codeOf(answer), pathOf(answer)], ['invalid_request', 'privateKey']);
      }
    });

    it('names the assistant that the org does not have', async () => {
      const rival = await network.addTenant(`rival-${engine.name.toLowerCase()}`);
      const { assistantId } = rival;
      assert.equal(pathOf(await create({ ...ofAcme(), assistantId })), 'assistantId');
      assert.equal(pathOf(await create({ ...ofAcme(), assistantIds: [assistantId] })), 'assistantIds.0');
    });

    it('names an org that is not the key’s, and reads it when it is left out', async () => {
      assert.equal(pathOf(await create({ ...ofAcme(), orgId: randomUUID() })), 'orgId');
      const answer = await create({ ...ofAcme(), orgId: undefined });
      assert.deepEqual([answer.body.orgId, answer.body.vapiCheck], [network.acme.orgId, 'ok']);
    });

    it('names a wrong org also when one of the assistants cannot be asked about', async () => {
      const { orgId, privateKey, assistantId } = network.acme;
      const vapi = await startHalfVapi(assistantId, orgId);
      const server = await startTestServer({ engine, vapiBaseUrl: vapi.url });
      const input = { ...tenantInput(), privateKey, assistantId, assistantIds: [randomUUID()] };
      const wrong = await server.operator('POST', '/v1/tenants', { ...input, orgId: randomUUID() });
      assert.equal(pathOf(wrong), 'orgId');
      const right = await server.operator('POST', '/v1/tenants', { ...input, orgId });
      assert.deepEqual([right.status, right.body.vapiCheck], [201, 'unreachable']);
      await server.close();
      await vapi.close();
    });

    it('is made again when the key, the org or an assistant changes, and only then', async () => {
      const { slug, assistantId } = await tenant([{}]);
      const patch = (changes: object) => network.server.operator('PATCH', `/v1/tenants/${slug}`, changes);
      assert.equal(pathOf(await patch({ privateKey: 'private-unknown' })), 'privateKey');
      assert.equal(pathOf(await patch({ assistantId: randomUUID() })), 'assistantId');
      assert.equal(pathOf(await patch({ orgId: randomUUID() })), 'orgId');
      assert.equal((await patch({ assistantId })).body.vapiCheck, 'ok');
      const renamed = await patch({ name: 'Renamed' });
      assert.deepEqual([renamed.body.name, renamed.body.vapiCheck], ['Renamed', undefined]);
    });

    it('does not block saving when Vapi is down, unless the org is unknown', async () => {
      const lonely = await startTestServer({ engine, vapiBaseUrl: 'http://127.0.0.1:1' });
      const answer = await lonely.operator('POST', '/v1/tenants', tenantInput());
      assert.deepEqual([answer.status, answer.body.vapiCheck], [201, 'unreachable']);
      const unknown = { ...tenantInput(), slug: 'other', orgId: undefined };
      assert.equal(codeOf(await lonely.operator('POST', '/v1/tenants', unknown)), 'vapi_unavailable');
      await lonely.close();
      network.emulator.setSwitch('failEverythingWith', 500);
      const saved = await create(ofAcme());
      network.emulator.setSwitch('failEverythingWith', 0);
      assert.deepEqual([saved.status, saved.body.vapiCheck], [201, 'unreachable']);
    });
  });

  describe('wiring', () => {
    it('shows a plan first, which changes nothing', async () => {
      const { slug, atVapi, view } = await tenant([{ name: 'Front desk', server: theirs }]);
      const before = [await atVapi(), await viewOf(slug)];
      const { dryRun, assistants, notes } = await wire(slug, '?dry-run=true');
      assert.equal(dryRun, true);
      assert.deepEqual(notes, []);
      const [plan] = assistants;
      assert.equal(plan?.name, 'Front desk');
      assert.equal(plan?.changed, true);
      assert.equal(plan?.server.before?.url, theirs.url);
      assert.deepEqual(plan?.server.before?.headers, ['X-Their-Key', 'x-vapi-secret']);
      assert.equal(plan?.server.after.url, view.webhookUrl);
      assert.equal(plan?.forwardUrl, theirs.url);
      assert.deepEqual([await atVapi(), await viewOf(slug)], before);
    });

    it('sets the complete server, keeps all other fields, and forwards to the old server', async () => {
      const backoffPlan = {
        type: 'exponential',
        maxRetries: 3,
        baseDelaySeconds: 1,
        excludedStatusCodes: [400, 401, 403, 404, 409, 413, 422],
      };
      const { slug, atVapi, webhookSecret, view } = await tenant([
        {
          server: { ...theirs, credentialId: 'cred-1' },
          firstMessage: 'Hello',
          serverMessages: ['tool-calls'],
        },
      ]);
      await wire(slug);
      const { server, serverMessages, firstMessage } = await atVapi();
      assert.deepEqual(server, {
        url: view.webhookUrl,
        headers: { 'x-vapi-agent-token': webhookSecret },
        timeoutSeconds: 45,
        backoffPlan,
        credentialId: 'cred-1',
      });
      assert.deepEqual(serverMessages, ['tool-calls', 'status-update', 'end-of-call-report']);
      assert.equal(firstMessage, 'Hello');
      const after = await viewOf(slug);
      assert.equal(after.webhookForwardUrl, theirs.url);
      assert.deepEqual(after.webhookForwardHeaders, ['x-their-key', 'x-vapi-secret']);
    });

    it('requests Vapi’s default messages if the tenant’s own server relied on them', async () => {
      const relied = await tenant([{ server: theirs }]);
      await wire(relied.slug);
      const messages = (await relied.atVapi()).serverMessages as string[];
      assert.ok(messages.includes('conversation-update') && messages.includes('tool-calls'));
      assert.equal(new Set(messages).size, messages.length);
      const alone = await tenant([{}]);
      const { notes } = await wire(alone.slug);
      assert.deepEqual((await alone.atVapi()).serverMessages, ['status-update', 'end-of-call-report']);
      assert.match(notes[0] ?? '', /webhookForwardUrl/);
      assert.equal((await viewOf(alone.slug)).webhookForwardUrl, null);
    });

    it('changes nothing the second time and never makes us our own target', async () => {
      const { slug, atVapi } = await tenant([{ server: theirs }]);
      await wire(slug);
      const before = [await atVapi(), await viewOf(slug)];
      const again = await wire(slug);
      assert.deepEqual(
        again.assistants.map(({ changed, forwardUrl }) => [changed, forwardUrl]),
        [[false, theirs.url]],
      );
      assert.deepEqual([await atVapi(), await viewOf(slug)], before);
      const { body } = await network.server.operator('GET', '/v1/audit?limit=100');
      const entries = (body.entries ?? body.audit) as { action: string; tenant: string; actor: string }[];
      const wired = entries.filter(({ action, tenant: of }) => action === 'tenant.wire' && of === slug);
      assert.deepEqual(
        wired.map(({ actor }) => actor),
        ['operator'],
      );
    });

    it('recognizes itself by its token when it has moved to another address', async () => {
      const { slug, atVapi, webhookSecret, view, org } = await tenant([{}]);
      const old = {
        url: 'https://old.agency.example/hooks',
        headers: { 'x-vapi-agent-token': webhookSecret },
      };
      await fetch(`${network.emulator.url}/assistant/${view.assistantId}`, {
        method: 'PATCH',
        headers: {
          authorization: `Bearer ${org.privateKeys[0]}`,
          'content-type': 'application/json',
        },
        body: JSON.stringify({ server: old }),
      });
      await wire(slug);
      assert.equal(((await atVapi()).server as { url: string }).url, view.webhookUrl);
      assert.equal((await viewOf(slug)).webhookForwardUrl, null);
    });
    it('presents the new secret after a rotation', async () => {
      const { slug, atVapi } = await tenant([{ server: theirs }]);
      await wire(slug);
      const webhookSecret = `webhook-${randomUUID()}`;
      await network.server.operator('PATCH', `/v1/tenants/${slug}`, { webhookSecret });
      const { assistants } = await wire(slug);
      assert.equal(assistants[0]?.changed, true);
      const { headers } = (await atVapi()).server as { headers: object };
      assert.deepEqual(headers, { 'x-vapi-agent-token': webhookSecret });
      assert.equal((await viewOf(slug)).webhookForwardUrl, theirs.url);
    });

    it('wires further assistants and each saved member of a squad, each with its own server kept', async () => {
      const [first, second] = [await startOwnServer(), await startOwnServer()];
      const { slug, squad, org, others, webhookSecret, atVapi, view } = await tenant([
        { server: { url: first.url } },
        { server: { url: second.url } },
        {},
      ]);
      const { assistants } = await wire(slug, '', { squadId: squad.id });
      assert.deepEqual(
        assistants.map(({ forwardUrl }) => forwardUrl),
        [first.url, second.url, null],
      );
      for (const { id } of org.assistants) {
        assert.equal(((await atVapi(id)).server as { url: string }).url, view.webhookUrl);
      }
      const speak = async (id: string | undefined, call: object = {}) => {
        const body = toolCalls({ assistant: { id }, call: { id: randomUUID(), ...call } });
        return hook(network.server, slug, body, { 'x-vapi-agent-token': webhookSecret });
      };
      // In a squad the call keeps its first assistant's id while another one speaks.
      await speak(view.assistantId);
      await speak(others[0], { assistantId: view.assistantId });
      await speak(others[1]);
      assert.deepEqual([first.received.length, second.received.length], [1, 1]);
      // Wiring the plain list later keeps what the squad's wiring found.
      await network.server.operator('PATCH', `/v1/tenants/${slug}`, { assistantIds: others });
      const again = await wire(slug);
      assert.deepEqual(
        again.assistants.map(({ changed, forwardUrl }) => [changed, forwardUrl]),
        [
          [false, first.url],
          [false, second.url],
          [false, null],
        ],
      );
      // The operator's choice for the tenant applies to all of its assistants.
      await network.server.operator('PATCH', `/v1/tenants/${slug}`, { webhookForwardUrl: second.url });
      await speak(others[1]);
      assert.equal(second.received.length, 2);
      await Promise.all([first.close(), second.close()]);
    });

    it('sends messages that wait for the old server to the new one at once', async () => {
      const [old, next] = [await startOwnServer(), await startOwnServer()];
      const { clock, ctx } = network.server;
      const { slug, webhookSecret } = await tenant([{ server: { url: next.url } }], {
        webhookForwardUrl: old.url,
      });
      const { id: tenantId } = (await findTenant(ctx.store, slug)) as { id: string };
      const waiting = () =>
        ctx.store
          .selectFrom('forwardedMessages')
          .select(['answer', 'nextAttemptAt'])
          .where('tenantId', '=', tenantId)
          .executeTakeFirst();
      old.answers.push([503, '{}']);
      const body = report();
      await hook(network.server, slug, body, { 'x-vapi-agent-token': webhookSecret });
      await until(async () => (await waiting())?.answer === 503, 'the first attempt to fail');
      // As after many failures.
      const nextAttemptAt = clock.now + 1_800_000;
      const all = ctx.store.updateTable('forwardedMessages').where('tenantId', '=', tenantId);
      await all.set({ nextAttemptAt }).execute();
      await wire(slug, '?dry-run=true');
      assert.equal((await waiting())?.nextAttemptAt, nextAttemptAt);
      await wire(slug);
      await next.waitFor(1);
      assert.equal(next.received[0]?.raw.toString(), body);
      assert.equal(old.received.length, 1);
      await Promise.all([old.close(), next.close()]);
    });

    it('reports what it cannot wire', async () => {
      const { slug, org, squad } = await tenant([{}]);
      const members = [...squad.members, { assistant: { name: 'inline' } }];
      const membersOverrides = { server: { url: 'https://elsewhere.example' } };
      network.emulator.addOrg({ ...org, squads: [{ ...squad, members, membersOverrides }] });
      const { notes } = await wire(slug, '?dry-run=true', { squadId: squad.id });
      assert.match(notes.join('\n'), /1 members? of the squad .*\n.*overrides `server`/);
      const answer = await network.server.operator('POST', `/v1/tenants/${slug}/wire`, {
        squadId: randomUUID(),
      });
      assert.equal(answer.body.errors[0].path, 'squadId');
    });

    for (const url of [
      'http://169.254.169.254/latest/meta-data',
      'https://10.0.0.5/x',
      'https://[fd00::1]/',
      'http://crm.client.example/vapi',
      'https://user:a-password-of-theirs@crm.client.example/vapi',
    ]) {
      it(`forwards nothing to ${url}, which the organization’s owner could have set`, async () => {
        for (const servers of [[{ server: { url } }], [{}, { server: { url } }]]) {
          const { slug, others, atVapi } = await tenant(servers);
          await network.server.operator('PATCH', `/v1/tenants/${slug}`, { assistantIds: others });
          const before = await atVapi();
          for (const query of ['?dry-run=true', '']) {
            const answer = await network.server.operator('POST', `/v1/tenants/${slug}/wire${query}`, {});
            assert.equal(codeOf(answer), 'invalid_request');
            assert.match(answer.body.errors[0].message, /change it there first$/);
            assert.doesNotMatch(answer.text, /a-password-of-theirs/);
          }
          assert.deepEqual([await atVapi(), (await viewOf(slug)).webhookForwardUrl], [before, null]);
        }
      });
    }

    it('needs a credential that signs when the tenant’s webhooks are signed', async () => {
      const { slug, atVapi } = await tenant([{}], { webhookAuth: { kind: 'hmac' } });
      const refused = await network.server.operator('POST', `/v1/tenants/${slug}/wire`, {});
      assert.equal(refused.body.errors[0].path, 'credentialId');
      await wire(slug, '', { credentialId: 'cred-9' });
      const { credentialId, headers } = (await atVapi()).server as Record<string, unknown>;
      assert.deepEqual([credentialId, headers], ['cred-9', {}]);
    });

    it('is for the operator only: a client’s key and a stranger get nothing', async () => {
      const { slug } = await tenant([{}]);
      const made = await network.server.operator('POST', '/v1/keys', {
        name: 'client',
        tenant: slug,
        scopes: ['read'],
      });
      const ask = (options: RequestOptions) =>
        network.server.request('POST', `/v1/tenants/${slug}/wire`, options);
      const authorization = `Bearer ${made.body.key}`;
      assert.equal(codeOf(await ask({ headers: { authorization } })), 'not_found');
      assert.equal(codeOf(await ask({})), 'unauthorized');
    });

    it('stops with vapi_unavailable while Vapi is down, and nothing has changed', async () => {
      const { slug, atVapi } = await tenant([{ server: theirs }]);
      const before = [await atVapi(), await viewOf(slug)];
      network.emulator.setSwitch('failEverythingWith', 503);
      const answer = await network.server.operator('POST', `/v1/tenants/${slug}/wire`, {});
      network.emulator.setSwitch('failEverythingWith', 0);
      assert.equal(codeOf(answer), 'vapi_unavailable');
      assert.deepEqual([await atVapi(), await viewOf(slug)], before);
    });
  });

  describe('deleting a wired tenant', () => {
    const remove = async (slug: string) =>
      assert.equal((await network.server.operator('DELETE', `/v1/tenants/${slug}`)).status, 204);
    const tool = (slug: string, webhookSecret: string, id: string | undefined) => {
      const body = toolCalls({ assistant: { id } });
      return hook(network.server, slug, body, { 'x-vapi-agent-token': webhookSecret });
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
      const { body } = await network.server.operator('GET', '/v1/audit?limit=100');
      const entry = body.entries.find((one: Record<string, unknown>) => one.action === 'tenant.unwire');
      assert.equal(entry.tenant, slug);
      assert.deepEqual(entry.after.assistants.sort(), org.assistants.map(({ id }) => id).sort());
    });

    it('leaves assistants alone that send elsewhere, even to another tenant of the org', async () => {
      const { slug, org, others, atVapi } = await tenant([{}, { server: theirs }, {}]);
      await wire(slug);
      const rival = await network.server.createTenant({
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
      network.emulator.setSwitch('failEverythingWith', 500);
      await remove(slug);
      assert.equal((await tool(slug, webhookSecret, assistantId)).status, 200);
      assert.equal(own.received.length, 1);
      assert.equal(await retryUnwiring(network.server.ctx), false, 'not at once');
      network.server.clock.now += 60_000;
      assert.equal(await retryUnwiring(network.server.ctx), true);
      network.emulator.setSwitch('failEverythingWith', 0);
      assert.equal(await retryUnwiring(network.server.ctx), false);
      network.server.clock.now += 120_000;
      assert.equal(await retryUnwiring(network.server.ctx), true);
      assert.equal(((await atVapi()).server as { url: string }).url, own.url);
      network.server.clock.now += 86_400_000;
      assert.equal(await retryUnwiring(network.server.ctx), false, 'done');
      assert.equal((await tool(slug, webhookSecret, assistantId)).status, 200);
      network.server.clock.now += 2 * 86_400_000;
      assert.equal(codeOf(await tool(slug, webhookSecret, assistantId)), 'unauthorized');
      await own.close();
    });

    it('never takes an assistant from the slug’s new tenant', async () => {
      const { slug, org, assistantId, webhookSecret, atVapi } = await tenant([{ server: theirs }]);
      await wire(slug);
      network.emulator.setSwitch('failEverythingWith', 500);
      await remove(slug);
      network.emulator.setSwitch('failEverythingWith', 0);
      await network.server.createTenant({
        slug,
        ...{ orgId: org.orgId, privateKey: org.privateKeys[0], assistantId },
      });
      await wire(slug);
      const wired = await atVapi();
      network.server.clock.now += 60_000;
      assert.equal(await retryUnwiring(network.server.ctx), true);
      assert.deepEqual((await atVapi()).server, wired.server);
      assert.equal(codeOf(await tool(slug, webhookSecret, assistantId)), 'unauthorized');
    });

    it('is given up, with a log line, when Vapi refuses the key', async () => {
      const { slug, org } = await tenant([{}]);
      await wire(slug);
      network.emulator.addOrg({ ...org, privateKeys: [] });
      await remove(slug);
      network.server.clock.now += 60_000;
      assert.equal(await retryUnwiring(network.server.ctx), true);
      assert.ok(network.server.log.some((line) => line.includes('of a deleted tenant still send to us')));
      network.server.clock.now += 86_400_000;
      assert.equal(await retryUnwiring(network.server.ctx), false);
    });
  });
}
