/** The operator's setup: the server checks its data with Vapi, and wires assistants without losing anything. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { describe, it } from 'node:test';
import { findTenant } from '../../../../server/store/tenants.ts';
import { type Engine, testDatabases } from '../../../support/postgres.ts';
import { codeOf, type RequestOptions, startTestServer, tenantInput } from '../../../support/test-server.ts';
import { until } from '../../../support/until.ts';
import { hook, report, startHalfVapi, startOwnServer, toolCalls } from './support.ts';
import { theirs, wiringStage } from './wiring-stage.ts';

for (const engine of testDatabases()) describe(`setting up, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  const stage = wiringStage(engine);
  const { tenant, wire, viewOf } = stage;

  describe('the check of a tenant with Vapi', () => {
    const create = (changes: Record<string, unknown>) =>
      stage.network.server.operator('POST', '/v1/tenants', {
        ...tenantInput(),
        slug: `c${randomUUID()}`,
        ...changes,
      });
    const pathOf = (answer: { body: { errors: { path: string }[] } }) => answer.body.errors[0]?.path;
    const ofAcme = () => {
      const { orgId, privateKey, assistantId } = stage.network.acme;
      return { orgId, privateKey, assistantId };
    };

    it('is ok when key, org and assistant belong together', async () => {
      const answer = await create(ofAcme());
      assert.deepEqual([answer.status, answer.body.vapiCheck], [201, 'ok']);
    });

    it('names the key that Vapi does not accept', async () => {
      for (const privateKey of ['private-unknown', stage.network.acme.publicKey]) {
        const answer = await create({ ...ofAcme(), privateKey });
        assert.deepEqual([codeOf(answer), pathOf(answer)], ['invalid_request', 'privateKey']);
      }
    });

    it('names the assistant that the org does not have', async () => {
      const rival = await stage.network.addTenant(`rival-${engine.name.toLowerCase()}`);
      const { assistantId } = rival;
      assert.equal(pathOf(await create({ ...ofAcme(), assistantId })), 'assistantId');
      assert.equal(pathOf(await create({ ...ofAcme(), assistantIds: [assistantId] })), 'assistantIds.0');
    });

    it('names an org that is not the key’s, and reads it when it is left out', async () => {
      assert.equal(pathOf(await create({ ...ofAcme(), orgId: randomUUID() })), 'orgId');
      const answer = await create({ ...ofAcme(), orgId: undefined });
      assert.deepEqual([answer.body.orgId, answer.body.vapiCheck], [stage.network.acme.orgId, 'ok']);
    });

    it('names a wrong org also when one of the assistants cannot be asked about', async () => {
      const { orgId, privateKey, assistantId } = stage.network.acme;
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
      const patch = (changes: object) =>
        stage.network.server.operator('PATCH', `/v1/tenants/${slug}`, changes);
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
      stage.network.emulator.setSwitch('failEverythingWith', 500);
      const saved = await create(ofAcme());
      stage.network.emulator.setSwitch('failEverythingWith', 0);
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
      const { body } = await stage.network.server.operator('GET', '/v1/audit?limit=100');
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
      await fetch(`${stage.network.emulator.url}/assistant/${view.assistantId}`, {
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
      await stage.network.server.operator('PATCH', `/v1/tenants/${slug}`, { webhookSecret });
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
        return hook(stage.network.server, slug, body, { 'x-vapi-agent-token': webhookSecret });
      };
      // In a squad the call keeps its first assistant's id while another one speaks.
      await speak(view.assistantId);
      await speak(others[0], { assistantId: view.assistantId });
      await speak(others[1]);
      assert.deepEqual([first.received.length, second.received.length], [1, 1]);
      // Wiring the plain list later keeps what the squad's wiring found.
      await stage.network.server.operator('PATCH', `/v1/tenants/${slug}`, { assistantIds: others });
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
      await stage.network.server.operator('PATCH', `/v1/tenants/${slug}`, { webhookForwardUrl: second.url });
      await speak(others[1]);
      assert.equal(second.received.length, 2);
      await Promise.all([first.close(), second.close()]);
    });

    it('sends messages that wait for the old server to the new one at once', async () => {
      const [old, next] = [await startOwnServer(), await startOwnServer()];
      const { clock, ctx } = stage.network.server;
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
      await hook(stage.network.server, slug, body, { 'x-vapi-agent-token': webhookSecret });
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
      stage.network.emulator.addOrg({ ...org, squads: [{ ...squad, members, membersOverrides }] });
      const { notes } = await wire(slug, '?dry-run=true', { squadId: squad.id });
      assert.match(notes.join('\n'), /1 members? of the squad .*\n.*overrides `server`/);
      const answer = await stage.network.server.operator('POST', `/v1/tenants/${slug}/wire`, {
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
          await stage.network.server.operator('PATCH', `/v1/tenants/${slug}`, { assistantIds: others });
          const before = await atVapi();
          for (const query of ['?dry-run=true', '']) {
            const answer = await stage.network.server.operator(
              'POST',
              `/v1/tenants/${slug}/wire${query}`,
              {},
            );
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
      const refused = await stage.network.server.operator('POST', `/v1/tenants/${slug}/wire`, {});
      assert.equal(refused.body.errors[0].path, 'credentialId');
      await wire(slug, '', { credentialId: 'cred-9' });
      const { credentialId, headers } = (await atVapi()).server as Record<string, unknown>;
      assert.deepEqual([credentialId, headers], ['cred-9', {}]);
    });

    it('is for the operator only: a client’s key and a stranger get nothing', async () => {
      const { slug } = await tenant([{}]);
      const made = await stage.network.server.operator('POST', '/v1/keys', {
        name: 'client',
        tenant: slug,
        scopes: ['read'],
      });
      const ask = (options: RequestOptions) =>
        stage.network.server.request('POST', `/v1/tenants/${slug}/wire`, options);
      const authorization = `Bearer ${made.body.key}`;
      assert.equal(codeOf(await ask({ headers: { authorization } })), 'not_found');
      assert.equal(codeOf(await ask({})), 'unauthorized');
    });

    it('stops with vapi_unavailable while Vapi is down, and nothing has changed', async () => {
      const { slug, atVapi } = await tenant([{ server: theirs }]);
      const before = [await atVapi(), await viewOf(slug)];
      stage.network.emulator.setSwitch('failEverythingWith', 503);
      const answer = await stage.network.server.operator('POST', `/v1/tenants/${slug}/wire`, {});
      stage.network.emulator.setSwitch('failEverythingWith', 0);
      assert.equal(codeOf(answer), 'vapi_unavailable');
      assert.deepEqual([await atVapi(), await viewOf(slug)], before);
    });
  });
}
