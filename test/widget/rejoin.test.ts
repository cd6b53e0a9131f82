/** A call continues from page to page if its tenant wants that, in the tab where it began, never without consent. */
import { expect, fixture, html } from '@open-wc/testing';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  audit,
  button,
  callIsLive,
  launcherOf,
  panelText,
  proxyGrant,
  recordEvents,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

const key = 'vapi-agent';
const kept = () => JSON.parse(sessionStorage.getItem(key) ?? 'null');
const grant = { ...proxyGrant, rejoinWithinSeconds: 30 };
const ok = () => new Response(null, { status: 204 });

/** What a page that was just left has written. */
const left = (changes: object = {}) => ({
  tenant: 'acme',
  server: 'https://agents.test/',
  open: true,
  grant,
  page: 0,
  liveSince: Date.now() - 65_000,
  leftAt: Date.now() - 1000,
  muted: false,
  transcript: [{ id: 0, role: 'assistant', final: ['Which day suits you?'], partial: '', open: true }],
  ...changes,
});

describe('a change of page', () => {
  let server: StubServer;
  let permission: PermissionState;
  const query = navigator.permissions.query;
  beforeEach(() => {
    server = new StubServer();
    server.grant = grant;
    for (const verb of ['leave', 'rejoin']) server.answers.set(`/v1/calls/${grant.callId}/${verb}`, ok);
    window.machineJoins = 'at once';
    delete window.machine;
    sessionStorage.clear();
    localStorage.clear();
    permission = 'granted';
    navigator.permissions.query = async () => ({ state: permission }) as PermissionStatus;
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) await element.end();
    navigator.permissions.query = query;
    server.restore();
  });

  /** An element that has its attributes when the page loads. */
  const nextPage = (tenant = 'acme') =>
    fixture<VapiAgent>(html`<vapi-agent tenant=${tenant} server="https://agents.test" rejoin></vapi-agent>`);
  const isLoaded = (element: Element) =>
    waitUntil(() => element.shadowRoot?.querySelector('vapi-agent-panel'));
  const isOffered = (element: Element) =>
    waitUntil(() => element.shadowRoot?.textContent?.includes('Your call is still on'));
  const said = (verb: string) => server.requests.filter(({ path }) => path.endsWith(`/${verb}`));
  const leavePage = () => dispatchEvent(new PageTransitionEvent('pagehide'));

  /** A page that is left before it has this part ends its call. Requested after the element's, so answered after it. */
  const canKeep = async () => {
    await import('../../widget/left-call.ts');
    await new Promise((resolve) => setTimeout(resolve));
  };

  it('keeps the call in the tab’s storage only while no page has it, and notifies the server', async () => {
    const element = await nextPage();
    const events = recordEvents(element);
    const machine = await callIsLive(element);
    await canKeep();
    machine.says('assistant', 'Which day suits you?');
    await waitUntil(() => panelText(element).includes('Which day'));
    expect(kept()).to.equal(null);
    leavePage();
    await waitUntil(() => said('leave').length === 1);
    expect(said('leave')[0]).to.deep.include({ method: 'BEACON', body: { token: grant.endToken, page: 0 } });
    expect(said('end')).to.eql([]);
    expect(kept()).to.deep.include({
      tenant: 'acme',
      server: 'https://agents.test/',
      open: true,
      page: 0,
      muted: false,
    });
    expect(kept().grant.webCallUrl).to.equal(grant.webCallUrl);
    expect(kept().transcript[0].final).to.eql(['Which day suits you?']);
    await untilState(element, 'idle');
    expect(machine.sent.map(({ type }) => type)).not.to.include('end-call');
    expect(events.map(({ type }) => type)).not.to.include('vapi-agent-call-end');
  });

  it('is kept whole on a page whose library changes how arrays become JSON', async () => {
    const arrays = Array.prototype as unknown as { toJSON?: () => string };
    const element = await nextPage();
    const machine = await callIsLive(element);
    await canKeep();
    machine.says('assistant', 'Which day suits you?');
    await waitUntil(() => panelText(element).includes('Which day'));
    arrays.toJSON = function (this: unknown[]) {
      return `[${this.join()}]`;
    };
    try {
      leavePage();
    } finally {
      delete arrays.toJSON;
    }
    expect(kept().transcript[0].final).to.eql(['Which day suits you?']);
  });

  it('a page that the browser renders ahead continues nothing before it is shown', async () => {
    sessionStorage.setItem(key, JSON.stringify(left()));
    Object.defineProperty(document, 'prerendering', { value: true, configurable: true });
    const element = await nextPage();
    await isLoaded(element);
    await canKeep();
    expect(kept()).not.to.equal(null);
    Reflect.deleteProperty(document, 'prerendering');
    document.dispatchEvent(new Event('prerenderingchange'));
    await untilState(element, 'live');
  });

  for (const [what, open, ofServer] of [
    ['the page does not say so', () => agentElement(), grant],
    ['the tenant does not want it', () => nextPage(), proxyGrant],
  ] as const) {
    it(`ends the call if ${what}`, async () => {
      server.grant = ofServer;
      const element = await open();
      await callIsLive(element);
      leavePage();
      await waitUntil(() => said('end').length === 1);
      expect(said('end')[0]?.method).to.equal('BEACON');
      expect([said('leave').length, kept()]).to.eql([0, null]);
    });
  }

  it('the next page continues automatically: same room, same length, same transcript, no new call', async () => {
    sessionStorage.setItem(key, JSON.stringify(left({ muted: true })));
    const events = recordEvents(document);
    const element = await nextPage();
    await untilState(element, 'live');
    expect(kept()).to.equal(null);
    expect(said('rejoin')[0]?.body).to.eql({ token: grant.endToken, page: 1 });
    expect(server.paths).not.to.include('/v1/calls').and.not.to.include('/v1/sessions');
    expect(window.machine?.joinedUrl).to.equal(grant.webCallUrl);
    expect(panelText(element)).to.include('Which day suits you?').and.include('1:05');
    expect(button(element, 'Mute').getAttribute('aria-pressed')).to.equal('true');
    await waitUntil(() => events.some(({ type }) => type === 'vapi-agent-call-start'));
    expect(events.find(({ type }) => type.endsWith('call-start'))?.detail).to.eql({
      callId: grant.callId,
      rejoined: true,
    });
    expect(events.map(({ type }) => type)).not.to.include('vapi-agent-before-call');
    leavePage();
    await waitUntil(() => said('leave').length === 1);
    expect([said('leave')[0]?.body?.page, kept().page]).to.eql([1, 1]);
  });

  it('a closed panel stays closed, and the launcher leads back', async () => {
    sessionStorage.setItem(key, JSON.stringify(left({ open: false })));
    const element = await nextPage();
    await untilState(element, 'live');
    expect(element.hasAttribute('open')).to.equal(false);
    expect(launcherOf(element).textContent).to.equal('Back to the call');
  });

  it('if the microphone has to be asked for, it waits for one tap', async () => {
    permission = 'prompt';
    sessionStorage.setItem(key, JSON.stringify(left()));
    const element = await nextPage();
    await isOffered(element);
    expect([element.state, said('rejoin').length]).to.eql(['idle', 0]);
    await audit(element);
    button(element, 'Back to the call').click();
    await untilState(element, 'live');
    expect(said('rejoin')).to.have.length(1);
  });

  it('a page that is left before the tap passes the call on unchanged', async () => {
    permission = 'prompt';
    const before = left();
    sessionStorage.setItem(key, JSON.stringify(before));
    const element = await nextPage();
    await isOffered(element);
    expect(kept()).to.equal(null);
    leavePage();
    expect(kept()).to.eql(before);
    expect(said('leave')).to.eql([]);
  });

  it('closing the panel instead of tapping ends the call', async () => {
    permission = 'prompt';
    sessionStorage.setItem(key, JSON.stringify(left()));
    const element = await nextPage();
    await isOffered(element);
    element.close();
    await waitUntil(() => said('end').length === 1);
    element.show();
    await waitUntil(() => element.shadowRoot?.textContent?.includes('Hello! How can we help?'));
    leavePage();
    expect(kept()).to.equal(null);
  });

  it('nothing is joined without consent to the current version; the call is ended', async () => {
    server.config = { ...server.config, consent: { version: '2', text: 'We record calls.' } };
    localStorage.setItem('vapi-agent.consent.acme', '1');
    sessionStorage.setItem(key, JSON.stringify(left()));
    const element = await nextPage();
    await waitUntil(() => said('end').length === 1);
    expect(said('end')[0]?.body).to.eql({ token: grant.endToken });
    expect([element.state, kept(), said('rejoin').length]).to.eql(['idle', null, 0]);
    expect(window.machine).to.equal(undefined);
  });

  it('continues with consent to the current version', async () => {
    server.config = { ...server.config, consent: { version: '2', text: 'We record calls.' } };
    localStorage.setItem('vapi-agent.consent.acme', '2');
    sessionStorage.setItem(key, JSON.stringify(left()));
    await untilState(await nextPage(), 'live');
  });

  for (const [what, text] of [
    ['was left too long ago', () => JSON.stringify(left({ leftAt: Date.now() - 31_000 }))],
    ['has lasted as long as it may', () => JSON.stringify(left({ liveSince: Date.now() - 601_000 }))],
    ['is nonsense', () => '{"tenant":"acme"'],
    ['is not of our making', () => JSON.stringify(left({ grant: { mode: 'proxy' } }))],
  ] as const) {
    it(`a call that ${what} is silently removed`, async () => {
      sessionStorage.setItem(key, text());
      const element = await nextPage();
      await isLoaded(element);
      await waitUntil(() => sessionStorage.getItem(key) === null);
      expect([element.state, element.hasAttribute('open'), server.requests]).to.eql(['idle', false, []]);
    });
  }

  it('a call that is over at the server is silently forgotten', async () => {
    server.answers.set(`/v1/calls/${grant.callId}/rejoin`, () => new Response('{}', { status: 404 }));
    sessionStorage.setItem(key, JSON.stringify(left({ open: false })));
    const element = await nextPage();
    await waitUntil(() => said('rejoin').length === 1);
    await untilState(element, 'idle');
    expect([element.hasAttribute('open'), kept(), said('end').length]).to.eql([false, null, 0]);
    await callIsLive(element);
  });

  it('another tenant’s call is left to that tenant’s own element', async () => {
    sessionStorage.setItem(key, JSON.stringify(left({ tenant: 'other' })));
    const element = await nextPage();
    await isLoaded(element);
    const own = await nextPage('other');
    await untilState(own, 'live');
    expect([element.state, said('rejoin').length]).to.eql(['idle', 1]);
  });

  it('in a duplicated tab the call stays with the first one', async () => {
    const first = await nextPage();
    await callIsLive(first);
    sessionStorage.setItem(key, JSON.stringify(left()));
    const copy = await nextPage();
    await isLoaded(copy);
    await waitUntil(() => sessionStorage.getItem(key) === null);
    await untilState(copy, 'idle');
    expect([first.state, said('rejoin').length, said('end').length]).to.eql(['live', 0, 0]);
  });

  it('a page without the attribute reads no storage', async () => {
    sessionStorage.setItem(key, JSON.stringify(left()));
    const element = await agentElement();
    await new Promise((resolve) => requestAnimationFrame(resolve));
    expect(element.shadowRoot?.querySelector('vapi-agent-panel')).to.equal(null);
    expect(kept()).not.to.equal(null);
  });
});
