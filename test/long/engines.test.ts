/**
 * Whole pages in Firefox and in WebKit: the host-page cases, and what these engines do differently. A missing engine is
 * skipped, except in CI, where it is a failure.
 */
import assert from 'node:assert/strict';
import { after, before, describe, it } from 'node:test';
import { hostPageCases } from '../e2e/support/host-page-cases.ts';
import { type HostSite, openHostSite } from '../e2e/support/host-site.ts';
import { type HostVisits, openHostVisits } from '../e2e/support/host-visit.ts';
import { openEngine } from '../support/engines/engine.ts';
import { otherEngines } from '../support/engines/packages.ts';
import type { EngineName, Microphone } from '../support/engines/page.ts';

const lab = '<vapi-agent tenant="lab"></vapi-agent>';

const engines = otherEngines();
let site: HostSite;
before(async () => {
  if (engines.some(({ missing }) => !missing)) site = await openHostSite();
});
after(() => site?.close());

for (const { engine, missing } of engines) {
  if (missing && process.env.CI) it(`${engine} is there in CI`, () => assert.fail(missing));
  describe(`host pages in ${engine}`, { skip: missing ?? false }, () => {
    let visits: HostVisits;
    before(async () => {
      visits = await openHostVisits(await openEngine(engine), site);
    });
    after(() => visits?.close());

    for (const { name, run } of hostPageCases) it(name, () => run(visits));

    if (engine === 'WebKit') {
      it('built without WebRTC: the visitor reads so, and no call is requested', async () => {
        const visit = await visits.open(site.script + lab, { isWebRtcNeeded: false });
        const callsBefore = site.demo.emulator.calls().length;
        await visit.agent().click({ part: 'launcher' });
        await visit.agent().says('This browser cannot make calls');
        assert.equal(site.demo.emulator.calls().length, callsBefore);
        await visit.leave();
      });
    }
  });

  const others: [EngineName, Microphone, string[]][] = [
    ['Firefox', 'none', ['No microphone found']],
    ['Firefox', 'refused', ['We cannot hear you', 'Click the crossed-out microphone left of the address']],
    // WebKit's driver cannot refuse on the visitor's behalf.
    ['WebKit', 'none', ['No microphone found']],
  ];
  for (const [, microphone, texts] of others.filter(([name]) => name === engine)) {
    it(`${engine}, microphone ${microphone}: the visitor reads why and what to do, and no call is requested`, {
      skip: missing ?? false,
    }, async () => {
      const visits = await openHostVisits(await openEngine(engine, microphone), site);
      const callsBefore = site.demo.emulator.calls().length;
      try {
        const visit = await visits.open(site.script + lab);
        await visit.agent().click({ part: 'launcher' });
        for (const text of texts) await visit.agent().says(text);
        assert.equal(site.demo.emulator.calls().length, callsBefore);
        await visit.leave();
      } finally {
        await visits.close();
      }
    });
  }
}
