/** Assistants are given back to where they reported before, and that is read back too; wiring on the command line. */
import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, describe, it } from 'node:test';
import { retryUnwiring } from '../../../../server/metering/unwiring.ts';
import { type Engine, testDatabases } from '../../../support/postgres.ts';
import { codeOf } from '../../../support/test-server.ts';
import { minute, startWatchStage, theirs, type WatchStage } from './watch-stage.ts';

for (const engine of testDatabases())
  describe(`wiring that is given back, on ${engine.name}`, () => tests(engine));

function tests(engine: Engine): void {
  let stage: WatchStage;
  let network: WatchStage['network'];
  before(async () => {
    stage = await startWatchStage(engine);
    network = stage.network;
  });
  afterEach(() => stage.forget());
  after(() => stage?.close());

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
      const tenant = await stage.add({ server: theirs });
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
      const tenant = await stage.add({ server: theirs });
      await tenant.wire();
      const { assistants } = await tenant.unwire();
      assert.deepEqual(
        assistants.map(({ assistantId, url, problem }) => [assistantId, url, problem]),
        [[tenant.assistantId, theirs.url, null]],
      );
      assert.equal(await tenant.serverAtVapi(), theirs.url);
      await stage.passAnHour(tenant);
      assert.deepEqual([(await tenant.wiring()).state, await tenant.notices()], ['not-wired', []]);
      assert.deepEqual((await tenant.unwire()).assistants, []);
    });

    it('says that a draft waits to be published, or that Vapi refused', async () => {
      const tenant = await stage.add({ server: theirs });
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
      const tenant = await stage.add({ server: theirs });
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
