/** The host-page cases in Firefox and in WebKit. What is not installed is skipped, and in CI it is a failure. */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hostPageCases } from '../e2e/support/host-page-cases.ts';
import { type HostVisits, openHostVisits } from '../e2e/support/host-visit.ts';
import { openEngine } from '../support/engines/engine.ts';
import { otherEngines } from '../support/engines/packages.ts';

for (const { engine, missing } of otherEngines()) {
  const isCi = Boolean(process.env.CI);
  if (missing && isCi) it(`${engine} is there in CI`, () => assert.fail(missing));
  describe(`host pages in ${engine}`, { skip: missing ?? false }, () => {
    let visits: HostVisits;
    before(async () => {
      visits = await openHostVisits(await openEngine(engine));
    });
    after(() => visits.close());

    for (const { name, run } of hostPageCases) it(name, () => run(visits));
  });
}
