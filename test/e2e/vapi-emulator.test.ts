/** The emulator's call machine under the real @vapi-ai/web and daily-js, in a real browser with its fake microphone. */
import assert from 'node:assert/strict';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { after, before, test } from 'node:test';
import { build } from 'esbuild';
import { type Browser, chromium, type Page } from 'playwright-core';
import { type Emulator, type ScenarioName, startEmulator } from '../../demo/vapi-emulator/emulator.ts';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { farMs } from '../support/time-limit.ts';

const orgId = '11111111-2222-4333-8444-555555555555';
const assistants: Partial<Record<ScenarioName, string>> = {
  talks: 'aaaaaaaa-bbbb-4ccc-8ddd-000000000001',
  'ends-mid-call': 'aaaaaaaa-bbbb-4ccc-8ddd-000000000002',
  'refuses-microphone': 'aaaaaaaa-bbbb-4ccc-8ddd-000000000003',
  'talks-and-hangs-up': 'aaaaaaaa-bbbb-4ccc-8ddd-000000000004',
};

/** What the page's script keeps for the tests. */
interface Probe {
  events: { name: string; value: unknown }[];
  contexts: AudioContext[];
  peers: RTCPeerConnection[];
  tracks: MediaStreamTrack[];
  streams: EventSource[];
  join(webCallUrl: string): Promise<unknown>;
  vapi: {
    stop(): Promise<void>;
    end(): void;
    send(message: object): void;
    setMuted(muted: boolean): void;
    isMuted(): boolean;
  };
}
declare global {
  interface Window {
    probe: Probe;
  }
}

const pageScript = `
  import VapiModule from '@vapi-ai/web';
  const Vapi = VapiModule.default ?? VapiModule;
  const probe = (window.probe = { events: [], contexts: [], peers: [], tracks: [], streams: [] });
  const keep = (name, list) => {
    const Original = window[name];
    window[name] = class extends Original {
      constructor(...args) { super(...args); list.push(this); }
    };
  };
  keep('AudioContext', probe.contexts);
  keep('RTCPeerConnection', probe.peers);
  keep('EventSource', probe.streams);
  const ask = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (wish) => {
    const stream = await ask(wish);
    probe.tracks.push(...stream.getTracks());
    return stream;
  };
  probe.join = (webCallUrl) => {
    const vapi = (probe.vapi = new Vapi('none', undefined, { proxyUrl: DAILY_PROXY, avoidEval: true }));
    for (const name of ['call-start', 'call-end', 'volume-level', 'local-volume-level', 'message', 'error', 'camera-error', 'speech-start'])
      vapi.on(name, (value) => probe.events.push({ name, value }));
    return vapi.reconnect({ webCallUrl, id: 'x' }).catch((error) => String(error?.message ?? error));
  };
`;

let emulator: Emulator;
let site: Server;
let siteUrl: string;
let browser: Browser;

before(async () => {
  emulator = await startEmulator({
    port: 0,
    speed: 4,
    reportDelayMs: 50,
    orgs: [
      {
        orgId,
        privateKeys: ['private-1'],
        publicKeys: [{ value: 'public-1' }],
        assistants: Object.entries(assistants).map(([scenario, id]) => ({
          id,
          name: 'Acme',
          firstMessage: 'Hello, this is Acme. How can I help?',
          scenario: scenario as ScenarioName,
        })),
      },
    ],
  });
  const bundle = await build({
    stdin: { contents: pageScript, resolveDir: import.meta.dirname },
    bundle: true,
    write: false,
    format: 'esm',
    define: { DAILY_PROXY: JSON.stringify(emulator.dailyProxyUrl), global: 'window' },
    logLevel: 'error',
  });
  // Strict: no eval, no blob; what a careful client's site sends.
  const policy = `default-src 'none'; script-src 'self' ${emulator.url}; connect-src ${emulator.url}; media-src 'self'`;
  site = createServer((request, response) => {
    const script = request.url === '/page.js';
    response.writeHead(200, {
      'Content-Type': script ? 'text/javascript' : 'text/html',
      'Content-Security-Policy': policy,
    });
    response.end(
      script
        ? bundle.outputFiles[0]?.text
        : '<!doctype html><button>Talk</button><script type="module" src="/page.js"></script>',
    );
  });
  await new Promise<void>((resolve) => site.listen(0, '127.0.0.1', resolve));
  siteUrl = `http://127.0.0.1:${(site.address() as AddressInfo).port}/`;
  browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs, timeout: farMs });
});

after(async () => {
  await browser?.close();
  site?.closeAllConnections();
  if (site) await new Promise((resolve) => site.close(resolve));
  await emulator?.close();
});

