import { describe, it } from 'node:test';
import { checkKills, startKillable } from '../scenarios/kill-runs.ts';
import { testDatabases } from '../support/postgres.ts';

// In parallel: a restarting server keeps one core busy.
describe('a server that is killed 200 times under load', { concurrency: true }, () => {
  for (const engine of testDatabases()) {
    it(`has every acknowledged report, and none twice, on ${engine.name}`, async () => {
      const server = await startKillable(engine);
      try {
        await checkKills(server, 200);
      } finally {
        await server.stop();
      }
    });
  }
});
