/** A call on a site of several pages: it continues if its tenant wants that, and otherwise ends with the page. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { countsOneCall } from './support/call.ts';
import {
  canBeLeft,
  eventually,
  hangUp,
  openStage,
  type Stage,
  type Visit,
  waitForState,
} from './support/stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
  const limits = { callsPerMinutePerIp: 1000, callsPerHourPerIp: 1000, callsPerMinute: 1000 };
  await change({ limits });
});
after(() => stage?.close());

async function change(settings: object): Promise<void> {
  const { demo } = stage;
  const answer = await fetch(`${demo.server}/v1/tenants/acme`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${demo.operatorKey}`, 'content-type': 'application/json' },
    body: JSON.stringify(settings),
  });
  assert.equal(answer.status, 200, await answer.text());
}

/** A visit to the client's site, as if each of its pages had the attribute that the snippet writes. */
async function visitSite(): Promise<Visit> {
  const visit = await stage.visit('about:blank');
  await visit.page.addInitScript(() => {
    new MutationObserver(() => {
      // Before the element's code, which waits for the whole document.
      if (!customElements.get('vapi-agent')) document.querySelector('vapi-agent')?.setAttribute('rejoin', '');
    }).observe(document, { childList: true, subtree: true });
  });
  await visit.page.goto(`${stage.demo.site}/acme`);
  assert.equal(await visit.page.locator('vapi-agent').getAttribute('rejoin'), '');
  return visit;
}

const lines = (visit: Visit) => visit.page.locator('vapi-agent [part~=line]');
const stored = (visit: Visit) => visit.page.evaluate(() => sessionStorage.length);

/** Waits until the agent is heard and something new is in the transcript. */
async function hearMore(visit: Visit): Promise<void> {
  const before = await lines(visit).count();
  await visit.page.waitForFunction(() => window.seen.volume > 0);
  await eventually(
    () => lines(visit).count(),
    (count) => count > before,
  );
}

test('talking, another page, talking on, hanging up: one call, with its whole length, counted once', async () => {
  await change({ rejoinCalls: true });
  const visit = await visitSite();
  const { page } = visit;
  const agent = page.locator('vapi-agent');
  const call = await countsOneCall(stage, 'acme', async () => {
    await agent.locator('[part=launcher]').click();
    await waitForState(agent, 'live');
    await hearMore(visit);
    // The certain part of the first line; more of it may follow.
    const said = await lines(visit).first().locator('span:not(.partial)').first().textContent();
    assert.ok(said);
    assert.equal(await stored(visit), 0, 'while a page has the call nothing is stored');
    await canBeLeft(page);
    // This browser gives the microphone to one page at a time, so it takes a tap.
    await page.goto(`${stage.demo.site}/acme?page=2`);
    await agent.getByText('Your call is still on').waitFor();
    await agent.getByRole('button', { name: 'Back to the call' }).last().click();
    await waitForState(agent, 'live');
    assert.equal(await stored(visit), 0);
    assert.ok(
      (await lines(visit).first().textContent())?.includes(said),
      'what was said before is still there',
    );
    await hearMore(visit);
    await canBeLeft(page);
    await visit.context.grantPermissions(['microphone']);
    await page.goto(`${stage.demo.site}/acme?page=3`);
    await waitForState(agent, 'live');
    await hearMore(visit);
    await hangUp(agent);
  });
  assert.equal(call.endedReason, 'customer-ended-call');
  await visit.leave();
});

test('without consent the next page joins nothing, and the call ends', async () => {
  await change({ rejoinCalls: true, consent: { version: '1', text: 'Calls are recorded.' } });
  const visit = await visitSite();
  const { page } = visit;
  const agent = page.locator('vapi-agent');
  await countsOneCall(stage, 'acme', async () => {
    await agent.locator('[part=launcher]').click();
    await agent.getByRole('button', { name: 'Agree and continue' }).click();
    await waitForState(agent, 'live');
    await page.evaluate(() => localStorage.clear());
    await canBeLeft(page);
    const ended = page.waitForRequest((request) => request.url().endsWith('/end'));
    await page.goto(`${stage.demo.site}/acme?page=2`);
    await ended;
  });
  assert.equal(await stored(visit), 0);
  await waitForState(agent, 'idle');
  assert.ok(!visit.traffic.sent().some(({ from }) => from.endsWith('/rejoin')));
  await change({ consent: null });
  await visit.leave();
});

test('if the tenant does not want it, a change of page ends the call', async () => {
  await change({ rejoinCalls: false });
  const visit = await visitSite();
  const agent = visit.page.locator('vapi-agent');
  const call = await countsOneCall(stage, 'acme', async () => {
    await agent.locator('[part=launcher]').click();
    await waitForState(agent, 'live');
    await visit.page.goto(`${stage.demo.site}/acme?page=2`);
  });
  assert.equal(call.endedReason, 'customer-ended-call');
  assert.equal(await stored(visit), 0);
  await waitForState(agent, 'idle');
  await visit.leave();
});

test('of twenty calls that the visitor hangs up, each is booked as ended by the visitor', async () => {
  const visit = await stage.visit(`${stage.demo.site}/acme`);
  const agent = visit.page.locator('vapi-agent');
  const known = stage.demo.emulator.books().length;
  for (let round = 0; round < 20; round += 1) {
    await agent.evaluate((element) => (element as HTMLElement & { start(): Promise<void> }).start());
    await waitForState(agent, 'live');
    await hangUp(agent);
  }
  const reasons = await eventually(
    async () =>
      stage.demo.emulator
        .books()
        .slice(known)
        .map(({ endedReason }) => endedReason),
    ({ length }) => length === 20,
  );
  assert.deepEqual([...new Set(reasons)], ['customer-ended-call']);
  await visit.leave();
});
