/** Wiring is read back, in the version that calls use, and looked after: what no longer reports is noticed within the hour. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { orgOf } from '../../../../server/access/tenants/orgs.ts';
import type { UnwireAnswer, WireAnswer, WiringAnswer } from '../../../../server/contract.ts';
import { sweepOrg } from '../../../../server/metering/reconciler.ts';
import { retryUnwiring } from '../../../../server/metering/unwiring.ts';
import { checkNextWiring } from '../../../../server/metering/wiring-watch.ts';
import { findTenant } from '../../../../server/store/tenants.ts';
import { freePort } from '../../../support/free-port.ts';
import { serve } from '../../../support/listen.ts';
import { type Engine, testDatabases } from '../../../support/postgres.ts';
import { startTestNetwork, type TestNetwork } from '../../../support/test-network.ts';
import { codeOf } from '../../../support/test-server.ts';

const minute = 60_000;
const theirs = { url: 'https://crm.client.example/vapi' };

for (const engine of testDatabases()) describe(`wiring, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let network: TestNetwork;
  let count = 0;
  before(async () => {
    // What wiring writes is where the reports arrive.
    const port = await freePort();
    const config = { port, publicUrl: `http://127.0.0.1:${port}` };
    network = await startTestNetwork({ server: { engine, config } });
  });
  afterEach(async () => {
    network.emulator.setSwitch('assistantEdits', 'in-place');
    // What a test leaves wired is not checked in the next ones.
    await network.server.ctx.store.deleteFrom('wirings').execute();
  });
  after(() => network?.close());

  /** One that is not wired yet, and whose notices are kept. */
  const add = async (assistant: Record<string, unknown> = {}) => {
    count += 1;
    const alerts = { email: 'alerts@agency.example' };
    const server = undefined;
    const tenant = await network.addTenant(`watch${count}`, { alerts }, { server, ...assistant } as never);
    const { slug, assistantId, privateKey } = tenant;
    const operator = async <Body>(method: string, path: string, body?: object) => {
      const answer = await network.server.operator(method, `/v1/tenants/${slug}${path}`, body);
      assert.equal(answer.status, 200, answer.text);
      return answer.body as Body;
    };
    const atVapi = (method: string, path: string, body?: object) =>
      fetch(`${network.emulator.url}${path}`, {
        method,
        headers: { authorization: `Bearer ${privateKey}`, 'content-type': 'application/json' },
        ...(body ? { body: JSON.stringify(body) } : {}),
      });
    return {
      ...tenant,
      operator,
      wire: async () => {
        const { assistants } = await operator<WireAnswer>('POST', '/wire', {});
        return assistants[0] as WireAnswer['assistants'][number];
      },
      unwire: () => operator<UnwireAnswer>('POST', '/unwire'),
      wiring: async () => {
        const { assistants } = await operator<WiringAnswer>('GET', '/wiring');
        return assistants[0] as WiringAnswer['assistants'][number];
      },
      patch: (fields: object) => atVapi('PATCH', `/assistant/${assistantId}`, fields),
      restore: (version: string) => atVapi('POST', `/assistant/${assistantId}/restore/${version}`),
      remove: () => atVapi('DELETE', `/assistant/${assistantId}`),
      serverAtVapi: async () =>
        ((await (await atVapi('GET', `/assistant/${assistantId}`)).json()) as { server?: { url?: string } })
          .server?.url,
      call: async (webhooks = true) => {
        const createdAt = new Date(network.server.clock.now).toISOString();
        const call = network.emulator.makeCall({ assistantId, seconds: 60, cost: 0.1, createdAt, webhooks });
        await network.emulator.waitForCall(call.id, 'settled');
        return call.id;
      },
      notices: async () => {
        const rows = await network.server.ctx.store
          .selectFrom('notices')
          .selectAll()
          .where('kind', '=', 'not-reporting')
          .orderBy('createdAt')
          .execute();
        const all = rows.map(({ payload }) => JSON.parse(payload).data as Record<string, string>);
        return all.filter(({ tenant: of }) => of === slug).map(({ problem }) => problem);
      },
    };
  };
  const pass = async (ms = 20 * minute) => {
    network.server.clock.now += ms;
    while (await checkNextWiring(network.server.ctx));
  };
  /** As the workers do within an hour of what happened. */
  const passAnHour = async ({ orgId }: { orgId: string }) => {
    const { ctx, clock } = network.server;
    for (let time = 0; time < 3; time += 1) {
      clock.now += minute;
      await sweepOrg(ctx, await orgOf(ctx, orgId), async () => true);
      await pass(19 * minute);
    }
  };

  describe('read back', () => {
    it('is waiting as Vapi shows it, and connected once a call made since then was reported', async () => {
      const tenant = await add({ server: theirs });
      assert.equal((await tenant.wiring()).state, 'not-wired');
      const dry = await tenant.operator<WireAnswer>('POST', '/wire?dry-run=true', {});
      assert.equal(dry.assistants[0]?.state, null);
      assert.equal((await tenant.wiring()).state, 'not-wired');
      const wired = await tenant.wire();
      assert.deepEqual([wired.state, wired.problem, wired.differences], ['waiting', null, []]);
      assert.equal((await tenant.wiring()).lastReportAt, null);
      await tenant.call();
      const { state, lastReportAt, wiredAt } = await tenant.wiring();
      assert.equal(state, 'connected');
      assert.ok(Date.parse(lastReportAt ?? '') >= Date.parse(wiredAt ?? ''));
      assert.equal((await tenant.wire()).state, 'connected', 'also when nothing is left to change');
    });

    it('is good when the change makes a new version', async () => {
      network.emulator.setSwitch('assistantEdits', 'publishes');
      const tenant = await add();
      assert.deepEqual([(await tenant.wire()).state, await tenant.notices()], ['waiting', []]);
    });

    it('reports that a draft waits to be published, and is good once it is', async () => {
      network.emulator.setSwitch('assistantEdits', 'edits-a-draft');
      const tenant = await add({ server: theirs });
      const wired = await tenant.wire();
      assert.equal(wired.state, 'draft');
      assert.match(wired.problem ?? '', /^Vapi keeps the change as a draft.* Publish/);
      assert.ok(wired.differences.includes('server.url'));
      await tenant.call();
      network.emulator.publishDraft(tenant.assistantId);
      await passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['waiting', []]);
      await tenant.call();
      assert.equal((await tenant.wiring()).state, 'connected');
    });

    it('notifies the operator of a draft that no one publishes', async () => {
      network.emulator.setSwitch('assistantEdits', 'edits-a-draft');
      const tenant = await add();
      await tenant.wire();
      await passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['draft']);
    });

    it('reports that Vapi refused the change, and wires again when it no longer does', async () => {
      network.emulator.setSwitch('assistantEdits', 'conflicts');
      const tenant = await add();
      const refused = await tenant.wire();
      assert.deepEqual([refused.state, (await tenant.wiring()).state], ['refused', 'refused']);
      network.emulator.setSwitch('assistantEdits', 'publishes');
      assert.equal((await tenant.wire()).state, 'waiting');
    });
  });

  describe('that someone undoes', () => {
    it('is noticed within the hour, once, and again after it was repaired', async () => {
      const tenant = await add();
      await tenant.wire();
      for (const round of [1, 2]) {
        await passAnHour(tenant);
        await tenant.patch({ server: theirs });
        await passAnHour(tenant);
        await passAnHour(tenant);
        assert.deepEqual(await tenant.notices(), Array(round).fill('elsewhere'));
        assert.equal((await tenant.wiring()).state, 'elsewhere');
        assert.equal((await tenant.wire()).state, 'waiting');
      }
      const { body } = await network.server.operator('GET', '/v1/notices?limit=1');
      assert.match(body.notices[0].title, /are not reported$/);
    });

    it('by restoring an old version is noticed', async () => {
      network.emulator.setSwitch('assistantEdits', 'publishes');
      const tenant = await add({ server: theirs });
      await tenant.wire();
      await tenant.restore('v1');
      assert.equal(await tenant.serverAtVapi(), theirs.url);
      await passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['elsewhere']);
    });

    it('by omitting the required messages is noticed', async () => {
      const tenant = await add();
      await tenant.wire();
      await tenant.patch({ serverMessages: ['tool-calls'] });
      await passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['messages']);
    });

    it('by changing the secret here, and not there, is noticed when the old one is no longer accepted', async () => {
      const tenant = await add();
      await tenant.wire();
      const change = { webhookSecret: `webhook-${randomUUID()}`, webhookSecretOverlapSeconds: 7200 };
      await tenant.operator('PATCH', '', change);
      await passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), []);
      await pass(3 * 60 * minute);
      assert.deepEqual(await tenant.notices(), ['secret']);
      assert.equal((await tenant.wire()).state, 'waiting');
    });

    it('by deleting the assistant is noticed', async () => {
      const tenant = await add();
      await tenant.wire();
      await tenant.remove();
      await passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['gone']);
    });

    it('is not considered undone while Vapi does not answer', async () => {
      const tenant = await add();
      await tenant.wire();
      network.emulator.setSwitch('failEverythingWith', 503);
      await pass();
      network.emulator.setSwitch('failEverythingWith', 0);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['waiting', []]);
    });

    it('is not reported once the client no longer has the assistant', async () => {
      const tenant = await add();
      await tenant.wire();
      const other = randomUUID();
      network.emulator.addOrg({
        ...{ orgId: tenant.orgId, privateKeys: [tenant.privateKey], publicKeys: [] },
        assistants: [{ id: other }],
      });
      await tenant.operator('PATCH', '', { assistantId: other });
      await tenant.patch({ server: theirs });
      await passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), []);
    });
  });

  describe('whose calls are not reported', () => {
    it('is noticed within the hour after the first call that no report follows', async () => {
      const tenant = await add();
      await tenant.wire();
      await tenant.call(false);
      await passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['silent', ['silent']]);
    });

    it('is noticed after the second one if reports had come, and settled by the next report', async () => {
      const tenant = await add();
      await tenant.wire();
      await tenant.call();
      await passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), []);
      await tenant.call(false);
      await passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), [], 'one may have been lost in a restart');
      await tenant.call(false);
      await passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['silent', ['silent']]);
      assert.equal((await tenant.wire()).state, 'silent', 'there is nothing to change at Vapi');
      await tenant.call();
      await passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['connected', ['silent']]);
    });

    it('is not suspected when only the cost came late', async () => {
      network.emulator.setSwitch('costLateMs', 0);
      const tenant = await add({ scenario: 'cost-late' });
      await tenant.wire();
      await tenant.call();
      await passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['connected', []]);
    });

    it('was set up by hand: it is watched from its first report on', async () => {
      const tenant = await add();
      const headers = { Authorization: `Bearer ${tenant.webhookSecret}` };
      await tenant.patch({ server: { url: tenant.view.webhookUrl, headers } });
      await tenant.call();
      await passAnHour(tenant);
      assert.equal((await tenant.wiring()).state, 'connected');
      await tenant.patch({ server: theirs });
      await passAnHour(tenant);
      assert.deepEqual(await tenant.notices(), ['elsewhere']);
    });

    it('is watched although it was wired while it was being checked', async (t) => {
      const tenant = await add({ server: theirs });
      const { ctx } = network.server;
      const { id: tenantId } = (await findTenant(ctx.store, tenant.slug)) as { id: string };
      // As after a report of it that came before it was wired.
      const row = { tenantId, assistantId: tenant.assistantId, attempts: 0, nextAttemptAt: 0 };
      await ctx.store.insertInto('wirings').values(row).execute();
      const vapiBaseUrl = await serve(t, async (request, response) => {
        const { authorization = '' } = request.headers;
        const answer = await fetch(network.emulator.url + request.url, { headers: { authorization } });
        const before = await answer.text();
        await tenant.wire();
        response.writeHead(answer.status, { 'content-type': 'application/json' }).end(before);
      });
      await checkNextWiring({ ...ctx, config: { ...ctx.config, vapiBaseUrl } });
      assert.equal((await tenant.wiring()).state, 'waiting');
    });

    it('was never wired here: its calls, which others report, cause no notice', async () => {
      const tenant = await add({ server: theirs });
      await tenant.call(false);
      await passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['not-wired', []]);
    });
  });

  describe('from the command line', () => {
    const cli = join(import.meta.dirname, '../../../../server/cli.ts');
    const run = async (...args: string[]): Promise<[code: number, out: string, err: string]> => {
      const { server } = network;
      const env = {
        PATH: process.env.PATH ?? '',
        VAPI_AGENT_URL: server.url,
        OPERATOR_API_KEY: server.operatorKey,
      };
      return new Promise((resolve) => {
        const child = execFile(
          process.execPath,
          [cli, 'tenants', ...args],
          { cwd: tmpdir(), env },
          (_error, out, err) => resolve([child.exitCode ?? -1, out, err]),
        );
      });
    };

    it('is planned, done, shown and undone, and ends with 3 if someone has to act', async () => {
      const tenant = await add({ server: theirs });
      const { slug } = tenant;
      const { webhookUrl } = tenant.view;
      assert.deepEqual(await run('wire', slug, '--dry-run'), [
        0,
        `${slug}: would report to ${webhookUrl}\n`,
        '',
      ]);
      network.emulator.setSwitch('assistantEdits', 'edits-a-draft');
      const [code, out, err] = await run('wire', slug);
      assert.deepEqual([code, out], [3, `${slug}: draft\n`]);
      assert.match(err, new RegExp(`^${slug}: Vapi keeps the change as a draft`));
      assert.match(
        (await run('wiring', slug))[1],
        /^assistantId +name +state +problem\n.+ draft +Vapi keeps/,
      );
      network.emulator.publishDraft(tenant.assistantId);
      network.emulator.setSwitch('assistantEdits', 'publishes');
      assert.deepEqual(await run('wire', slug), [0, `${slug}: waiting\n`, '']);
      assert.deepEqual(await run('unwire', slug), [0, `${slug}: ${theirs.url}\n`, '']);
    });
  });

  describe('given back', () => {
    it('is read back, and no longer watched', async () => {
      const tenant = await add({ server: theirs });
      await tenant.wire();
      const { assistants } = await tenant.unwire();
      assert.deepEqual(
        assistants.map(({ assistantId, url, problem }) => [assistantId, url, problem]),
        [[tenant.assistantId, theirs.url, null]],
      );
      assert.equal(await tenant.serverAtVapi(), theirs.url);
      await passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['not-wired', []]);
      assert.deepEqual((await tenant.unwire()).assistants, []);
    });

    it('says that a draft waits to be published, or that Vapi refused', async () => {
      const tenant = await add({ server: theirs });
      await tenant.wire();
      network.emulator.setSwitch('assistantEdits', 'edits-a-draft');
      assert.match((await tenant.unwire()).assistants[0]?.problem ?? '', /as a draft/);
      network.emulator.setSwitch('assistantEdits', 'conflicts');
      assert.match((await tenant.unwire()).assistants[0]?.problem ?? '', /with 409/);
      network.emulator.setSwitch('failEverythingWith', 503);
      const { slug } = tenant;
      const answer = await network.server.operator('POST', `/v1/tenants/${slug}/unwire`);
      network.emulator.setSwitch('failEverythingWith', 0);
      assert.equal(codeOf(answer), 'vapi_unavailable');
    });

    it('after a deletion is tried again until calls use it', async () => {
      const tenant = await add({ server: theirs });
      await tenant.wire();
      network.emulator.setSwitch('assistantEdits', 'edits-a-draft');
      assert.equal((await network.server.operator('DELETE', `/v1/tenants/${tenant.slug}`)).status, 204);
      const retry = async () => {
        network.server.clock.now += 4 * minute;
        return retryUnwiring(network.server.ctx);
      };
      assert.equal(await retry(), true);
      assert.notEqual(await tenant.serverAtVapi(), theirs.url);
      network.emulator.publishDraft(tenant.assistantId);
      assert.equal(await retry(), true);
      network.server.clock.now += 24 * 60 * minute;
      assert.equal(await retry(), false, 'done');
    });
  });
}
