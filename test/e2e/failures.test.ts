/** Whatever fails, the visitor reads what it is and what to do, and is not billed for what did not take place. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { farMs } from '../support/time-limit.ts';
import {
  eventually,
  hangUp,
  hold,
  intend,
  openStage,
  refusedRequest,
  type Stage,
  waitForState,
} from './support/stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage?.close());

interface Case {
  title: string;
  tenant: string;
  /** What the visitor reads. */
  words: string[];
  /** Whether the browser itself logs a refused request. */
  isRefused?: true;
  /** The main button; default: try again. It is not offered if trying again cannot help. */
  wayOn?: 'Close';
}

const refusals: Case[] = [
  {
    title: 'all lines busy',
    tenant: 'try-busy-line',
    words: ['All lines are busy', 'Please try again in a minute.'],
    isRefused: true,
  },
  {
    title: 'the budget is used up',
    tenant: 'try-no-budget',
    words: ['No calls for now', 'We cannot take more calls at the moment. Please come back later.'],
    isRefused: true,
    wayOn: 'Close',
  },
  {
    title: 'outside the hours',
    tenant: 'try-closed',
    words: ['We are closed right now', 'Please come back during our opening hours.'],
    isRefused: true,
    wayOn: 'Close',
  },
  {
    title: 'paused by the operator',
    tenant: 'try-paused',
    words: ['We are taking a break', 'Calls are switched off at the moment. Please come back later.'],
    isRefused: true,
    wayOn: 'Close',
  },
  {
    title: 'Vapi answers 429',
    tenant: 'try-rate-limited',
    words: [
      'The call could not be connected',
      'Our voice service does not answer. Please try again in a moment.',
    ],
    isRefused: true,
  },
  {
    title: 'Vapi answers 500',
    tenant: 'try-server-error',
    words: [
      'The call could not be connected',
      'Our voice service does not answer. Please try again in a moment.',
    ],
    isRefused: true,
  },
  {
    title: 'the room gets no microphone',
    tenant: 'try-microphone',
    words: [
      'We cannot hear you',
      'Click the icon left of the address, switch the microphone on, then try again.',
    ],
  },
];

for (const { title, tenant, words, isRefused, wayOn = 'Try again' } of refusals) {
  test(`${title}: “${words[0]}”, and the way on`, async () => {
    const visit = await stage.visit(`${stage.demo.site}/trouble`);
    const agent = visit.page.locator(`vapi-agent[tenant=${tenant}]`);
    await agent.locator('[part=launcher]').click();
    await waitForState(agent, 'error');
    for (const text of words) await agent.getByText(text).waitFor();
    await agent.locator('[data-main]').getByText(wayOn).waitFor();
    assert.deepEqual(visit.ours(), [], 'a visitor’s trouble is no news for the developer');
    const { total } = await stage.demo.operator.usage(tenant);
    assert.equal(total.costMicros, 0);
    await visit.leave(isRefused ? [refusedRequest] : []);
  });
}

test('a refused microphone is reported before anything is reserved or created', async () => {
  const { demo } = stage;
  const visit = await stage.visit(`${demo.site}/acme`, { microphone: 'denied' });
  const agent = visit.page.locator('vapi-agent');
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'error');
  await agent.getByText('We cannot hear you').waitFor();
  assert.ok(!visit.traffic.sent().some(({ from }) => from.endsWith('/v1/calls')), 'no call was asked for');
  await agent.getByRole('button', { name: 'Try again' }).waitFor();
  assert.deepEqual(visit.ours(), []);
  await visit.leave();
});

test('too many calls: the second within a minute has to wait', async () => {
  const visit = await stage.visit(`${stage.demo.site}/trouble`);
  const agent = visit.page.locator('vapi-agent[tenant=try-too-fast]');
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'live');
  await hangUp(agent);
  await agent.getByRole('button', { name: 'Talk again' }).click();
  await waitForState(agent, 'error');
  await agent.getByText('A little too fast').waitFor();
  await visit.leave([refusedRequest]);
});

