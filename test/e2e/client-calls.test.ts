/** A visitor talks to an agent on a client's page, in each access mode: from the click to the row in the ledger. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { countsOneCall, talkAndHangUp } from './support/call.ts';
import { openStage, type Stage } from './support/stage.ts';
import { emptyStorage, isVapiJwt, jwtsIn, storedText } from './support/traffic.ts';

let stage: Stage;
before(async () => {
  stage = await openStage({ pastCalls: true });
});
after(() => stage?.close());

test('proxy: the call works, is counted to the micro, and the browser never holds a key of Vapi', async () => {
  const { demo } = stage;
  const visit = await stage.visit(`${demo.site}/acme`);
  const call = await countsOneCall(stage, 'acme', () => talkAndHangUp(visit, 'acme'));
  assert.equal(call.accessMode, 'proxy');
  assert.deepEqual(await visit.events(), ['ready', 'open', 'before-call', 'call-start', 'call-end']);

  const pieces = [...(await visit.traffic.received()), ...visit.traffic.sent()];
  const stored = await storedText(visit.page, visit.context);
  pieces.push({ from: 'storage', text: stored });
  const org = demo.orgs.get('acme');
  const keys = [...(org?.privateKeys ?? []), ...(org?.publicKeys ?? []).map(({ value }) => value)];
  assert.equal(keys.length, 2);
  let tokensOfOurs = 0;
  for (const { from, text } of pieces) {
    for (const key of keys) assert.ok(!text.includes(key), `a key of Vapi in ${from}`);
    for (const claims of jwtsIn(text)) {
      assert.ok(!isVapiJwt(claims), `a token of Vapi in ${from}`);
      tokensOfOurs += 1;
    }
  }
  // Proves that the search works: it saw our own tokens, the conversation and the answers' headers.
  assert.ok(tokensOfOurs >= 2, 'our own session token was found');
  const all = pieces.map(({ text }) => text).join('\n');
  assert.match(all, /What can we bake for you/);
  assert.match(all, /"access-control-allow-origin"/);
  assert.equal(stored, emptyStorage, 'a call leaves nothing in the browser');
  await visit.leave();
});

test('scoped-key: the token lives a minute at most, for this page and this assistant; the call is counted and rated', async () => {
  const { demo } = stage;
  const visit = await stage.visit(`${demo.site}/riverside-dental`);
  const call = await countsOneCall(stage, 'riverside-dental', async () => {
    await talkAndHangUp(visit, 'riverside-dental');
    const agent = visit.page.locator('vapi-agent[tenant=riverside-dental]');
    await agent.getByRole('button', { name: 'Not good' }).click();
    await agent.getByRole('button', { name: 'Send feedback' }).click();
    await agent.getByText('Thank you for your feedback.').waitFor();
  });
  assert.equal(call.accessMode, 'scoped-key');
  assert.equal(call.feedback?.rating, 'bad');

  const org = demo.orgs.get('riverside-dental');
  const received = await visit.traffic.received();
  const tokens = received.flatMap(({ text }) => jwtsIn(text)).filter(isVapiJwt);
  assert.equal(tokens.length, 1, 'one token for one call');
  const [{ iat, exp, ...claims } = {}] = tokens;
  assert.ok(exp - iat <= 60, `lives ${exp - iat} s`);
  assert.ok(Math.abs(iat - Date.parse(call.createdAt) / 1000) < 60);
  assert.deepEqual(claims, {
    orgId: org?.orgId,
    token: {
      tag: 'public',
      restrictions: {
        enabled: true,
        allowedOrigins: [demo.site],
        allowedAssistantIds: [org?.assistants[0]?.id],
        allowTransientAssistant: false,
      },
    },
  });
  for (const { from, text } of received) {
    for (const key of org?.privateKeys ?? []) assert.ok(!text.includes(key), `the private key in ${from}`);
  }
  await visit.leave();
});

test('public-key: the call works with the public key alone and is counted', async () => {
  const { demo } = stage;
  const visit = await stage.visit(`${demo.site}/fern-garden`);
  const call = await countsOneCall(stage, 'fern-garden', () => talkAndHangUp(visit, 'fern-garden'));
  assert.equal(call.accessMode, 'public-key');
  const org = demo.orgs.get('fern-garden');
  for (const { from, text } of await visit.traffic.received()) {
    for (const key of org?.privateKeys ?? []) assert.ok(!text.includes(key), `the private key in ${from}`);
  }
  await visit.leave();
});

test('a page with a strict policy loses nothing: the call works and no directive is violated', async () => {
  const { demo } = stage;
  const visit = await stage.visit(`${demo.site}/strict-csp`);
  const call = await countsOneCall(stage, 'acme', () => talkAndHangUp(visit, 'acme'));
  assert.equal(call.accessMode, 'proxy');
  await visit.leave();
});
