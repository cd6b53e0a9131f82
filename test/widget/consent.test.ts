/** A tenant's terms: asked before everything else, in every way to start, remembered and revocable. */
import { expect } from '@open-wc/testing';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  audit,
  button,
  dialogOf,
  launcherOf,
  microphone,
  panelText,
  rendered,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

const consent = {
  version: '2026-11',
  text: 'We record this call.\nFor thirty days.',
  linkUrl: 'https://acme.test/p',
};

describe('consent', () => {
  let server: StubServer;
  let asked: number;
  let restoreMicrophone: () => void;
  beforeEach(() => {
    localStorage.clear();
    server = new StubServer();
    server.config = { ...server.config, consent };
    window.machineJoins = 'at once';
    asked = 0;
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    restoreMicrophone = microphone(() => {
      asked += 1;
      return real({ audio: true });
    });
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) {
      await element.end();
      // Also what is remembered until the page is left.
      await element.withdrawConsent();
    }
    restoreMicrophone();
    server.restore();
  });

  async function isAsked(element: VapiAgent): Promise<void> {
    await waitUntil(() => element.shadowRoot?.querySelector('[part=consent]'));
    await rendered(element);
  }

  const starts: [string, Record<string, string>, (element: VapiAgent) => void][] = [
    ['the launcher', {}, (element) => launcherOf(element).click()],
    ['the method', { mode: 'hybrid' }, (element) => void element.start()],
    ['the smallest size', { size: 'small' }, (element) => launcherOf(element).click()],
  ];
  for (const [what, attributes, start] of starts) {
    it(`${what} asks first: no microphone, no call, nothing stored before the visitor agrees`, async () => {
      const element = await agentElement(attributes);
      start(element);
      await isAsked(element);
      expect(panelText(element)).to.include('Before we talk').and.to.include('We record this call.');
      expect(dialogOf(element).querySelector('a')?.href).to.equal(consent.linkUrl);
      expect(element.state).to.equal('preparing');
      expect([asked, server.paths.includes('/v1/calls'), localStorage.length]).to.eql([0, false, 0]);
      await audit(element);
      button(element, 'Agree and continue').click();
      await untilState(element, 'live');
      expect(asked).to.equal(1);
      expect(localStorage.getItem('vapi-agent.consent.acme')).to.equal(consent.version);
      const call = server.requests.find(({ path }) => path === '/v1/calls');
      expect(call?.body?.consent).to.equal(consent.version);
    });
  }

  it('terms changed since they were read are read again after the server has refused', async () => {
    const element = await agentElement();
    launcherOf(element).click();
    await isAsked(element);
    server.config = { ...server.config, consent: { version: '2026-12', text: 'For a year.' } };
    server.refuse('/v1/calls', 'call_denied');
    button(element, 'Agree and continue').click();
    await untilState(element, 'error');
    server.answers.delete('/v1/calls');
    button(element, 'Try again').click();
    await isAsked(element);
    expect(panelText(element)).to.include('For a year.');
    button(element, 'Agree and continue').click();
    await untilState(element, 'live');
    expect(server.requests.findLast(({ path }) => path === '/v1/calls')?.body?.consent).to.equal('2026-12');
  });

  for (const [what, leave] of [
    ['"Not now"', (element) => button(element, 'Not now').click()],
    ['Escape', (element) => dialogOf(element).dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape' }))],
  ] as [string, (element: VapiAgent) => void][]) {
    it(`${what} starts nothing and remembers nothing`, async () => {
      const element = await agentElement();
      launcherOf(element).click();
      await isAsked(element);
      leave(element);
      await untilState(element, 'idle');
      expect([asked, server.paths.includes('/v1/calls'), localStorage.length]).to.eql([0, false, 0]);
    });
  }

  it('is not asked twice, but again for a new version, and again once it was withdrawn', async () => {
    const element = await agentElement();
    const told: unknown[] = [];
    element.addEventListener('vapi-agent-consent', ({ detail }) => told.push(detail));
    launcherOf(element).click();
    await isAsked(element);
    button(element, 'Agree and continue').click();
    await untilState(element, 'live');
    await element.end();

    const second = await agentElement();
    await second.start();
    expect(second.state).to.equal('live');
    await rendered(second);
    button(second, 'Withdraw my consent').click();
    await untilState(second, 'ended');
    await waitUntil(() => localStorage.length === 0);
    void second.start();
    await isAsked(second);
    button(second, 'Agree and continue').click();
    await untilState(second, 'live');
    await second.end();

    server.config = { ...server.config, consent: { ...consent, version: '2027-01' } };
    const third = await agentElement();
    void third.start();
    await isAsked(third);
    await third.end();
    expect(told).to.eql([{ version: '2026-11', given: true }]);
  });

  it('when it is unknown what to agree to, nothing starts', async () => {
    server.answers.set('/v1/widget/acme', () => Promise.reject(new TypeError('offline')));
    const element = await agentElement();
    launcherOf(element).click();
    await untilState(element, 'error');
    expect(panelText(element)).to.include('No connection');
    expect([asked, server.paths.includes('/v1/calls')]).to.eql([0, false]);
    server.answers.clear();
    button(element, 'Try again').click();
    await isAsked(element);
  });
});
