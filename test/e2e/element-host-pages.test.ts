/** The host-page cases in Chromium; the long campaigns have the other engines. */
import { after, before, test } from 'node:test';
import { openEngine } from '../support/engines/engine.ts';
import { hostPageCases } from './support/host-page-cases.ts';
import { type HostVisits, openHostVisits } from './support/host-visit.ts';

let visits: HostVisits;
before(async () => {
  visits = await openHostVisits(await openEngine('Chromium'));
});
after(() => visits.close());

for (const { name, run } of hostPageCases) test(name, () => run(visits));
