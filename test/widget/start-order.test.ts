/** What a start does side by side, so that no part of it waits for another without need. */
import { expect } from '@open-wc/testing';
import {
  agentElement,
  callIsLive,
  json,
  launcherOf,
  microphone,
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

  it('Daily’s machine comes while the call is asked for, and is the one that the SDK then wants', async () => {
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

  it('nothing of Daily comes before the visitor has agreed', async () => {
    server.config.consent = { version: '1', text: 'We record.' };
    const element = await agentElement();
    launcherOf(element).click();
    await waitUntil(() => element.shadowRoot?.querySelector('[part=consent]'));
    expect(machines()).to.eql([]);
  });

  it('a microphone that is allowed already does not keep the room waiting', async () => {
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
