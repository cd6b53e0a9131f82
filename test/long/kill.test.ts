import { describe, it } from 'node:test';
import { checkKills, startKillable } from '../scenarios/kill-runs.ts';
import { testDatabases } from '../support/postgres.ts';

for (const engine of testDatabases()) {
  describe(`a server that is killed, on ${engine.name}`, () => {
    it('200 times under load has every acknowledged report, and none twice', async () => {
      const server = await startKillable(engine);
      try {
        await checkKills(server, 200);
      } finally {
        await server.stop();
      }
    });
  });
}