async function createCall(
  scenario: ScenarioName,
  overrides: object = {},
  more: object = {},
): Promise<{ id: string; webCallUrl: string }> {
  const answer = await fetch(`${emulator.url}/call/web`, {
    method: 'POST',
    headers: { Authorization: 'Bearer public-1', 'Content-Type': 'application/json' },
    body: JSON.stringify({ assistantId: assistants[scenario], assistantOverrides: overrides, ...more }),
  });
  assert.equal(answer.status, 201);
  return (await answer.json()) as { id: string; webCallUrl: string };
}

/** A page on which the visitor has clicked; errors of the page fail the test at its end. */
async function openPage(): Promise<{ page: Page; faults: string[] }> {
  const page = await browser.newPage();
  page.setDefaultTimeout(farMs);
  const faults: string[] = [];
  page.on('pageerror', (error) => faults.push(String(error)));
  page.on('console', (message) => {
    if (/Content Security Policy|Refused to/.test(message.text())) faults.push(message.text());
  });
  await page.goto(siteUrl);
  await page.waitForFunction(() => window.probe?.join !== undefined);
  await page.click('button');
  return { page, faults };
}

const messagesOf = (page: Page): Promise<Record<string, unknown>[]> =>
  page.evaluate(() =>
    window.probe.events
      .filter(({ name }) => name === 'message')
      .map(({ value }) => value as Record<string, unknown>),
  );

const namesOf = (page: Page): Promise<string[]> =>
  page.evaluate(() => window.probe.events.map(({ name }) => name));

const waitForMessage = (page: Page, fields: Record<string, unknown>) =>
  page.waitForFunction(
    (wanted) =>
      window.probe.events.some(
        ({ name, value }) =>
          name === 'message' &&
          Object.entries(wanted).every(
            ([key, expected]) => (value as Record<string, unknown>)[key] === expected,
          ),
      ),
    fields,
  );

/** Passes once no audio context, peer connection, microphone track or event stream of the page is open. */
const nothingLeft = (page: Page) =>
  page.waitForFunction(() => {
    const { contexts, peers, tracks, streams } = window.probe;
    return (
      contexts.every(({ state }) => state === 'closed') &&
      peers.every(({ connectionState }) => connectionState === 'closed') &&
      tracks.every(({ readyState }) => readyState === 'ended') &&
      streams.every(({ readyState }) => readyState === EventSource.CLOSED)
    );
  });

test('a visitor joins, hears the agent, reads the transcript and hangs up, and nothing stays behind', async () => {
  const call = await createCall('talks');
  const { page, faults } = await openPage();
  await page.evaluate((url) => window.probe.join(url), call.webCallUrl);
  await emulator.waitForCall(call.id, 'in-progress', farMs);

  await page.waitForFunction(() =>
    window.probe.events.some(({ name, value }) => name === 'volume-level' && (value as number) > 0.1),
  );
  await page.waitForFunction(() =>
    window.probe.events.some(({ name, value }) => name === 'local-volume-level' && (value as number) > 0),
  );
  await waitForMessage(page, { type: 'transcript', transcriptType: 'partial', role: 'assistant' });
  await waitForMessage(page, { type: 'transcript', transcript: 'Hello, this is Acme.' });
  await waitForMessage(page, { type: 'transcript', transcriptType: 'final', role: 'user' });
  await waitForMessage(page, { type: 'conversation-update' });
  assert.ok((await namesOf(page)).includes('speech-start'));

  const audio = await page.evaluate(() => document.querySelectorAll('audio[data-participant-id]').length);
  assert.equal(audio, 1, 'the SDK plays the received track');
  const open = await page.evaluate(() => window.probe.peers.length + window.probe.tracks.length);
  assert.ok(open >= 3, 'two peer connections and a microphone are open');
  await page.evaluate(() => window.probe.vapi.setMuted(true));
  await page.waitForFunction(() => window.probe.vapi.isMuted());

  await page.evaluate(() => window.probe.vapi.stop());
  const ended = await emulator.waitForCall(call.id, 'settled', farMs);
  assert.equal(ended.endedReason, 'customer-ended-call');
  await nothingLeft(page);
  const entry = emulator.books().find(({ callId }) => callId === call.id);
  assert.ok(entry !== undefined && entry.seconds > 0 && entry.cost > 0);
  assert.deepEqual(faults, []);
  await page.close();
});

