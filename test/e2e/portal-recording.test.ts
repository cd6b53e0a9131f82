/** A client hears its call: a real browser at the portal, real sound from the emulated Vapi's private bucket. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { startTestNetwork, type TestNetwork } from '../support/test-network.ts';
import { farMs } from '../support/time-limit.ts';
import { until } from '../support/until.ts';
import { checkLooks, openPortal, type PortalVisit } from './support/portal.ts';

let network: TestNetwork;
let browser: Browser;
before(async () => {
  network = await startTestNetwork({ server: { config: { publicUrl: 'http://localhost' } } });
  network.server.ctx.config.publicUrl = network.server.url;
  browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs, timeout: farMs });
});
after(async () => {
  await browser?.close();
  await network?.close();
});

async function made(wish: object = {}): Promise<string> {
  const { emulator, acme } = network;
  const { id } = emulator.makeCall({ assistantId: acme.assistantId, seconds: 30, cost: 0.1, ...wish });
  await emulator.waitForCall(id, 'settled');
  return id;
}

/** At the call's page, with what was said in it asked for. */
async function openCall(id: string, tenant: string | null = 'acme'): Promise<PortalVisit> {
  const visit = await openPortal(browser, network.server, tenant);
  await visit.page.evaluate(
    (hash) => {
      location.hash = hash;
    },
    tenant === null ? `#/tenants/acme/calls/${id}` : `#/calls/${id}`,
  );
  await visit.page.getByRole('button', { name: 'Load recording and transcript' }).click();
  return visit;
}

const player = (page: Page) => page.getByLabel('Recording of the call');

/** The loudest of the samples that the browser makes of the file, from 0 to 1. */
const loudest = (page: Page) =>
  player(page).evaluate(async (audio: HTMLAudioElement) => {
    const file = await (await fetch(audio.src)).arrayBuffer();
    const sound = await new OfflineAudioContext(1, 1, 8000).decodeAudioData(file);
    return sound.getChannelData(0).reduce((most, sample) => Math.max(most, Math.abs(sample)), 0);
  });

test('a client plays the recording of its call, from any place of it, and hears more than silence', async () => {
  const { emulator } = network;
  // Too long to be fetched whole before someone looks for a place in it.
  const id = await made({ seconds: 590 });
  const visit = await openCall(id);
  const { page } = visit;
  const length = await player(page).evaluate(async (audio: HTMLAudioElement) => {
    if (audio.readyState === 0)
      await new Promise((resolve) => audio.addEventListener('loadedmetadata', resolve, { once: true }));
    return audio.duration;
  });
  assert.equal(Math.round(length), 590);
  const at = await player(page).evaluate(async (audio: HTMLAudioElement) => {
    const heard = new Promise((resolve) => {
      audio.addEventListener('timeupdate', () => {
        if (audio.currentTime > 500) resolve(undefined);
      });
    });
    audio.currentTime = 500;
    await audio.play();
    await heard;
    audio.pause();
    return audio.currentTime;
  });
  assert.ok(at > 500, String(at));
  assert.ok((await loudest(page)) > 0.1);
  const seeks = () => emulator.downloads().filter(({ range }) => /^bytes=[1-9]/.test(range ?? ''));
  await until(() => seeks().length > 0, 'a request for a part');
  assert.deepEqual([...new Set(seeks().map(({ status }) => status))], [206]);
  await checkLooks(page, 'a call with its recording');
  const received = await visit.traffic.received();
  assert.deepEqual(
    received.filter(({ text }) => text.includes('signature=')).map(({ from }) => from),
    [],
  );
  await visit.leave();
});

test('the recording is saved as a file with a name of its own', async () => {
  const id = await made();
  const visit = await openCall(id, null);
  const { page } = visit;
  for (const [link, name] of [
    ['Download the recording', `${id}.wav`],
    ['in stereo', `${id}-stereo.wav`],
  ] as const) {
    const saving = page.waitForEvent('download');
    await page.getByRole('link', { name: link }).click();
    assert.equal((await saving).suggestedFilename(), name);
  }
  await visit.leave();
});

test('a recording that Vapi is still storing is announced, and played as soon as it is there', async (t) => {
  const { emulator } = network;
  emulator.setSwitch('uploadDelayMs', 3_600_000);
  t.after(() => emulator.setSwitch('uploadDelayMs', 0));
  const id = await made();
  const visit = await openCall(id);
  const { page } = visit;
  await page.getByText('The recording is not ready yet').waitFor();
  assert.equal(await page.locator('audio').count(), 0);
  emulator.upload(id);
  await page.getByRole('button', { name: 'Try again' }).click();
  await player(page).waitFor();
  assert.ok((await loudest(page)) > 0.1);
  await visit.leave();
});

test('a call without a recording says so, and one that cannot be fetched can be tried again', async () => {
  const none = await openCall(
    await made({ assistantOverrides: { artifactPlan: { recordingEnabled: false } } }),
  );
  await none.page.getByText('This call has no recording.').waitFor();
  assert.equal(await none.page.locator('audio').count(), 0);
  await none.leave();
  const broken = await openCall(await made({ recordingRedirect: 'https://[' }));
  await broken.page.getByText('The recording could not be loaded from the voice service.').waitFor();
  await broken.page.getByRole('button', { name: 'Try again' }).waitFor();
  await broken.leave(/503/);
});
