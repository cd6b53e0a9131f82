/** What was answered with 200 is in the ledger, once, whatever happens to the process. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { after, before, describe, it } from 'node:test';
import { testDatabases } from '../support/postgres.ts';
import { checkKills, type KillableServer, startKillable } from './kill-runs.ts';

for (const engine of testDatabases()) {
  describe(`a server that is killed, on ${engine.name}`, () => {
    let server: KillableServer;
    before(async () => {
      server = await startKillable(engine);
    });
    after(() => server?.stop());

    it('right after a 200 has lost nothing, and five deliveries of a report count once', async () => {
      const id = randomUUID();
      assert.ok(await server.deliver(id));
      await server.killAndRestart();
      const oneCall = { calls: 1, seconds: 55, costMicros: 79_700, callsWithoutCost: 0 };
      assert.deepEqual(await server.usage(), oneCall);
      for (let delivery = 2; delivery <= 5; delivery += 1) assert.ok(await server.deliver(id));
      assert.deepEqual(await server.usage(), oneCall);
      // In micros: 10098 + 206 + 23400 + 45835 + 81 = 79620, and the total of 79700 leaves 80 for "other".
      assert.deepEqual((await server.call(id)).cost, {
        transport: 0,
        stt: 10_098,
        llm: 206,
        tts: 23_400,
        vapi: 45_835,
        analysis: 81,
        knowledgeBase: 0,
        other: 80,
      });
    });

    it('five times under load has every acknowledged report, and none twice', async () => {
      await checkKills(server, 5);
    });
  });
}
