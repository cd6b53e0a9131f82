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

test('a message instead of a call solves its own challenge, and arrives', async () => {
  await pages.addTenant('away', {
    challenge: 'altcha',
    limits: { monthlyBudgetMicros: 0 },
    leads: { consent: { version: '1', text: 'You may call me.' } },
  });
  const visit = await pages.open(`${pages.script}<vapi-agent tenant="away"></vapi-agent>`);
  await visit.agent.getByRole('button', { name: 'Talk to us' }).click();
  await visit.agent.getByLabel('Your name').fill('Ada');
  await visit.agent.getByLabel('Phone number').fill('+49 30 1234567');
  await visit.agent.getByLabel('You may call me.').check();
  await visit.agent.getByRole('button', { name: 'Send message' }).click();
  await visit.agent.getByText('Your message has arrived.').waitFor();
  assert.equal(visit.asked.filter((path) => path === 'POST /v1/leads').length, 1);
  assert.equal(visit.asked.filter((path) => path === 'GET /v1/widget/away/challenge').length, 2);
  await visit.leave([refused, /status of 402/, /budget/]);
});
