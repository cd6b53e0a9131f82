/** A page's own interface: the same rules as the element's, without an element. */
import { expect } from '@open-wc/testing';
import { type AgentOptions, createAgent, type HeadlessAgent } from '../../widget/headless.ts';
import {
  agentElement,
  callIsLive,
  type Machine,
  microphone,
  names,
  proxyGrant,
  recordEvents,
  stageCalls,
  waitUntil,
} from './support.ts';

describe('headless', () => {
  const stage = stageCalls();
  let agent: HeadlessAgent | undefined;
  beforeEach(() => localStorage.clear());
  afterEach(async () => {
    await agent?.withdrawConsent();
    agent = undefined;
  });

  const make = (options: Partial<AgentOptions> = {}): HeadlessAgent => {
    agent = createAgent({ tenant: 'acme', server: 'https://agents.test', ...options });
    return agent;
  };
  const isLive = async (own: HeadlessAgent): Promise<Machine> => {
    await own.start();
    expect(own.state.phase).to.equal('live');
    return window.machine as Machine;
  };

  it('requests nothing before its first method; what is prepared is one request from the call', async () => {
    const own = make({ variables: { plan: 'free' }, identity: 'of-someone' });
    own.identify('of-ada');
    expect(own.state.phase).to.equal('idle');
    expect(stage.server.paths).to.eql([]);
    own.prepare();
    await waitUntil(() => stage.server.paths.length === 2);
    await isLive(own);
    expect(stage.server.paths.slice(2)).to.eql(['/v1/calls']);
    expect(stage.server.requests.at(-1)?.body).to.deep.include({
      ...{ variableValues: { plan: 'free' }, identity: 'of-ada' },
    });
    expect(own.settings?.name).to.equal('Acme Dental');
    expect(document.querySelector('vapi-agent')).to.equal(null);
  });

  it('has the element’s events, on itself and on the document, and a new state after each change', async () => {
    const own = make();
    const seen: string[] = [];
    own.addEventListener('change', () => {
      if (seen.at(-1) !== own.state.phase) seen.push(own.state.phase);
    });
    const ended: (string | null)[] = [];
    own.addEventListener('vapi-agent-call-end', ({ detail }) => ended.push(detail.callId));
    const events = recordEvents(document);
    const machine = await isLive(own);
    machine.says('assistant', 'Hello');
    await waitUntil(() => own.state.transcript.length === 1);
    expect(own.send('Good morning')).to.equal(true);
    own.mute();
    expect(own.state.muted).to.equal(true);
    own.unmute();
    expect(own.state.muted).to.equal(false);
    await own.end();
    expect(names(events).filter((name) => name !== 'volume')).to.eql([
      ...['before-call', 'call-start', 'transcript', 'transcript', 'call-end'],
    ]);
    expect(seen).to.eql(['preparing', 'connecting', 'live', 'ending', 'ended']);
    expect(ended).to.eql([proxyGrant.callId]);
    expect(Object.isFrozen(own.state)).to.equal(true);
    expect(own.send('late')).to.equal(false);
  });

  it('asks for the terms before the microphone; a visitor who declines starts nothing', async () => {
    const consent = { version: '2026-11', text: 'We record this call.' };
    stage.server.config = { ...stage.server.config, consent };
    let asked = 0;
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const restore = microphone(() => {
      asked += 1;
      return real({ audio: true });
    });
    try {
      const own = make();
      void own.start();
      await waitUntil(() => own.state.askingConsent);
      expect(own.settings?.consent).to.eql(consent);
      await own.end();
      expect(asked).to.equal(0);
      expect(stage.server.paths).not.to.include('/v1/calls');
      const started = own.start();
      await waitUntil(() => own.state.askingConsent);
      own.agree();
      await started;
      expect(own.state.phase).to.equal('live');
      expect(stage.server.requests.findLast(({ path }) => path === '/v1/calls')?.body).to.deep.include({
        consent: '2026-11',
      });
    } finally {
      restore();
    }
  });

  it('says why nothing started, in the page’s language, and reads changed settings at the next attempt', async () => {
    stage.server.refuse('/v1/sessions', 'outside_hours');
    const own = make({ lang: 'de' });
    const messages: string[] = [];
    own.addEventListener('vapi-agent-error', ({ detail }) => messages.push(detail.message));
    await own.start();
    expect(own.state.failure?.code).to.equal('outside_hours');
    await waitUntil(() => messages.length === 1);
    expect(messages[0]).to.match(/geschlossen|erreichbar|Öffnungszeiten|Zeiten/i);
    stage.server.answers.delete('/v1/sessions');
    await isLive(own);
    expect(stage.server.paths.filter((path) => path === '/v1/widget/acme').length).to.equal(2);
  });

  it('writes a conversation without a call', async () => {
    const events = [{ delta: 'We open ' }, { delta: 'at nine.' }, { chat: 'chat-1' }];
    const body = events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('');
    stage.server.answers.set(
      '/v1/chats',
      () => new Response(body, { headers: { 'content-type': 'text/event-stream' } }),
    );
    const own = make();
    expect(await own.write(' ')).to.equal(false);
    expect(await own.write(' When do you open? ')).to.equal(true);
    expect(own.state.transcript.map(({ final }) => final.join(' '))).to.eql([
      'When do you open?',
      'We open at nine.',
    ]);
    stage.server.refuse('/v1/chats', 'budget_exhausted');
    expect(await own.write('And on Sunday?')).to.equal(false);
    expect(own.state.chatFailure?.code).to.equal('budget_exhausted');
  });

  it('rates the last call, and no other', async () => {
    const path = `/v1/calls/${proxyGrant.callId}/feedback`;
    stage.server.answers.set(path, () => new Response(null, { status: 204 }));
    const own = make();
    expect(await own.rate('good')).to.equal(false);
    await isLive(own);
    await own.end();
    expect(await own.rate('good', 'Quick')).to.equal(true);
    expect(stage.server.requests.findLast((request) => request.path === path)?.body).to.eql({
      ...{ token: 'end-token', rating: 'good', comment: 'Quick' },
    });
    stage.server.refuse(path, 'internal_error');
    expect(await own.rate('bad')).to.equal(false);
  });

  it('is one call with the elements of the page', async () => {
    await callIsLive(await agentElement());
    const own = make();
    await own.start();
    expect(own.state.failure?.code).to.equal('page_busy');
  });

  it('needs a tenant', () => {
    expect(() => createAgent({ tenant: '' })).to.throw(TypeError);
  });
});
