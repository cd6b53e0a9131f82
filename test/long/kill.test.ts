import { describe, it } from 'node:test';
import { checkKills, startKillable } from '../scenarios/kill-runs.ts';
import { testDatabases } from '../support/postgres.ts';

for (const engine of testDatabases()) {
  describe(`a server that is killed, on ${engine.name}`, () => {
    it('100 times under load has every acknowledged report, and none twice', async () => {
      const server = await startKillable(engine);
      try {
        await checkKills(server, 100);
      } finally {
        await server.stop();
      }
    });
  });
}
