/** The host-page cases in Chromium; the long campaigns have the other engines. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openEngine } from '../support/engines/engine.ts';
import { hostPageCases } from './support/host-page-cases.ts';
import { type HostVisits, openHostVisits } from './support/host-visit.ts';

let visits: HostVisits;
before(async () => {
  const engine = await openEngine('Chromium');
  visits = await openHostVisits(engine).catch(async (error: unknown) => {
    // If it kept running, the test process would not end with the error.
    await engine.close();
    throw error;
  });
});
after(() => visits?.close());

const lab = '<vapi-agent tenant="lab"></vapi-agent>';

test('Trusted Types: Daily cannot load, so no call is requested, and the developer reads what to add', async () => {
  const headers = { 'content-security-policy': "require-trusted-types-for 'script'" };
  const callsBefore = visits.site.demo.emulator.calls().length;
  const visit = await visits.open(visits.site.script + lab, { headers });
  await visit.agent().click({ part: 'launcher' });
  await visit.agent().inState('error');
  await visit.agent().says('Not available right now');
  assert.equal(visits.site.demo.emulator.calls().length, callsBefore);
  await visit.leave([
    /^\[vapi-agent\] the page's require-trusted-types-for/,
    /TrustedScriptURL/,
    /require-trusted-types-for/,
  ]);

  const policy = `<script>trustedTypes.createPolicy('default', { createScriptURL: (url) => url })</script>`;
  const allowed = await visits.open(visits.site.script + lab, { headers, head: policy });
  await allowed.agent().talk();
  await allowed.agent().hangUp();
  await allowed.leave();
});

for (const { name, run } of hostPageCases) test(name, () => run(visits));
