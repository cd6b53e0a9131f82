/** The configurator shows the choices on one live element, and its output gives the same result on another page. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage, type Stage, waitForState } from './support/stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage?.close());

const open = () => stage.visit(`${stage.demo.site}/configurator`, { viewport: { width: 1280, height: 900 } });

test('what is chosen is seen at once and written into the snippet', async () => {
  const visit = await open();
  const { page } = visit;
  const snippet = page.locator('#snippet');
  const script = `<script type="module" src="${stage.demo.server}/widget.js"></script>`;
  await page.locator('vapi-agent').waitFor();
  assert.equal(
    await snippet.textContent(),
    `<style>vapi-agent { --vapi-agent-accent: #9a3412 }</style>\n${script}\n<vapi-agent tenant="acme"></vapi-agent>`,
  );

  await page.getByRole('combobox', { name: 'Tenant' }).selectOption('riverside-dental');
  await page.getByRole('radio', { name: 'Voice and text' }).check({ force: true });
  await page.getByRole('radio', { name: 'In the text' }).check({ force: true });
  await page.getByLabel('Language').selectOption('de');
  await page.getByLabel('Text of the launcher').fill('Rufen Sie "uns" an');
  await page.getByLabel('The colour').fill('#1d4ed8');
  await page.getByRole('slider', { name: 'Corners' }).fill('8');
  await page.getByRole('checkbox', { name: /^Load early/ }).check();
  assert.equal(await page.getByText('8 px').count(), 1);
  assert.equal(
    await snippet.textContent(),
    [
      '<style>vapi-agent { --vapi-agent-accent: #1d4ed8; --vapi-agent-radius: 8px }</style>',
      script,
      '<vapi-agent tenant="riverside-dental" mode="hybrid" placement="inline" lang="de" label="Rufen Sie &quot;uns&quot; an" eager></vapi-agent>',
    ].join('\n'),
  );
  const agent = page.locator('vapi-agent');
  const launcher = agent.getByRole('button', { name: 'Rufen Sie "uns" an' });
  assert.equal(await launcher.evaluate((each) => getComputedStyle(each).backgroundColor), 'rgb(29, 78, 216)');
  await launcher.click();
  await agent.getByRole('textbox', { name: 'Ihre Nachricht' }).fill('Wann haben Sie offen?');
  await agent.getByRole('button', { name: 'Senden' }).click();
  await agent.locator('.line.assistant').waitFor();
  await visit.leave();
});

test('in the middle of a call everything changes in place: panel and call stay, the new words are there', async () => {
  const visit = await open();
  const { page } = visit;
  const agent = page.locator('vapi-agent');
  await agent.locator('[part=launcher]').click();
  await waitForState(agent, 'live');
  await page.getByLabel('Disclosure').fill('A machine speaks.');
  await agent.getByText('A machine speaks.').waitFor();
  await page.getByRole('radio', { name: 'Dark' }).check({ force: true });
  await page.getByRole('radio', { name: 'Top left' }).check({ force: true });
  await page.getByLabel('Language').selectOption('fr');
  await agent.getByRole('button', { name: 'Raccrocher' }).waitFor();
  await page.getByRole('checkbox', { name: /^Continue calls from page to page/ }).check();
  await waitForState(agent, 'live');
  assert.deepEqual(JSON.parse((await page.locator('#settings').textContent()) ?? ''), {
    texts: { disclosure: 'A machine speaks.' },
    rejoinCalls: true,
  });
  await agent.getByRole('button', { name: 'Raccrocher' }).click();
  await waitForState(agent, 'ended');
  await visit.leave();
});

test('what is written for the server is what its API accepts', async () => {
  const visit = await open();
  const { page } = visit;
  await page.getByLabel('Greeting', { exact: true }).fill('Good day!');
  await page.getByRole('checkbox', { name: /^Continue calls from page to page/ }).check();
  const body = await page.locator('#settings').textContent();
  const { server, operatorKey } = stage.demo;
  const answer = await fetch(`${server}/v1/tenants/acme`, {
    method: 'PATCH',
    headers: { authorization: `Bearer ${operatorKey}`, 'content-type': 'application/json' },
    body,
  });
  assert.equal(answer.status, 200, await answer.clone().text());
  const { texts, rejoinCalls } = (await answer.json()) as { texts: object; rejoinCalls: boolean };
  assert.deepEqual({ texts, rejoinCalls }, { texts: { greeting: 'Good day!' }, rejoinCalls: true });
  await visit.leave();
});

test('both texts can be copied, and the page says so', async () => {
  const visit = await open();
  const { page, context } = visit;
  await context.grantPermissions(['clipboard-read', 'clipboard-write']);
  for (const [name, source] of [
    ['Copy the snippet', '#snippet'],
    ['Copy the settings', '#settings'],
  ] as const) {
    await page.getByRole('button', { name }).click();
    await page.getByRole('status').getByText('Copied').waitFor();
    const copied = await page.evaluate(() => navigator.clipboard.readText());
    assert.equal(copied, await page.locator(source).textContent());
    await page.getByRole('radio', { name: 'Large' }).check({ force: true });
    await page.getByRole('radio', { name: 'Medium' }).check({ force: true });
  }
  await visit.leave();
});
