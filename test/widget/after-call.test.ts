/** The sound settings of a call, and what follows it: feedback and the transcript. */
import { expect } from '@open-wc/testing';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  audit,
  button,
  callIsLive,
  find,
  json,
  keyGrant,
  panelText,
  proxyGrant,
  rendered,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

const feedbackPath = `/v1/calls/${proxyGrant.callId}/feedback`;

describe('sound settings and after the call', () => {
  let server: StubServer;
  beforeEach(() => {
    server = new StubServer();
    server.answers.set(feedbackPath, () => new Response(null, { status: 204 }));
    window.machineJoins = 'at once';
    delete window.machine;
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) await element.end();
    server.restore();
  });

  const has = (element: VapiAgent, selector: string): Promise<void> =>
    waitUntil(() => element.shadowRoot?.querySelector(selector), `${selector} never came`);

  async function finished(): Promise<VapiAgent> {
    const element = await agentElement();
    const machine = await callIsLive(element);
    machine.says('assistant', 'Hello, how can I help?');
    machine.says('user', 'Nothing, thanks.');
    await waitUntil(() => panelText(element).includes('Nothing, thanks.'));
    await element.end();
    await has(element, '[part=after-call]');
    return element;
  }

  it('microphone, speaker and volume are chosen in the call, and stay for the next one', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    const { enumerateDevices } = navigator.mediaDevices;
    navigator.mediaDevices.enumerateDevices = async () =>
      [
        { kind: 'audioinput', deviceId: 'default', label: 'Default' },
        { kind: 'audioinput', deviceId: 'm1', label: 'Headset' },
        { kind: 'audiooutput', deviceId: 's1', label: 'Desk speaker' },
      ] as MediaDeviceInfo[];
    try {
      button(element, 'Sound settings').click();
      await has(element, '[part=settings] option[value=m1]');
      await rendered(element);
      expect(button(element, 'Sound settings').ariaExpanded).to.equal('true');
      await audit(element);
      const [microphone, speaker] = element.shadowRoot?.querySelectorAll('select') ?? [];
      expect([...(microphone?.options ?? [])].map(({ text }) => text)).to.eql(['System default', 'Headset']);
      // WebKit does not let pages choose the speaker: there is no list then.
      const choosesSpeaker = 'setSinkId' in HTMLMediaElement.prototype;
      expect([...(speaker?.options ?? [])].map(({ text }) => text)).to.eql(
        choosesSpeaker ? ['System default', 'Desk speaker'] : [],
      );
      if (microphone) microphone.value = 'm1';
      microphone?.dispatchEvent(new Event('change'));
      await waitUntil(() => machine.received.some(({ action }) => action === 'set-input-devices'));
      await waitUntil(() => document.querySelector('audio[data-participant-id]'), 'the player');
      const volume = find<HTMLInputElement>(element, 'input[type=range]');
      volume.value = '0.4';
      volume.dispatchEvent(new Event('input'));
      const player = () => document.querySelector<HTMLAudioElement>('audio[data-participant-id]');
      // WebKit stores it in single precision.
      const loudness = () => player()?.volume.toFixed(3);
      expect(loudness()).to.equal('0.400');
      machine.ownLevel(0.075);
      await waitUntil(() => find(element, '.meter').style.getPropertyValue('--_level') === '0.50');

      button(element, 'Sound settings').click();
      await rendered(element);
      expect(element.shadowRoot?.querySelector('[part=settings]')).to.equal(null);
      await element.end();
      await element.start();
      await waitUntil(() => loudness() === '0.400');
    } finally {
      navigator.mediaDevices.enumerateDevices = enumerateDevices;
    }
  });

  it('if a page cannot set the volume, as on iOS, there is no slider for it', async () => {
    const volume = Object.getOwnPropertyDescriptor(HTMLMediaElement.prototype, 'volume');
    Object.defineProperty(HTMLMediaElement.prototype, 'volume', {
      get: () => 1,
      set() {},
      configurable: true,
    });
    try {
      const element = await agentElement();
      await callIsLive(element);
      button(element, 'Sound settings').click();
      await has(element, '[part=settings] select');
      await audit(element);
      expect(element.shadowRoot?.querySelectorAll('input[type=range]').length).to.equal(0);
    } finally {
      if (volume) Object.defineProperty(HTMLMediaElement.prototype, 'volume', volume);
    }
  });

  it('a rating and a comment go to the server with that call’s token', async () => {
    const element = await finished();
    await audit(element);
    expect(server.paths).not.to.include(feedbackPath);
    button(element, 'Not good').click();
    await has(element, 'textarea');
    await audit(element);
    find<HTMLTextAreaElement>(element, 'textarea').value = '  Too slow.  ';
    await waitUntil(() => server.paths.includes(feedbackPath), 'the rating alone, at the first press');
    button(element, 'Send feedback').click();
    await waitUntil(() => panelText(element).includes('Thank you for your feedback.'));
    expect(server.requests.findLast(({ path }) => path === feedbackPath)?.body).to.eql({
      token: proxyGrant.endToken,
      rating: 'bad',
      comment: 'Too slow.',
    });
    await audit(element);
  });

  it('feedback that could not be sent is not lost: it can be sent again', async () => {
    server.answers.set(feedbackPath, () => json({ code: 'internal_error' }, 500));
    const element = await finished();
    button(element, 'Good').click();
    await has(element, 'textarea');
    find<HTMLTextAreaElement>(element, 'textarea').value = 'Fine';
    await waitUntil(() => panelText(element).includes('That could not be sent.'));
    server.answers.set(feedbackPath, () => new Response(null, { status: 204 }));
    button(element, 'Send feedback').click();
    await waitUntil(() => panelText(element).includes('Thank you for your feedback.'));
    expect(server.requests.at(-1)?.body).to.include({ comment: 'Fine' });
  });

  it('the transcript can be copied and saved, with who said what', async () => {
    const element = await finished();
    const { clipboard } = navigator;
    let copied = '';
    Object.defineProperty(navigator, 'clipboard', {
      value: {
        async writeText(text: string) {
          copied = text;
        },
      },
      configurable: true,
    });
    try {
      button(element, 'Copy transcript').click();
      await waitUntil(() => panelText(element).includes('Copied'));
      expect(copied).to.equal('Assistant: Hello, how can I help?\nYou: Nothing, thanks.');
    } finally {
      Object.defineProperty(navigator, 'clipboard', { value: clipboard, configurable: true });
    }
    const { click } = HTMLAnchorElement.prototype;
    let saved: Promise<string> | undefined;
    let name = '';
    HTMLAnchorElement.prototype.click = function () {
      name = this.download;
      saved = fetch(this.href).then((answer) => answer.text());
    };
    try {
      button(element, 'Save transcript').click();
      expect(await saved).to.equal(copied);
      expect(name).to.match(/^transcript-\d{4}-\d\d-\d\d\.txt$/);
    } finally {
      HTMLAnchorElement.prototype.click = click;
    }
  });

  it('a call that the browser made itself is rated by the id that Vapi gave it', async () => {
    server.grant = keyGrant;
    const path = '/v1/calls/key-call/feedback';
    server.answers.set(path, () => new Response(null, { status: 204 }));
    const element = await finished();
    button(element, 'Good').click();
    await has(element, 'textarea');
    button(element, 'Send feedback').click();
    await waitUntil(() => panelText(element).includes('Thank you for your feedback.'));
    expect(server.requests.find((request) => request.path === path)?.body).to.eql({
      token: keyGrant.feedbackToken,
      rating: 'good',
    });
  });

  it('the next call begins without remains of the last one', async () => {
    const element = await finished();
    button(element, 'Talk again').click();
    await untilState(element, 'live');
    expect(element.shadowRoot?.querySelector('[part=after-call]')).to.equal(null);
  });
});
