/** Comfort during a call: silence, a weak or lost network, blocked sound, the time, the screen. */
import { expect } from '@open-wc/testing';
import { microphoneHelpKey } from '../../widget/browser-help.ts';
import { claimPage } from '../../widget/call-lock.ts';
import { Hearing } from '../../widget/hearing.ts';
import {
  agentElement,
  audit,
  button,
  callIsLive,
  find,
  launcherOf,
  type Machine,
  otherTabKeepsCall,
  panelText,
  proxyGrant,
  recordEvents,
  rendered,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

describe('comfort of a call', () => {
  let server: StubServer;
  beforeEach(() => {
    server = new StubServer();
    window.machineJoins = 'at once';
    delete window.machine;
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) await element.end();
    server.restore();
  });

  it("both sides' loudness is shown and reported", async () => {
    const element = await agentElement();
    const events = recordEvents(element);
    const machine = await callIsLive(element);
    machine.ownLevel(0.03);
    machine.level(0.075);
    const levels = () => events.filter(({ type }) => type.endsWith('volume')).map(({ detail }) => detail);
    await waitUntil(() => levels().length >= 2);
    expect(levels()).to.deep.include({ role: 'user', level: 0.2 });
    expect(levels()).to.deep.include({ role: 'assistant', level: 0.5 });
    expect(find(element, '[data-own-level]').style.getPropertyValue('--_level')).to.equal('0.20');
  });

  it('a network failure is bridged: the same room is joined again and the conversation continues', async () => {
    const element = await agentElement();
    const events = recordEvents(element);
    const machine = await callIsLive(element);
    machine.says('assistant', 'Where were we?');
    await element.mute();
    Object.defineProperty(navigator, 'onLine', { value: false, configurable: true });
    machine.fail('connection lost', 'connection-error');
    await waitUntil(() => panelText(element).includes('Reconnecting'));
    expect(window.machine).to.equal(machine);
    Reflect.deleteProperty(navigator, 'onLine');
    dispatchEvent(new Event('online'));
    await waitUntil(
      () => window.machine && window.machine !== machine && !panelText(element).includes('Reconnecting'),
      'the room is joined again',
    );
    expect(element.state).to.equal('live');
    expect(window.machine?.joinedUrl).to.equal(proxyGrant.webCallUrl);
    expect(panelText(element)).to.include('Where were we?').and.to.include('You are muted');
    expect(server.paths.filter((path) => path === '/v1/calls')).to.have.length(1);
    expect(server.paths.filter((path) => path.endsWith('/end'))).to.eql([]);
    expect(events.filter(({ type }) => type.endsWith('call-start'))).to.have.length(1);
    window.machine?.fail('connection lost', 'connection-error');
    await untilState(element, 'error');
    expect(events.at(-1)?.detail.code).to.equal('interrupted');
    expect(server.paths.at(-1)).to.match(/\/end$/);
  });

  it('hanging up while the room is being joined again is an end', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    window.machineJoins = 'never';
    machine.fail('connection lost', 'connection-error');
    await waitUntil(() => panelText(element).includes('Reconnecting'));
    button(element, 'Hang up').click();
    await untilState(element, 'ended');
    expect(server.paths.at(-1)).to.match(/\/end$/);
  });

  it('a weak connection is named while it is weak; a short break too', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    const quality = (state: string, threshold: string) =>
      machine.network({
        action: 'network-quality-change',
        state: { state, reasons: [] },
        threshold,
        quality: 50,
      });
    quality('bad', 'very-low');
    await waitUntil(() => panelText(element).includes('Your connection is weak'));
    await audit(element);
    quality('good', 'good');
    await waitUntil(() => !panelText(element).includes('Your connection is weak'));
    machine.network({ action: 'network-connection', type: 'sfu', event: 'interrupted' });
    await waitUntil(() => panelText(element).includes('Reconnecting'));
    await audit(element);
    machine.network({ action: 'network-connection', type: 'sfu', event: 'connected' });
    await waitUntil(() => !panelText(element).includes('Reconnecting'));
  });

  it('sound that the browser blocks starts with one tap, in one player, even if it is heard before it is blocked', async () => {
    const { play } = HTMLMediaElement.prototype;
    let block: (() => void) | undefined;
    HTMLMediaElement.prototype.play = () =>
      new Promise((_, reject) => {
        block = () => reject(new DOMException('not yet', 'NotAllowedError'));
      });
    // The SDK writes it to the console.
    const { error } = console;
    console.error = () => {};
    const levels: Event[] = [];
    document.addEventListener('vapi-agent-volume', (event) => levels.push(event));
    const level = async (machine: Machine): Promise<void> => {
      const before = levels.length;
      machine.level(0.075);
      await waitUntil(() => levels.length > before, 'the loudness');
    };
    try {
      const element = await agentElement();
      const machine = await callIsLive(element);
      await waitUntil(
        () => block && document.querySelector('audio[data-participant-id]'),
        'the SDK’s player',
      );
      await level(machine);
      block?.();
      await waitUntil(() => panelText(element).includes('Tap to hear the assistant'));
      await level(machine);
      await audit(element);
      const played: HTMLMediaElement[] = [];
      HTMLMediaElement.prototype.play = function (this: HTMLMediaElement) {
        played.push(this);
        return play.call(this);
      };
      button(element, 'Tap to hear the assistant').click();
      await waitUntil(() => !panelText(element).includes('Tap to hear the assistant'));
      await level(machine);
      // The one that the tap has started, and no other.
      expect([...document.querySelectorAll('audio[data-participant-id]')]).to.eql(played);
      expect(played).to.have.length(1);
      await element.end();
      expect(document.querySelectorAll('audio')).to.have.length(0);
    } finally {
      HTMLMediaElement.prototype.play = play;
      console.error = error;
    }
  });

  it('the last minute shows the remaining time', async () => {
    server.grant = { ...proxyGrant, maxDurationSeconds: 45 };
    const element = await agentElement();
    await callIsLive(element);
    expect(find(element, '[role=timer]').textContent).to.equal('0:00 · 0:45 left');
    const announcement = find(element, '.unseen[role=status]');
    expect(announcement.textContent).to.equal('This call ends in less than a minute.');
    let announced = 0;
    const watch = new MutationObserver(() => {
      announced += 1;
    });
    watch.observe(announcement, { childList: true, characterData: true, subtree: true });
    for (const second of ['0:01', '0:02']) {
      server.clock.pass(1000);
      await waitUntil(() => find(element, '[role=timer]').textContent?.startsWith(second), second);
    }
    watch.disconnect();
    expect(announced, 'said once, not with every second').to.equal(0);
    await audit(element);
  });

  it('the screen stays on during a call and may sleep after it', async () => {
    const { wakeLock } = navigator;
    const locks: string[] = [];
    const sentinel = { release: async () => void locks.push('released') };
    Object.defineProperty(navigator, 'wakeLock', {
      value: { request: async (type: string) => locks.push(type) && sentinel },
      configurable: true,
    });
    try {
      const element = await agentElement();
      await callIsLive(element);
      expect(locks).to.eql(['screen']);
      await element.end();
      expect(locks).to.eql(['screen', 'released']);
    } finally {
      Object.defineProperty(navigator, 'wakeLock', { value: wakeLock, configurable: true });
    }
  });

  it('one call a browser: with a call in another tab the visitor reads where to end it', async () => {
    let free: () => void = () => {};
    const otherTab = new Promise<void>((resolve) => (free = resolve));
    void navigator.locks.request('vapi-agent.call', () => otherTab);
    const element = await agentElement();
    launcherOf(element).click();
    await otherTabKeepsCall(server);
    await untilState(element, 'error');
    expect(panelText(element)).to.include('A call is on in another tab of this browser.');
    expect(server.paths).not.to.include('/v1/calls');
    free();
    button(element, 'Try again').click();
    await untilState(element, 'live');
  });

  it('a refused claim leaves the page free', async () => {
    const first = await claimPage();
    let code = '';
    await claimPage().catch((error) => {
      code = error.failure.code;
    });
    expect(code).to.equal('page_busy');
    first.release();
    (await claimPage()).release();
  });

  it('silence is reported only after eight seconds without a voice, and never once the visitor was heard', () => {
    const hearing = new Hearing();
    hearing.start(0);
    expect(hearing.isUnheard('user', 0, 7900)).to.equal(false);
    expect(hearing.isUnheard('assistant', 0.4, 7950)).to.equal(false);
    expect(hearing.isUnheard('user', 0.01, 15_000)).to.equal(false);
    expect(hearing.isUnheard('user', 0, 16_000)).to.equal(true);
    hearing.start(16_000);
    expect(hearing.isUnheard('user', 0, 16_100)).to.equal(false);
    expect(hearing.isUnheard('user', 0.3, 17_000)).to.equal(false);
    expect(hearing.isUnheard('user', 0, 60_000)).to.equal(false);
    hearing.startAnew(60_000);
    expect(hearing.isUnheard('user', 0, 68_000), 'another microphone has its time').to.equal(false);
    expect(hearing.isUnheard('user', 0, 69_000), 'and is judged by itself').to.equal(true);
  });

  const agents: [string, string, number, string][] = [
    ['Chrome', 'Mozilla/5.0 (X11; Linux x64) AppleWebKit/537.36 Chrome/150.0 Safari/537.36', 0, 'Chrome'],
    [
      'Edge',
      'Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/150.0 Safari/537.36 Edg/150.0',
      0,
      'Chrome',
    ],
    ['Firefox', 'Mozilla/5.0 (X11; Linux x64; rv:140.0) Gecko/20100101 Firefox/140.0', 0, 'Firefox'],
    ['Safari', 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15', 0, 'Safari'],
    ['an iPad', 'Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 Version/18.0 Safari/605.1.15', 5, 'Ios'],
    ['Chrome on an iPhone', 'Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 CriOS/150.0 Safari/604.1', 5, 'Ios'],
  ];
  it('a refused microphone in the browser of another app: the advice is another browser', () => {
    for (const userAgent of [
      'Mozilla/5.0 (Linux; Android 14; Pixel 8; wv) AppleWebKit/537.36 Version/4.0 Chrome/126.0 Mobile Safari/537.36 [FB_IAB/FB4A]',
      'Mozilla/5.0 (iPhone; CPU iPhone OS 17_5 like Mac OS X) AppleWebKit/605.1.15 Mobile/15E148 Instagram 334.0',
    ]) {
      expect(microphoneHelpKey({ userAgent, maxTouchPoints: 5 })).to.equal('unsupportedBrowserHelp');
    }
  });

  for (const [what, userAgent, maxTouchPoints, key] of agents) {
    it(`a refused microphone: ${what} gets its own steps`, () => {
      expect(microphoneHelpKey({ userAgent, maxTouchPoints })).to.equal(`microphoneHelp${key}`);
    });
  }

  it("a tenant's own words about a refused microphone win over the browser's steps", async () => {
    server.config = { ...server.config, texts: { microphoneDeniedHelp: 'Ask at the desk.' } };
    const element = await agentElement({ mode: 'hybrid' });
    element.show();
    await waitUntil(() => server.paths.includes('/v1/widget/acme'));
    await rendered(element);
    const panel = element.shadowRoot?.querySelector('vapi-agent-panel') as unknown as {
      strings: Record<string, string>;
    };
    await waitUntil(() => panel.strings.microphoneDeniedHelp === 'Ask at the desk.');
  });
});
