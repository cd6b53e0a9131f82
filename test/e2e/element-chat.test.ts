/** Writing to the assistant through the real server: streamed, one conversation with the call, counted to the micro. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import jwt from 'jsonwebtoken';
import { until } from '../support/until.ts';
import { type HostPages, hangUp, inState, openHostPages } from './support/host-page.ts';

let pages: HostPages;
before(async () => {
  pages = await openHostPages();
  await pages.addTenant('writes', { name: 'Acme Bakery', modes: ['voice', 'hybrid'] });
});
after(() => pages?.close());

test('text, a call, and text again: one transcript, and every message has its row and cost', async () => {
  const visit = await pages.open(`${pages.script}<vapi-agent tenant="writes" mode="hybrid"></vapi-agent>`);
  const { agent } = visit;
  const input = agent.getByRole('textbox', { name: 'Your message' });
  await agent.locator('[part=launcher]').click();
  await input.fill('When do you open?');
  await input.press('Enter');
  await agent.locator('.line.assistant').waitFor();
  await agent.getByText('The assistant is writing…').waitFor({ state: 'detached' });
  await agent.getByRole('button', { name: 'Start the call' }).click();
  await inState(agent, 'live');
  await agent.locator('.line.assistant').nth(1).waitFor();
  await hangUp(agent);
  await input.fill('Thank you!');
  await agent.getByRole('button', { name: 'Send', exact: true }).click();
  await agent.locator('.line', { hasText: 'Thank you!' }).waitFor();
  assert.match((await agent.locator('.line').first().textContent()) ?? '', /When do you open\?/);

  await until(async () => {
    const { total } = await pages.demo.operator.usage('writes');
    return total.calls >= 2 && total.costMicros > 0;
  }, 'two booked messages');
  const { calls } = await pages.demo.operator.calls('writes');
  assert.equal(calls.filter(({ type }) => type === 'chat').length, 2);
  await visit.leave();
});

test('no Vapi key and no preflight: the page sends text/plain to our server and nothing elsewhere', async () => {
  const visit = await pages.open(`${pages.script}<vapi-agent tenant="writes" mode="chat"></vapi-agent>`);
  const hosts = new Set<string>();
  const methods = new Set<string>();
  visit.page.on('request', (request) => {
    hosts.add(new URL(request.url()).origin);
    methods.add(request.method());
  });
  await visit.agent.locator('[part=launcher]').click();
  const input = visit.agent.getByRole('textbox', { name: 'Your message' });
  await input.fill('Hello');
  await input.press('Enter');
  await visit.agent.locator('.line.assistant').waitFor();
  assert.deepEqual([...hosts], [pages.demo.server]);
  assert.deepEqual([...methods].sort(), ['GET', 'POST']);
  assert.ok(!visit.asked.some((path) => path.includes('vapi-call')), 'the voice code is not loaded for text');
  await visit.leave();
});

test('a signed-in visitor is known by name; a forged identity starts nothing, and the console says why', async () => {
  const { key } = await pages.demo.operator.makeIdentityKey('writes');
  const identity = (secret: string) =>
    jwt.sign({ sub: 'u_17', name: 'Ada Okafor' }, secret, { audience: 'writes', expiresIn: '1h' });
  const open = (secret: string) =>
    pages.open(`${pages.script}<vapi-agent tenant="writes" identity="${identity(secret)}"></vapi-agent>`);

  const forged = await open(`${key}x`);
  await forged.agent.locator('[part=launcher]').click();
  await inState(forged.agent, 'error');
  await forged.leave([
    /\[vapi-agent\] misconfigured: The identity was refused: it is not signed/,
    /status of 403/,
  ]);

  const visit = await open(key);
  const before = new Set((await pages.demo.operator.calls('writes')).calls.map(({ id }) => id));
  await visit.agent.locator('[part=launcher]').click();
  await inState(visit.agent, 'live');
  await hangUp(visit.agent);
  const { calls } = await pages.demo.operator.calls('writes');
  const [made] = calls.filter(({ id }) => !before.has(id));
  const { identity: known } = await pages.demo.operator.call('writes', made?.id ?? '');
  assert.deepEqual(known, { sub: 'u_17', name: 'Ada Okafor', email: null });
  await visit.leave();
});
