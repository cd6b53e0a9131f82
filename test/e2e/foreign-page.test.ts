/** A page that has copied a client's snippet gets nothing, costs nothing, and is not changed. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import {
  eventually,
  hangUp,
  openStage,
  refusedRequest,
  type Stage,
  standStill,
  waitForState,
} from './support/stage.ts';
import { emptyStorage, jwtsIn, storedText } from './support/traffic.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage?.close());

test('a foreign page gets no session, no call and no row; its owner reads why, its visitor calm words', async () => {
  const { demo } = stage;
  const visit = await stage.visit(demo.foreignSite);
  const { page } = visit;
  await standStill(page);
  const main = page.getByRole('main');
  const placeBefore = await main.boundingBox();
  const usageBefore = await demo.operator.usage('acme');
  const callsBefore = demo.emulator.calls().length;

  const agent = page.locator('vapi-agent');
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'error');
  await agent.getByText('Not available on this page').waitFor();
  await agent.getByText('We cannot take calls here. Please contact us in another way.').waitFor();
  assert.equal(await agent.getByRole('button', { name: 'Try again' }).count(), 0, 'trying again cannot help');

  const [message, ...others] = await eventually(
    async () => visit.ours(),
    ({ length }) => length > 0,
  );
  assert.deepEqual(others, [], 'said once');
  assert.ok(message?.includes(`refuses calls from ${demo.foreignSite}`), message);
  assert.match(message ?? '', /Add exactly this origin to the allowed origins of tenant "acme"/);
  assert.deepEqual(await main.boundingBox(), placeBefore, 'the page has not moved');
  assert.equal(await page.evaluate(() => window.seen.layoutShift), 0);

  const received = await visit.traffic.received();
  assert.deepEqual(
    received.flatMap(({ text }) => jwtsIn(text)),
    [],
    'no token of any kind',
  );
  const asked = visit.traffic.sent().filter(({ from }) => from.includes('/v1/sessions'));
  assert.ok(asked.length > 0, 'it did ask');
  assert.ok(!visit.traffic.sent().some(({ from }) => from.includes('/v1/calls')), 'and got no further');
  assert.equal(await storedText(page, visit.context), emptyStorage);
  assert.deepEqual(await demo.operator.usage('acme'), usageBefore);
  assert.deepEqual((await demo.operator.calls('acme')).calls, []);
  assert.equal(demo.emulator.calls().length, callsBefore);
  await visit.leave([refusedRequest, /^\[vapi-agent\] the server refuses calls from/]);
});

test('the same snippet on an allowed page under its other name works: the list decides, not the page', async () => {
  const { demo } = stage;
  const visit = await stage.visit(`${demo.site.replace('localhost', '127.0.0.1')}/acme`);
  const agent = visit.page.locator('vapi-agent');
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'live');
  await hangUp(agent);
  await visit.leave();
});
