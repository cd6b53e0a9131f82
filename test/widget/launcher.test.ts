/** The element before and around a call: what it loads when, opening and closing, its place in the page. */
import { aTimeout, expect, fixture, html, nextFrame } from '@open-wc/testing';
import { load } from '../../widget/load.ts';
import { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  button,
  callIsLive,
  dialogOf,
  find,
  json,
  launcherOf,
  recordEvents,
  rendered,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

describe('launcher', () => {
  let server: StubServer;
  beforeEach(() => {
    server = new StubServer();
    window.machineJoins = 'at once';
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) await element.end();
    server.restore();
  });

  it('asks for nothing, stores nothing and loads nothing before intent', async () => {
    performance.clearResourceTimings();
    const element = await agentElement();
    await nextFrame();
    expect(server.requests).to.eql([]);
    expect(performance.getEntriesByType('resource')).to.eql([]);
    expect([localStorage.length, sessionStorage.length, document.cookie]).to.eql([0, 0, '']);
    expect(element.shadowRoot?.querySelector('vapi-agent-panel')).to.equal(null);
    expect(document.getAnimations()).to.eql([]);
  });

  it('is one button with a name, a popup and a state', async () => {
    const element = await agentElement({ label: 'Call us' });
    const launcher = launcherOf(element);
    expect(launcher.textContent).to.equal('Call us');
    expect(launcher.getAttribute('aria-haspopup')).to.equal('dialog');
    expect(element.state).to.equal('idle');
    element.setAttribute('label', 'Ring');
    expect(launcher.textContent).to.equal('Ring');
    element.removeAttribute('label');
    expect(launcher.textContent).to.equal('Talk to us');
  });

  for (const intent of ['pointerenter', 'focus']) {
    it(`${intent} fetches ahead, once, and shows nothing`, async () => {
      const element = await agentElement();
      launcherOf(element).dispatchEvent(new Event(intent));
      launcherOf(element).dispatchEvent(new Event(intent));
      await waitUntil(() => server.requests.length === 2);
      expect(server.paths.toSorted()).to.eql(['/v1/sessions', '/v1/widget/acme']);
      expect(element.state).to.equal('idle');
      await waitUntil(() => element.shadowRoot?.querySelector('[role=dialog]'));
      expect(dialogOf(element).hidden).to.equal(true);
      launcherOf(element).dispatchEvent(new Event(intent));
      await nextFrame();
      expect(server.requests).to.have.length(2);
    });
  }

  it('fetching ahead that fails is silent, and the click asks again', async () => {
    server.answers.set('/v1/sessions', () => Promise.reject(new TypeError('offline')));
    server.answers.set('/v1/widget/acme', () => json({}, 500));
    const element = await agentElement();
    const events = recordEvents(element);
    launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => server.requests.length === 2);
    expect(element.state).to.equal('idle');
    server.answers.clear();
    await callIsLive(element);
    expect(events.map(({ type }) => type)).not.to.include('vapi-agent-error');
  });

  it('an expired session is not used', async () => {
    server.sessionLifeMs = 1000;
    const element = await agentElement();
    const sessions = () => server.paths.filter((path) => path === '/v1/sessions').length;
    // Once the first answer is read, intent asks again.
    await waitUntil(() => {
      launcherOf(element).dispatchEvent(new Event('pointerenter'));
      return sessions() === 2;
    });
    server.sessionLifeMs = 60_000;
    await callIsLive(element);
    const call = server.requests.find(({ path }) => path === '/v1/calls');
    expect(call?.body).not.to.eql({ session: 'session-1' });
  });

  it('too many sessions fetched ahead by others do not prevent a click’s call', async () => {
    const session = { session: 'of-the-click', expiresAt: new Date(Date.now() + 60_000).toISOString() };
    server.answers.set('/v1/sessions', ({ query }) =>
      query === '?ahead=true' ? json({ code: 'rate_limited' }, 429) : json(session, 201),
    );
    const element = await agentElement();
    launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => server.paths.includes('/v1/sessions'));
    await callIsLive(element);
    expect(server.requests.filter(({ path }) => path === '/v1/sessions').map(({ query }) => query)).to.eql([
      '?ahead=true',
      '',
    ]);
    const call = server.requests.find(({ path }) => path === '/v1/calls');
    expect(call?.body).to.eql({ session: 'of-the-click' });
  });

  it('a fresh one is, with the variables of the page and without a preflight', async () => {
    const element = await agentElement({ variables: '{"name":"Ada","visits":3}' });
    launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => server.paths.includes('/v1/sessions'));
    await callIsLive(element);
    const call = server.requests.find(({ path }) => path === '/v1/calls');
    expect(call?.body).to.eql({ session: 'session-1', variableValues: { name: 'Ada', visits: 3 } });
    for (const request of server.requests.filter(({ method }) => method === 'POST')) {
      expect(request.contentType).to.match(/^text\/plain/);
    }
  });

  it('a call ends when its element is removed, not when it is moved', async () => {
    const element = await agentElement();
    await callIsLive(element);
    const elsewhere = await fixture(html`<div></div>`);
    elsewhere.append(element);
    await nextFrame();
    expect(element.state).to.equal('live');
    const heard = recordEvents(document);
    element.remove();
    await untilState(element, 'ended');
    expect(
      heard.map(({ type }) => type),
      'where a page counts its calls',
    ).to.include('vapi-agent-call-end');
    expect(server.paths.at(-1)).to.match(/\/end$/);
    elsewhere.append(element);
    await callIsLive(element);
  });

  it('Escape closes the panel and returns the focus; a live call continues and the launcher says so', async () => {
    const element = await agentElement();
    launcherOf(element).focus();
    await callIsLive(element);
    expect(element.shadowRoot?.activeElement).to.equal(dialogOf(element));
    dialogOf(element).dispatchEvent(new KeyboardEvent('keydown', { key: 'Escape', bubbles: true }));
    await waitUntil(() => element.shadowRoot?.activeElement === launcherOf(element));
    expect(element.state).to.equal('live');
    expect(element.hasAttribute('open')).to.equal(false);
    await waitUntil(() => launcherOf(element).textContent === 'Back to the call');
    launcherOf(element).click();
    await waitUntil(() => !dialogOf(element).hidden);
    expect(server.paths.filter((path) => path === '/v1/calls')).to.have.length(1);
    await element.end();
    element.close();
    await waitUntil(() => launcherOf(element).textContent === 'Talk to us');
    expect(element.state).to.equal('idle');
  });

  it('the focus moves on when its button goes away', async () => {
    const element = await agentElement();
    await callIsLive(element);
    button(element, 'Hang up').focus();
    button(element, 'Hang up').click();
    await untilState(element, 'ended');
    await waitUntil(() => element.shadowRoot?.activeElement === button(element, 'Talk again'));
  });

  it('an element that is open from the start shows its panel, starts nothing and leaves the focus alone', async () => {
    const input = await fixture<HTMLInputElement>(html`<input aria-label="Name">`);
    input.focus();
    const element = await agentElement({ open: '' });
    await waitUntil(() => element.shadowRoot?.querySelector('[role=dialog]:not([hidden])'));
    await nextFrame();
    expect(document.activeElement).to.equal(input);
    expect(server.paths).not.to.include('/v1/sessions');
    expect(element.state).to.equal('idle');
  });

  it('in the modes with text the launcher opens the panel, and the call waits for its own button', async () => {
    for (const mode of ['chat', 'hybrid']) {
      const element = await agentElement({ mode });
      launcherOf(element).click();
      await waitUntil(() => element.shadowRoot?.querySelector('[role=dialog]:not([hidden])'));
      await rendered(element);
      expect(element.state).to.equal('idle');
      const buttons = [...dialogOf(element).querySelectorAll('button')].map(({ textContent }) =>
        textContent?.trim(),
      );
      expect(buttons.includes('Start the call')).to.equal(mode === 'hybrid');
    }
  });

  it('shows the looks and the texts of the tenant, under those of the page', async () => {
    server.config = {
      ...server.config,
      appearance: { accentColor: '#ffcc00', radius: 4, theme: 'dark', placement: 'bottom-left' },
      texts: { greeting: 'Good day!', unknownKey: 'ignored' },
    };
    const element = await agentElement({ mode: 'hybrid' });
    element.show();
    await waitUntil(() =>
      element.shadowRoot?.querySelector('[role=dialog]')?.textContent?.includes('Good day!'),
    );
    const primary = getComputedStyle(find(element, '.primary'));
    expect(primary.backgroundColor).to.equal('rgb(255, 204, 0)');
    expect(getComputedStyle(element).colorScheme).to.equal('dark');
    expect(getComputedStyle(element).left).to.equal('20px');
    element.setAttribute('theme', 'light');
    element.setAttribute('placement', 'top-right');
    element.style.setProperty('--vapi-agent-accent', 'rgb(1, 2, 3)');
    expect(getComputedStyle(element).colorScheme).to.equal('light');
    expect(getComputedStyle(element).top).to.equal('20px');
    expect(getComputedStyle(find(element, '.primary')).backgroundColor).to.equal('rgb(1, 2, 3)');
  });

  it('a late change of the tenant discards what was fetched for the other', async () => {
    const element = await agentElement();
    launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => server.paths.length === 2);
    element.setAttribute('tenant', 'globex');
    await nextFrame();
    await callIsLive(element);
    expect(server.requests.filter(({ path }) => path === '/v1/sessions').map(({ body }) => body)).to.eql([
      { tenant: 'acme' },
      { tenant: 'globex' },
    ]);
    await waitUntil(() => server.paths.includes('/v1/widget/globex'));
  });

  it('asks for the assistant that the page names, and a late change discards the session of the other', async () => {
    const element = await agentElement({ assistant: 'sales' });
    launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => server.paths.length === 2);
    element.setAttribute('assistant', 'support');
    await nextFrame();
    await callIsLive(element);
    expect(server.requests.filter(({ path }) => path === '/v1/sessions').map(({ body }) => body)).to.eql([
      { tenant: 'acme', assistant: 'sales' },
      { tenant: 'acme', assistant: 'support' },
    ]);
  });

  it('a second inclusion of the script keeps the first class and does not complain', async () => {
    const copy = '../../widget/define.ts?second-copy';
    await import(copy);
    expect(customElements.get('vapi-agent')).to.equal(VapiAgent);
  });

  it('the slots and the custom properties of the page reach the launcher and the panel', async () => {
    const element = await agentElement({ mode: 'hybrid' });
    element.innerHTML = '<b slot="launcher">Speak</b><em slot="header">Our dentist</em>';
    const slot = find<HTMLSlotElement>(element, 'slot[name=launcher]');
    expect(slot.assignedElements().map((node) => node.textContent)).to.eql(['Speak']);
    element.show();
    await waitUntil(() => element.shadowRoot?.querySelector('slot[name=header]'));
    expect(find<HTMLSlotElement>(element, 'slot[name=header]').assignedElements()[0]?.textContent).to.equal(
      'Our dentist',
    );
  });

  it('takes no space in the page and leaks no style into it', async () => {
    const before = document.body.scrollHeight;
    const sheets = document.styleSheets.length + document.adoptedStyleSheets.length;
    const element = await agentElement({ mode: 'hybrid' });
    element.show();
    await waitUntil(() => element.shadowRoot?.querySelector('[role=dialog]:not([hidden])'));
    expect(document.body.scrollHeight).to.equal(before);
    expect(document.styleSheets.length + document.adoptedStyleSheets.length).to.equal(sheets);
    expect(element.shadowRoot?.querySelectorAll('style, [style]')).to.have.length(0);
  });

  it('a failed lazy chunk is requested again at an address that the browser has not given up', async () => {
    const offline = () => Promise.reject<{ isLoaded: boolean }>(new TypeError('offline'));
    const missing = (path: string) =>
      Object.assign(() => offline(), { toString: () => `()=>import(\`${path}\`)` });
    expect((await load(missing('./../test/widget/lazy-chunk.js'))).isLoaded).to.equal(true);
    // This script was copied to another server than its chunks.
    expect((await load(missing('./lazy-chunk.js'), `${location.origin}/test/widget`)).isLoaded).to.equal(
      true,
    );
    const unknown = await load(() => offline()).catch((error) => error);
    expect(unknown.message).to.equal('offline');
  });

  it('methods called before anything is loaded are harmless', async () => {
    const element = await agentElement();
    element.close();
    await element.mute();
    await element.unmute();
    await element.end();
    expect(await element.send('hello')).to.equal(false);
    await aTimeout(0);
    expect(server.requests).to.eql([]);
    expect(element.state).to.equal('idle');
  });
});
