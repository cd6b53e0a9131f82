import { describe, it } from 'node:test';
import { checkRandomMonths } from '../scenarios/metering-runs.ts';
import { testDatabases } from '../support/postgres.ts';

for (const engine of testDatabases()) {
  describe(`metering on ${engine.name}`, () => {
    it('ends with Vapi’s books to the micro, whatever webhooks do, in 1,000 random months', async () => {
      await checkRandomMonths(engine, engine.name === 'SQLite' ? 1000 : 200);
    });
  });
}
