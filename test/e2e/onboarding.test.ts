/** An agency pastes a client's Vapi key, and a call on the client's page is in the books. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { measureSlowness } from '../support/slowness.ts';
import { slowed } from '../support/until.ts';
import { countsOneCall, talkAndHangUp } from './support/call.ts';
import { htmlFile } from './support/host-site.ts';
import { eventually, hangUp, openStage, type Stage, type Visit, waitForState } from './support/stage.ts';

let stage: Stage;
/** The client's website: one page. */
let body = '';
const site = createServer((_request, response) => {
  response.setHeader('content-type', 'text/html; charset=utf-8').end(htmlFile(body).body);
});
let origin: string;
before(async () => {
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  origin = `http://localhost:${(site.address() as AddressInfo).port}`;
  // Time passes as it does at Vapi, up to the report, which arrives five seconds after a call.
  stage = await openStage({ speed: 1, reportDelayMs: 5000 });
});
after(async () => {
  await stage?.close();
  site.close();
  site.closeAllConnections();
});

/** A client's key at the emulator, with one assistant. */
function newKey(): string {
  const privateKey = `private-${randomUUID()}`;
  stage.demo.emulator.addOrg({
    ...{ orgId: randomUUID(), privateKeys: [privateKey], publicKeys: [] },
    assistants: [{ id: randomUUID(), name: 'Reception', firstMessage: 'Corner Café, good morning!' }],
  });
  return privateKey;
}

/** Signs in and opens the form; whatever is filled in or clicked from then on is counted. */
async function openForm(link: string) {
  const portal: Visit = await stage.visit(link);
  const { page } = portal;
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'New client' }).click();
  const done = { fields: 0, clicks: 0 };
  const fill = async (label: string, text: string) => {
    await page.getByLabel(label, { exact: true }).fill(text);
    done.fields += 1;
  };
  const click = async (name: string, within: Pick<typeof page, 'getByRole'> = page) => {
    await within.getByRole('button', { name, exact: true }).click();
    done.clicks += 1;
  };
  return { portal, page, done, fill, click };
}

test('from a pasted key to a live call that is booked: three fields, three clicks and the snippet', async () => {
  const { portal, page, done, fill, click } = await openForm(stage.demo.portal.operator);
  await fill('Private key', newKey());
  await click('Continue');
  await fill('Name', 'Corner Café');
  await fill('Website', origin);
  await click('Add client');
  await page.getByRole('heading', { level: 1, name: 'Corner Café added' }).waitFor();
  await page.getByText('Reception: would report to').waitFor();
  await click('Apply changes');
  await page.getByText('Done: Vapi now reports to this server.').waitFor();
  const snippet = await page.getByLabel('Snippet').inputValue();
  assert.deepEqual(done, { fields: 3, clicks: 3 });

  // What the client does: pastes it into its page.
  body = `<h1>Corner Café</h1>${snippet}`;
  const visit = await stage.visit(origin);
  const call = await countsOneCall(stage, 'corner-cafe', () => talkAndHangUp(visit, 'corner-cafe'));
  assert.equal(call.accessMode, 'proxy');
  assert.ok(call.seconds !== null && call.seconds < 60);
  await visit.leave();

  await page.getByRole('link', { name: 'Open the client’s page' }).click();
  const steps = page.locator('setup-steps').getByRole('listitem');
  await steps.getByText(`Snippet seen on ${origin}`).waitFor();
  await steps.getByText('First call on').waitFor();
  await steps.getByText('Vapi reports calls here').waitFor();
  assert.deepEqual(await steps.getByRole('link').allInnerTexts(), ['Set a plan', 'Create a sign-in link']);
  await portal.leave();
});

test('from a pasted key to a call in the portal that is booked: three fields, seven clicks, less than a minute', async (context) => {
  const { url } = await stage.demo.operator.signInLink();
  const { portal, page, done, fill, click } = await openForm(url);
  const startedAt = performance.now();
  await fill('Private key', newKey());
  await click('Continue');
  await fill('Name', 'Harbour Inn');
  await fill('Website', 'harbour-inn.example');
  await click('Add client');
  await page.getByText('Reception: would report to').waitFor();
  await click('Apply changes');
  await page.getByText('Done: Vapi now reports to this server.').waitFor();

  const call = await countsOneCall(stage, 'harbour-inn', async () => {
    await click('Talk to it now');
    const dialog = page.getByRole('dialog', { name: 'Talk to Harbour Inn' });
    const talk = dialog.frameLocator('iframe');
    const agent = talk.locator('vapi-agent');
    await click('Start the call', agent);
    await waitForState(agent, 'live');
    await hangUp(agent);
    done.clicks += 1;
    await click('Close', dialog);
    await dialog.waitFor({ state: 'hidden' });
  });
  const tookMs = performance.now() - startedAt;
  assert.deepEqual(done, { fields: 3, clicks: 7 });
  context.diagnostic(`${Math.round(tookMs)} ms from the pasted key to the booked call of ${call.seconds} s`);
  assert.ok(tookMs < Math.max(slowed(60_000), 60_000 * measureSlowness()), `${Math.round(tookMs)} ms`);
  assert.equal(call.status, 'ended');

  // The checklist knows, and does not take the portal for the client's website.
  const steps = page.locator('setup-steps').getByRole('listitem');
  await steps.getByText('First call on').waitFor();
  await page.getByRole('link', { name: 'Open the client’s page' }).click();
  await steps.getByText('Vapi reports calls here').waitFor();
  await steps.getByText('Add the snippet').waitFor();
  await page.getByRole('navigation', { name: 'Harbour Inn' }).getByRole('link', { name: 'Calls' }).click();
  await eventually(
    () => page.getByRole('table').locator('tbody tr').count(),
    (rows) => rows === 1,
  );
  await portal.leave();
});
