/** A tenant that requires a proof of work: the element does it invisibly, and the call starts as usual. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type HostPages, hangUp, openHostPages, talk } from './support/host-page.ts';

let pages: HostPages;
before(async () => {
  pages = await openHostPages();
  await pages.addTenant('proof', { challenge: 'altcha' });
});
after(() => pages?.close());

/** The browser's own message about the request that revealed the challenge. */
const refused = /^Failed to load resource: the server responded with a status of 403/;

test('the first click solves the challenge and gets its call', async () => {
  const visit = await pages.open(`${pages.script}<vapi-agent tenant="proof"></vapi-agent>`);
  await talk(visit.agent);
  await hangUp(visit.agent);
  assert.equal(visit.asked.filter((path) => path === 'GET /v1/widget/proof/challenge').length, 1);
  assert.equal(visit.asked.filter((path) => path === 'POST /v1/calls').length, 1);
  await visit.leave([refused]);
});

test('with the settings known, no request is refused, and the second call solves its own challenge', async () => {
  const visit = await pages.open(`${pages.script}<vapi-agent tenant="proof" mode="hybrid"></vapi-agent>`);
  // Opened by the page: no intent yet, so the settings are loaded and no session is requested.
  await visit.agent.evaluate((agent: HTMLElement & { show(): void }) => agent.show());
  await visit.agent.getByRole('heading', { name: 'proof' }).waitFor();
  for (const name of ['Start the call', 'Talk again']) {
    await visit.agent.getByRole('button', { name }).click();
    await visit.agent.and(visit.page.locator('[state=live]')).waitFor();
    await hangUp(visit.agent);
  }
  assert.equal(visit.asked.filter((path) => path === 'GET /v1/widget/proof/challenge').length, 2);
  await visit.leave();
});
