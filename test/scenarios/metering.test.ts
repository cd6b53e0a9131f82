import { describe, it } from 'node:test';
import { testDatabases } from '../support/postgres.ts';
import { checkRandomMonths } from './metering-runs.ts';

for (const engine of testDatabases()) {
  describe(`metering on ${engine.name}`, () => {
    it('ends with Vapi’s books to the micro, whatever webhooks do, in 50 random months', async () => {
      await checkRandomMonths(engine, engine.name === 'SQLite' ? 50 : 15);
    });
  });
}
