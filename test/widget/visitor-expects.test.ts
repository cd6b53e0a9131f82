/** Small things that a visitor expects of any dialog, and of one that can listen above all. */
import { expect } from '@open-wc/testing';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  button,
  callIsLive,
  dialogOf,
  find,
  launcherOf,
  microphone,
  panelText,
  recordEvents,
  rendered,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

describe('what a visitor expects', () => {
  let server: StubServer;
  beforeEach(() => {
    localStorage.clear();
    server = new StubServer();
    window.machineJoins = 'at once';
    delete window.machine;
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) {
      await element.end();
      await element.withdrawConsent();
    }
    server.restore();
  });

  const pressEscape = (element: VapiAgent, more: KeyboardEventInit = {}): boolean =>
    dialogOf(element).dispatchEvent(
      new KeyboardEvent('keydown', { key: 'Escape', bubbles: true, cancelable: true, ...more }),
    );

  for (const [what, close] of [
    ['the button', (element: VapiAgent) => button(element, 'Close').click()],
    ['Escape', pressEscape],
  ] as const) {
    it(`closing by ${what} while the call is being requested cancels it: no one listens behind a closed panel`, async () => {
      let give: ((stop: () => void) => void) | undefined;
      let isStopped = false;
      // An allowed one would not delay the call.
      const { query } = navigator.permissions;
      navigator.permissions.query = async () => ({ state: 'prompt' }) as PermissionStatus;
      const restore = microphone(
        () =>
          new Promise((resolve) => {
            give = (stop) => resolve({ getTracks: () => [{ stop }] } as unknown as MediaStream);
          }),
      );
      try {
        const element = await agentElement();
        launcherOf(element).click();
        await waitUntil(() => give, 'the browser to be asked for the microphone');
        await untilState(element, 'preparing');
        close(element);
        await untilState(element, 'idle');
        expect(element.hasAttribute('open')).to.equal(false);
        // The answer to the browser's question comes late: the microphone is released at once.
        give?.(() => {
          isStopped = true;
        });
        await waitUntil(() => isStopped, 'the microphone to be let go');
        expect(server.paths).not.to.include('/v1/calls');
      } finally {
        navigator.permissions.query = query;
        restore();
      }
    });
  }

  it('a page that closes the panel of a call keeps it', async () => {
    const element = await agentElement();
    await callIsLive(element);
    element.close();
    await rendered(element);
    expect(element.state).to.equal('live');
  });

  it('Escape that only ends an input method leaves the panel open', async () => {
    const element = await agentElement({ open: '' });
    await waitUntil(() => element.shadowRoot?.querySelector('[role=dialog]:not([hidden])'));
    pressEscape(element, { isComposing: true });
    expect(element.hasAttribute('open')).to.equal(true);
  });

  it('on an insecure page the visitor reads so, whatever the server says about its address', async () => {
    server.refuse('/v1/widget/acme', 'origin_not_allowed');
    server.refuse('/v1/sessions', 'origin_not_allowed');
    const isSecure = Object.getOwnPropertyDescriptor(window, 'isSecureContext') ?? {};
    Object.defineProperty(window, 'isSecureContext', { value: false, configurable: true });
    try {
      const element = await agentElement();
      launcherOf(element).click();
      await untilState(element, 'error');
      expect(panelText(element)).to.include('Calls need a secure page');
    } finally {
      Object.defineProperty(window, 'isSecureContext', isSecure);
    }
  });

  for (const [code, title] of [
    ['tenant_paused', 'We are taking a break'],
    ['outside_hours', 'We are closed right now'],
    ['budget_exhausted', 'No calls for now'],
  ] as const) {
    it(`${code}: does not offer a retry that cannot help`, async () => {
      server.refuse('/v1/calls', code);
      const element = await agentElement();
      launcherOf(element).click();
      await untilState(element, 'error');
      expect(panelText(element)).to.include(title);
      expect(find(element, '[data-main]').textContent?.trim()).to.equal('Close');
    });
  }

  it('the focus ring has the colour of the text, whatever colour the tenant has', async () => {
    server.config.appearance = { accentColor: '#ffd400' };
    const element = await agentElement({ theme: 'light' });
    launcherOf(element).focus();
    launcherOf(element).click();
    await untilState(element, 'live');
    const close = find(element, '[part=close]');
    dialogOf(element).dispatchEvent(new KeyboardEvent('keydown', { key: 'Tab', bubbles: true }));
    close.focus({ focusVisible: true } as FocusOptions);
    const { outlineColor } = getComputedStyle(close);
    expect(outlineColor).to.equal(getComputedStyle(dialogOf(element)).color);
  });

  it('after consent was withdrawn, the focus stays in the dialog', async () => {
    server.config.consent = { version: '1', text: 'We record.' };
    const element = await agentElement();
    launcherOf(element).focus();
    launcherOf(element).click();
    await waitUntil(() => element.shadowRoot?.querySelector('[part=consent]'));
    await rendered(element);
    button(element, 'Agree and continue').click();
    await untilState(element, 'live');
    await element.end();
    await untilState(element, 'ended');
    const withdraw = button(element, 'Withdraw my consent');
    withdraw.focus();
    withdraw.click();
    await waitUntil(() => !withdraw.isConnected, 'the button to go');
    await rendered(element);
    expect(dialogOf(element).contains(element.shadowRoot?.activeElement ?? null)).to.equal(true);
  });

  it('in a call no screen reader talks over the assistant; what is written is announced', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    machine.says('assistant', 'Good morning.');
    await waitUntil(() => panelText(element).includes('Good morning.'));
    expect(find(element, '[role=log]').ariaLive).to.equal('off');
    await element.end();
    await untilState(element, 'ended');
    expect(find(element, '[role=log]').ariaLive).to.equal(null);
  });

  it('lines of text stay lines', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    machine.says('assistant', 'First\nSecond');
    await waitUntil(() => element.shadowRoot?.querySelector('[part~=line]'));
    await waitUntil(() => getComputedStyle(find(element, '[part~=line]')).whiteSpace === 'pre-line');
  });

  it('inline, the element is as wide as its panel', async () => {
    const element = await agentElement({ placement: 'inline', open: '' });
    await waitUntil(() => element.shadowRoot?.querySelector('[role=dialog]:not([hidden])'));
    const widths = [element, dialogOf(element)].map((each) => each.getBoundingClientRect().width);
    expect(widths[0]).to.equal(widths[1]);
    expect(widths[0]).to.be.at.most(360);
  });

  it('the page’s universal rules do not affect the panel', async () => {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync('* { letter-spacing: 9px; text-transform: uppercase; white-space: pre }');
    document.adoptedStyleSheets.push(sheet);
    try {
      const element = await agentElement({ open: '' });
      await waitUntil(() => element.shadowRoot?.querySelector('[role=dialog]:not([hidden])'));
      const { letterSpacing, textTransform, whiteSpace } = getComputedStyle(find(element, '[part=status]'));
      expect([letterSpacing, textTransform, whiteSpace]).to.eql(['normal', 'none', 'normal']);
    } finally {
      document.adoptedStyleSheets.pop();
    }
  });

  it('changing the mode while the panel is open shows the new one’s parts', async () => {
    const element = await agentElement({ mode: 'chat', open: '' });
    await waitUntil(() => element.shadowRoot?.querySelector('textarea'));
    element.setAttribute('mode', 'hybrid');
    await waitUntil(() => panelText(element).includes('Start the call'));
    element.setAttribute('mode', 'voice');
    await waitUntil(() => !element.shadowRoot?.querySelector('textarea'));
    expect(panelText(element)).to.include('Start the call');
  });

  it('a copy of a live element, as some routers keep it, starts from the beginning', async () => {
    const element = await agentElement();
    await callIsLive(element);
    const copy = element.cloneNode(true) as VapiAgent;
    const events = recordEvents(document.body);
    element.after(copy);
    try {
      expect(copy.state).to.equal('idle');
      expect(events.map(({ type }) => type)).to.include('vapi-agent-ready');
    } finally {
      copy.remove();
    }
  });

  it('nothing can be sent while a call is being connected, and a text that is too long is reported', async () => {
    window.machineJoins = 'never';
    const element = await agentElement({ mode: 'hybrid', open: '' });
    await waitUntil(() => element.shadowRoot?.querySelector('textarea'));
    void element.start();
    await untilState(element, 'connecting');
    await waitUntil(() => button(element, 'Send').ariaDisabled === 'true');
    await element.end();
    window.machineJoins = 'at once';
    void element.start();
    await untilState(element, 'live');
    await waitUntil(() => button(element, 'Send').ariaDisabled === 'false');
    find<HTMLTextAreaElement>(element, 'textarea').value = '"'.repeat(3900);
    button(element, 'Send').click();
    await waitUntil(() => panelText(element).includes('Your message could not be sent.'));
    expect(find<HTMLTextAreaElement>(element, 'textarea').value).to.have.length(3900);
  });

  it('an avatar that cannot be loaded is replaced by the initial', async () => {
    server.config.appearance = { avatarUrl: `${location.origin}/no-such-avatar.png` };
    const element = await agentElement({ open: '' });
    await waitUntil(() => element.shadowRoot?.querySelector('[part=avatar]')?.textContent === 'A');
  });

  it('eager: panel and settings are loaded before any intent, but no session', async () => {
    const element = await agentElement();
    const eager = element.cloneNode() as VapiAgent;
    eager.setAttribute('eager', '');
    element.replaceWith(eager);
    await waitUntil(() => eager.shadowRoot?.querySelector('vapi-agent-panel'));
    await waitUntil(() => server.paths.length > 0);
    expect(server.paths).to.eql(['/v1/widget/acme']);
    expect(eager.hasAttribute('open')).to.equal(false);
    eager.remove();
  });
});
