/** What a start does in parallel, so that no part waits for another unnecessarily. */
import { expect } from '@open-wc/testing';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  button,
  callIsLive,
  json,
  launcherOf,
  microphone,
  otherTabKeepsCall,
  panelText,
  proxyGrant,
  recordEvents,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

describe('order of a start', () => {
  let server: StubServer;
  const { query } = navigator.permissions;
  const mayListen = (state: PermissionState): void => {
    navigator.permissions.query = async () => ({ state }) as PermissionStatus;
  };

  beforeEach(() => {
    server = new StubServer();
    window.machineJoins = 'at once';
    delete window.machine;
    performance.clearResourceTimings();
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) await element.end();
    navigator.permissions.query = query;
    server.restore();
  });

  /** Addresses from which Daily's machine was fetched. */
  const machines = (): string[] => {
    const all = performance.getEntriesByType('resource').map(({ name }) => name);
    return [...new Set(all.filter((name) => name.endsWith('call-machine-object-bundle.js')))];
  };

  /** The mouse is over the launcher, and everything requested for that has arrived. */
  const intend = async (element: VapiAgent): Promise<void> => {
    launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => server.paths.includes('/v1/sessions') && server.paths.includes('/v1/widget/acme'));
    // Requested after the element's, so answered after it.
    await Promise.all([navigator.locks.query(), import('../../widget/vapi-call.ts')]);
    await new Promise((resolve) => setTimeout(resolve));
  };

  it('Daily’s machine is loaded while the call is requested, and is the one that the SDK then needs', async () => {
    let answer: (response: Response) => void = () => {};
    server.answers.set('/v1/calls', () => new Promise((resolve) => (answer = resolve)));
    const element = await agentElement();
    launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => server.paths.includes('/v1/sessions'));
    expect(machines(), 'nothing of Daily before the click').to.eql([]);
    launcherOf(element).click();
    await waitUntil(() => server.paths.includes('/v1/calls') && machines().length > 0);
    expect(window.machine === undefined, 'fetched, not run').to.equal(true);
    answer(json(proxyGrant, 201));
    await untilState(element, 'live');
    expect(machines()).to.have.length(1);
    expect(document.querySelectorAll('link[href*=call-machine]').length).to.equal(0);
  });

  it('the answers to an intent are used: the call is requested in the click itself', async () => {
    mayListen('granted');
    const element = await agentElement();
    await intend(element);
    const asked: string[] = [];
    const { fetch } = window;
    window.fetch = (input, init) => {
      asked.push(new URL(`${input}`).pathname);
      return fetch.call(window, input, init);
    };
    try {
      launcherOf(element).click();
      // Only promises that are already settled: no timer, frame or other process gets a turn in between.
      for (let turn = 0; turn < 100; turn += 1) await null;
      expect(asked).to.include('/v1/calls');
    } finally {
      window.fetch = fetch;
    }
    await untilState(element, 'live');
  });

  it('another tab has begun a call between the intent and the click: nothing is joined, and the call is ended again', async () => {
    mayListen('granted');
    const element = await agentElement();
    await intend(element);
    let free: () => void = () => {};
    await new Promise<void>((held) => {
      void navigator.locks.request('vapi-agent.call', () => {
        held();
        return new Promise<void>((resolve) => (free = resolve));
      });
    });
    try {
      launcherOf(element).click();
      await waitUntil(() => server.paths.includes('/v1/calls'));
      await otherTabKeepsCall(server);
      await untilState(element, 'error');
      expect(panelText(element)).to.include('A call is on in another tab of this browser.');
      await waitUntil(() => server.paths.includes(`/v1/calls/${proxyGrant.callId}/end`));
      expect(window.machine === undefined, 'no room').to.equal(true);
    } finally {
      free();
    }
    button(element, 'Try again').click();
    await untilState(element, 'live');
  });

  it('nothing of Daily’s is loaded while the browser asks for the microphone: browsers warn about unused preloads', async () => {
    mayListen('prompt');
    let allow: () => void = () => {};
    const asked = new Promise<void>((resolve) => (allow = resolve));
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const restore = microphone(async () => {
      await asked;
      return real({ audio: true });
    });
    try {
      const element = await agentElement();
      await intend(element);
      launcherOf(element).click();
      await waitUntil(() => panelText(element).includes('Please allow the microphone'));
      expect(document.querySelectorAll('link[href*=call-machine]').length).to.equal(0);
      expect(machines()).to.eql([]);
      allow();
      await untilState(element, 'live');
    } finally {
      restore();
    }
  });

  it('nothing of Daily’s is loaded before the visitor has agreed', async () => {
    server.config.consent = { version: '1', text: 'We record.' };
    const element = await agentElement();
    launcherOf(element).click();
    await waitUntil(() => element.shadowRoot?.querySelector('[part=consent]'));
    expect(machines()).to.eql([]);
  });

  it('an allowed microphone does not delay the room', async () => {
    mayListen('granted');
    const restore = microphone(() => new Promise(() => {}));
    try {
      const element = await agentElement();
      await callIsLive(element);
    } finally {
      restore();
    }
  });

  it('one that then cannot be opened ends the attempt with its own reason', async () => {
    mayListen('granted');
    window.machineJoins = 'never';
    let refuse: (error: DOMException) => void = () => {};
    const restore = microphone(() => new Promise((_, reject) => (refuse = reject)));
    try {
      const element = await agentElement();
      const events = recordEvents(element);
      launcherOf(element).click();
      await untilState(element, 'connecting');
      refuse(new DOMException('no', 'NotReadableError'));
      await untilState(element, 'error');
      expect(events.at(-1)?.detail).to.include({ code: 'microphone_busy' });
      await waitUntil(() => server.paths.some((path) => path.endsWith('/end')));
    } finally {
      restore();
    }
  });
});