test('a call that the service ends shows status, error and end, in this order, and releases everything', async () => {
  const call = await createCall('ends-mid-call');
  const { page } = await openPage();
  await page.evaluate((url) => window.probe.join(url), call.webCallUrl);
  await page.waitForFunction(() => window.probe.events.some(({ name }) => name === 'call-end'));
  const tail = await page.evaluate(() =>
    window.probe.events
      .filter(({ name, value }) => name !== 'message' || (value as { status?: string }).status === 'ended')
      .filter(({ name }) => ['message', 'error', 'call-end'].includes(name))
      .map(({ name, value }) => ({
        name,
        errorMsg: (value as { error?: { errorMsg?: string } })?.error?.errorMsg,
      })),
  );
  assert.deepEqual(
    tail.map(({ name }) => name),
    ['message', 'error', 'call-end'],
  );
  assert.equal(tail[1]?.errorMsg, 'Meeting has ended');
  assert.equal((await emulator.waitForCall(call.id, 'settled', farMs)).endedReason, 'worker-shutdown');
  await nothingLeft(page);
  await page.close();
});

test('a refused microphone is a camera-error of the type permissions, and the call costs nothing', async () => {
  const call = await createCall('refuses-microphone');
  const { page } = await openPage();
  await page.evaluate((url) => window.probe.join(url), call.webCallUrl);
  await page.waitForFunction(() => window.probe.events.some(({ name }) => name === 'camera-error'));
  const type = await page.evaluate(
    () =>
      window.probe.events
        .filter(({ name }) => name === 'camera-error')
        .map(({ value }) => (value as { error: { error: { type: string } } }).error.error.type)[0],
  );
  assert.equal(type, 'permissions');
  const ended = await emulator.waitForCall(call.id, 'settled', farMs);
  assert.equal(ended.endedReason, 'customer-did-not-give-microphone-permission');
  assert.equal(ended.view.cost, 0);
  await nothingLeft(page);
  await page.close();
});

test('a typed message is answered, and clientMessages of the overrides are all that the page gets', async () => {
  const call = await createCall('talks', { clientMessages: ['transcript', 'status-update'] });
  const { page } = await openPage();
  await page.evaluate((url) => window.probe.join(url), call.webCallUrl);
  await waitForMessage(page, { type: 'transcript', role: 'assistant', transcriptType: 'partial' });
  await page.evaluate(() =>
    window.probe.vapi.send({ type: 'add-message', message: { role: 'user', content: 'What is the price?' } }),
  );
  await waitForMessage(page, { type: 'transcript', transcript: 'You can pay by card.' });
  const types = new Set((await messagesOf(page)).map(({ type }) => type));
  assert.deepEqual([...types].sort(), ['status-update', 'transcript']);
  await page.evaluate(() => window.probe.vapi.stop());
  await page.close();
});

test('leaving the page ends its call by a beacon, without waiting for the lost connection', async () => {
  emulator.setSwitch('disconnectMs', 10 * farMs);
  const call = await createCall('talks');
  const { page } = await openPage();
  await page.evaluate((url) => window.probe.join(url), call.webCallUrl);
  await emulator.waitForCall(call.id, 'in-progress', farMs);
  await page.goto('about:blank');
  assert.equal((await emulator.waitForCall(call.id, 'ended', farMs)).endedReason, 'customer-ended-call');
  await page.close();
});

test('a tab that dies without a goodbye ends its call after the grace time', async () => {
  emulator.setSwitch('disconnectMs', 50);
  const call = await createCall('talks');
  const { page } = await openPage();
  await page.evaluate((url) => window.probe.join(url), call.webCallUrl);
  await emulator.waitForCall(call.id, 'in-progress', farMs);
  await page.close({ runBeforeUnload: false });
  assert.equal((await emulator.waitForCall(call.id, 'ended', farMs)).endedReason, 'customer-ended-call');
});

test('a room whose call is over cannot be joined', async () => {
  const call = await createCall('talks');
  emulator.endCall(call.id);
  const { page } = await openPage();
  const failure = await page.evaluate((url) => window.probe.join(url), call.webCallUrl);
  assert.notEqual(failure, undefined);
  assert.ok((await namesOf(page)).includes('error'));
  await page.close();
});

test('a kept room continues without the visitor and can be joined again on the same page', async () => {
  const call = await createCall('talks', {}, { roomDeleteOnUserLeaveEnabled: false });
  const { page, faults } = await openPage();
  const join = async () => {
    await page.evaluate((url) => window.probe.join(url), call.webCallUrl);
    await page.waitForFunction(() =>
      window.probe.events.some(({ name, value }) => name === 'volume-level' && (value as number) > 0.1),
    );
  };
  await join();
  await page.evaluate(async () => {
    await window.probe.vapi.stop();
    window.probe.events.length = 0;
  });
  await nothingLeft(page);
  assert.equal((await emulator.waitForCall(call.id, 'in-progress', farMs)).status, 'in-progress');
  await join();
  await page.evaluate(() => window.probe.vapi.end());
  assert.equal((await emulator.waitForCall(call.id, 'settled', farMs)).endedReason, 'customer-ended-call');
  await nothingLeft(page);
  assert.deepEqual(faults, []);
  await page.close();
});
