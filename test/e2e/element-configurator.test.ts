/** The configurator shows what is chosen, and its snippet makes the same on another page. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { openStage, type Stage, waitForState } from './support/stage.ts';

let stage: Stage;
before(async () => {
  stage = await openStage();
});
after(() => stage.close());

test('what is chosen is seen at once and written into the snippet', async () => {
  const visit = await stage.visit(`${stage.demo.site}/configurator`);
  const { page } = visit;
  const snippet = page.locator('#snippet');
  const script = `<script type="module" src="${stage.demo.server}/widget.js"></script>`;
  assert.equal(await snippet.textContent(), `${script}\n<vapi-agent tenant="acme"></vapi-agent>`);

  await page.getByLabel('Tenant').selectOption('riverside-dental');
  await page.getByLabel('Mode').selectOption('hybrid');
  await page.getByLabel('Place').selectOption('inline');
  await page.getByLabel('Language').selectOption('de');
  await page.getByLabel('Text of the button').fill('Rufen Sie "uns" an');
  await page.getByLabel('A colour of its own').check();
  assert.equal(
    await snippet.textContent(),
    [
      '<style>vapi-agent { --vapi-agent-accent: #7c3aed }</style>',
      script,
      '<vapi-agent tenant="riverside-dental" mode="hybrid" placement="inline" lang="de" label="Rufen Sie &quot;uns&quot; an"></vapi-agent>',
    ].join('\n'),
  );
  const agent = page.locator('vapi-agent');
  const launcher = agent.getByRole('button', { name: 'Rufen Sie "uns" an' });
  assert.equal(
    await launcher.evaluate((each) => getComputedStyle(each).backgroundColor),
    'rgb(124, 58, 237)',
  );
  await launcher.click();
  await agent.getByRole('textbox', { name: 'Ihre Nachricht' }).fill('Wann haben Sie offen?');
  await agent.getByRole('button', { name: 'Senden' }).click();
  await agent.locator('.line.assistant').waitFor();
  await agent.getByRole('button', { name: 'Anruf starten' }).click();
  await waitForState(agent, 'live');
  await agent.getByRole('button', { name: 'Auflegen' }).click();
  await waitForState(agent, 'ended');
  await visit.leave();
});
