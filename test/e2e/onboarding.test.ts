/** An agency pastes a client's Vapi key, and a call on the client's page is in the books. */
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { countsOneCall, talkAndHangUp } from './support/call.ts';
import { htmlFile } from './support/host-site.ts';
import { openStage, type Stage } from './support/stage.ts';

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
  stage = await openStage();
});
after(async () => {
  await stage?.close();
  site.close();
  site.closeAllConnections();
});

test('from a pasted key to a live call that is booked: three fields, three clicks and the snippet', async () => {
  const { demo } = stage;
  const privateKey = `private-${randomUUID()}`;
  const reception = randomUUID();
  demo.emulator.addOrg({
    ...{ orgId: randomUUID(), privateKeys: [privateKey], publicKeys: [] },
    assistants: [{ id: reception, name: 'Reception', firstMessage: 'Corner Café, good morning!' }],
  });
  const portal = await stage.visit(demo.portal.operator);
  const { page } = portal;
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'New client' }).click();

  const done = { fields: 0, clicks: 0 };
  const fill = async (label: string, text: string) => {
    await page.getByLabel(label, { exact: true }).fill(text);
    done.fields += 1;
  };
  const click = async (name: string) => {
    await page.getByRole('button', { name }).click();
    done.clicks += 1;
  };
  await fill('Private key', privateKey);
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