test('the assistant hangs up: an ordinary end without an error, and the call is counted', async () => {
  const { demo } = stage;
  const visit = await stage.visit(`${demo.site}/trouble`);
  const agent = visit.page.locator('vapi-agent[tenant=try-hang-up]');
  // It is live only while the assistant speaks: the events prove that it was.
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'ended');
  assert.ok((await visit.events()).includes('call-start'));
  await agent.getByText('Call ended').waitFor();
  await agent.getByText('Thank you for talking with us.').waitFor();
  assert.ok(!(await visit.events()).includes('error'));
  await eventually(
    () => demo.operator.usage('try-hang-up'),
    ({ total }) => total.calls === 1 && total.costMicros > 0,
  );
  await visit.leave();
});

test('the service drops the call: the visitor can call again, and its cost until then is counted', async () => {
  const { demo } = stage;
  const visit = await stage.visit(`${demo.site}/trouble`);
  const agent = visit.page.locator('vapi-agent[tenant=try-cut-off]');
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'error');
  await agent.getByText('The call was interrupted').waitFor();
  assert.ok((await visit.events()).includes('call-start'));
  await eventually(
    () => demo.operator.usage('try-cut-off'),
    ({ total }) => total.calls === 1 && total.costMicros > 0,
  );
  await visit.leave();
});

test('a slow service: the panel stays calm until the call exists', async () => {
  stage.demo.emulator.setSwitch('slowMs', 0);
  const visit = await stage.visit(`${stage.demo.site}/trouble`);
  const { asked, release } = await hold(visit.page, '**/v1/calls');
  const agent = visit.page.locator('vapi-agent[tenant=try-slow]');
  await agent.locator('[part=launcher]').click();
  await asked;
  await agent.getByText('Connecting…').waitFor();
  assert.equal(await agent.getAttribute('state'), 'preparing');
  release();
  await waitForState(agent, 'live');
  await hangUp(agent);
  await visit.leave();
});

test('a report that arrives twice is one call, a report without a cost is “unknown” and not zero', async () => {
  const { demo } = stage;
  const { emulator, operator } = demo;
  const assistantOf = (name: string) => {
    const org = demo.orgs.get('try-slow');
    return org?.assistants.find((assistant) => assistant.name === name)?.id ?? '';
  };
  const twice = emulator.makeCall({ assistantId: assistantOf('The report arrives twice'), seconds: 60 });
  await emulator.waitForCall(twice.id, 'settled', farMs);
  const { total } = await operator.usage('try-report-twice');
  const cost = emulator.books().find(({ callId }) => callId === twice.id)?.cost ?? 0;
  assert.deepEqual([total.calls, total.seconds], [1, 60]);
  assert.equal(total.costMicros, Math.round(cost * 1e6));

  const late = emulator.makeCall({ assistantId: assistantOf('The cost is not reported'), seconds: 60 });
  await eventually(
    async () => emulator.deliveries().filter(({ callId }) => callId === late.id),
    (deliveries) => deliveries.some(({ type, answer }) => type === 'end-of-call-report' && answer === 200),
  );
  const unknown = await operator.call('try-cost-unknown', late.id);
  assert.equal(unknown.costMicros, null);
  assert.equal((await operator.usage('try-cost-unknown')).total.callsWithoutCost, 1);
});

test('the server is down: “No connection”, and it works again once the server is up', async (context) => {
  const other = await openStage();
  context.after(() => other.close());
  const visit = await other.visit(`${other.demo.site}/acme`);
  const agent = visit.page.locator('vapi-agent');
  await intend(agent);
  await visit.context.setOffline(true);
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'error');
  await agent.getByText('No connection').waitFor();
  await visit.context.setOffline(false);
  await agent.getByRole('button', { name: 'Try again' }).click();
  await waitForState(agent, 'live');
  await hangUp(agent);
  await visit.leave([/^Failed to load resource: net::ERR_/]);
});
