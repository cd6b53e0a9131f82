/** 500 generated bad requests; `npm run test:long` sends 10,000. */
import { after, before, describe, it } from 'node:test';
import { type FuzzTarget, fuzz, startFuzzTarget } from '../../support/fuzz.ts';
import { testDatabases } from '../../support/postgres.ts';

for (const engine of testDatabases()) {
  describe(`generated requests, on ${engine.name}`, () => {
    let target: FuzzTarget;
    before(async () => {
      target = await startFuzzTarget(engine);
    });
    after(() => target?.close());

    it('500 of them are refused, leave no row and show no secret', () => fuzz(target, 500));
  });
}
