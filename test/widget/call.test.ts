/** A call from click to end, through the real SDK. */
import { expect } from '@open-wc/testing';
import {
  agentElement,
  button,
  callIsLive,
  dialogOf,
  json,
  keyGrant,
  launcherOf,
  microphone,
  names,
  panelText,
  proxyGrant,
  recordEvents,
  rendered,
  stageCalls,
  untilState,
  waitUntil,
} from './support.ts';

describe('call', () => {
  const stage = stageCalls();

  it('goes from the click through one request to our server into the room that the grant names', async () => {
    const element = await agentElement();
    launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => stage.server.paths.length === 2);
    const machine = await callIsLive(element);
    expect(stage.server.paths.slice(2)).to.eql(['/v1/calls']);
    expect(machine.joinedUrl).to.equal(proxyGrant.webCallUrl);
    expect(panelText(element)).to.include('Connected').and.to.include('0:00');
    expect(stage.consoleErrors).to.eql([]);
  });

  it('ends a little after its limit if its end went unnoticed, and leaves the browser free for the next one', async () => {
    const realTimeout = window.setTimeout;
    let atLimit: (() => void) | undefined;
    window.setTimeout = ((run: () => void, ms?: number) => {
      if (ms !== (proxyGrant.maxDurationSeconds + 30) * 1000) return realTimeout(run, ms);
      atLimit = run;
      return 0;
    }) as typeof setTimeout;
    try {
      const element = await agentElement();
      await callIsLive(element);
      atLimit?.();
      await untilState(element, 'ended');
      await callIsLive(element);
    } finally {
      window.setTimeout = realTimeout;
    }
  });

  it('notifies the page of everything in order, with its details', async () => {
    const element = await agentElement();
    const events = recordEvents(document);
    const machine = await callIsLive(element);
    machine.says('assistant', 'Hello');
    machine.level(0.075);
    await waitUntil(() => names(events).includes('volume'));
    await element.end();
    element.close();
    await waitUntil(() => names(events).includes('close'));
    expect(names(events)).to.eql([
      'open',
      'before-call',
      'call-start',
      'transcript',
      'volume',
      'call-end',
      'close',
    ]);
    expect(events.map(({ detail }) => detail)).to.eql([
      null,
      { variables: {} },
      { callId: proxyGrant.callId, rejoined: false },
      { role: 'assistant', text: 'Hello', final: true },
      { role: 'assistant', level: 0.5 },
      { callId: proxyGrant.callId, seconds: 0, reason: 'customer-ended-call' },
      null,
    ]);
    expect(events.every(({ bubbles, composed }) => bubbles && composed)).to.equal(true);
  });

  it('the page can cancel it, or change its variables, before anything is asked or sent', async () => {
    const element = await agentElement({ variables: '{"plan":"free"}' });
    let asked = 0;
    const restore = microphone(() => {
      asked += 1;
      return Promise.reject(new DOMException('no', 'NotAllowedError'));
    });
    element.addEventListener('vapi-agent-before-call', (event) => event.preventDefault(), { once: true });
    await element.start();
    restore();
    expect(element.state).to.equal('idle');
    expect([asked, stage.server.paths.includes('/v1/calls')]).to.eql([0, false]);

    element.addEventListener('vapi-agent-before-call', ({ detail }) => {
      detail.variables.plan = 'pro';
    });
    await callIsLiveByMethod(element);
    expect(stage.server.requests.find(({ path }) => path === '/v1/calls')?.body).to.include({
      session: 'session-1',
    });
    expect(stage.server.requests.find(({ path }) => path === '/v1/calls')?.body?.variableValues).to.eql({
      plan: 'pro',
    });
  });

  it('the identity is what the page says when the call is started, and only then', async () => {
    const element = await agentElement({ identity: 'of-yesterday' });
    element.addEventListener('vapi-agent-before-call', () => element.setAttribute('identity', 'of-now'));
    await callIsLiveByMethod(element);
    const bodies = stage.server.requests.map(({ path, body }) => [path, body?.identity]);
    expect(bodies.filter(([, identity]) => identity)).to.eql([['/v1/calls', 'of-now']]);
  });

  const callIsLiveByMethod = async (element: Awaited<ReturnType<typeof agentElement>>): Promise<void> => {
    await element.start();
    expect(element.state).to.equal('live');
    await rendered(element);
  };

  it('shows the transcript as it grows, guesses for the eyes only', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    machine.says('assistant', 'How can I help?');
    machine.says('user', 'I would li', 'partial');
    await waitUntil(() => panelText(element).includes('I would li'));
    const log = dialogOf(element).querySelector('[role=log]') as HTMLElement;
    expect(log.querySelector('.partial')?.getAttribute('aria-hidden')).to.equal('true');
    machine.says('user', 'I would like an appointment.');
    await waitUntil(() => panelText(element).includes('I would like an appointment.'));
    const lines = [...log.querySelectorAll('.line')].map((line) => line.textContent?.trim());
    expect(lines).to.eql(['Assistant: How can I help?', 'You: I would like an appointment.']);
  });

  it('unknown and malformed messages are ignored', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    for (const odd of [
      {},
      { type: 'transcript' },
      { type: 'transcript', role: 'user', transcript: { a: 1 } },
      { type: 'new-thing' },
      [],
    ]) {
      machine.app(odd);
    }
    machine.app({
      type: 'transcript[transcriptType="final"]',
      role: 'assistant',
      transcriptType: 'final',
      transcript: 'Still here',
    });
    await waitUntil(() => panelText(element).includes('Still here'));
    expect(dialogOf(element).querySelectorAll('.line')).to.have.length(1);
  });

  it('mutes and unmutes, with the button saying so', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    const mute = button(element, 'Mute');
    expect(mute.getAttribute('aria-pressed')).to.equal('false');
    mute.click();
    await waitUntil(() =>
      machine.received.some(({ action, state }) => action === 'local-audio' && state === false),
    );
    await rendered(element);
    expect(mute.getAttribute('aria-pressed')).to.equal('true');
    await element.unmute();
    await waitUntil(() =>
      machine.received.some(({ action, state }) => action === 'local-audio' && state === true),
    );
  });

  it('a call muted while it starts is muted when it is live', async () => {
    const element = await agentElement();
    const started = element.start();
    void element.mute();
    await started;
    await waitUntil(() =>
      window.machine?.received.some(({ action, state }) => action === 'local-audio' && !state),
    );
  });

  it('sends typed words into the live call and shows them once', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    expect(await element.send('Do you open on Sunday?')).to.equal(true);
    await waitUntil(() => machine.sent.length > 0);
    expect(machine.sent[0]).to.deep.include({
      type: 'add-message',
      message: { role: 'user', content: 'Do you open on Sunday?' },
    });
    expect(await element.send('x'.repeat(5000))).to.equal(false);
    machine.app({
      type: 'conversation-update',
      messagesOpenAIFormatted: [
        { role: 'system', content: 'secret' },
        { role: 'user', content: 'Do you open on Sunday?' },
      ],
    });
    machine.says('assistant', 'No.');
    await waitUntil(() => panelText(element).includes('No.'));
    expect(panelText(element)).not.to.include('secret');
    expect(dialogOf(element).querySelectorAll('.line')).to.have.length(2);
  });

  it('hanging up tells the room and the server, and leaves no player in the page', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    await waitUntil(() => document.querySelector('audio[data-participant-id]'));
    button(element, 'Hang up').click();
    await untilState(element, 'ended');
    expect(machine.sent.map(({ type }) => type)).not.to.include('end-call');
    await waitUntil(() => stage.server.paths.at(-1)?.endsWith('/end'));
    expect(stage.server.requests.at(-1)).to.deep.include({
      path: `/v1/calls/${proxyGrant.callId}/end`,
      body: { token: proxyGrant.endToken },
    });
    expect(document.querySelectorAll('audio')).to.have.length(0);
    expect(panelText(element)).to.include('Call ended');
    button(element, 'Talk again').click();
    await untilState(element, 'live');
  });

  it('leaving the page ends the call by a beacon', async () => {
    const element = await agentElement();
    await callIsLive(element);
    dispatchEvent(new PageTransitionEvent('pagehide'));
    await waitUntil(() => stage.server.requests.some(({ method }) => method === 'BEACON'));
    expect(stage.server.requests.at(-1)).to.deep.include({
      path: `/v1/calls/${proxyGrant.callId}/end`,
      body: { token: proxyGrant.endToken },
    });
    expect(stage.server.requests.at(-1)?.contentType).to.match(/^text\/plain/);
    await untilState(element, 'ended');
  });

  for (const [reason, text] of [
    ['assistant-ended-call', 'Thank you for talking with us.'],
    ['exceeded-max-duration', 'The time for this call was up.'],
    ['silence-timed-out', 'We did not hear anything for a while.'],
    ['manually-canceled', 'This call was ended from our side.'],
    [undefined, 'Thank you for talking with us.'],
  ]) {
    it(`the other side closing the room (${reason ?? 'no reason given'}) is an end, not an error`, async () => {
      const element = await agentElement();
      const events = recordEvents(element);
      const machine = await callIsLive(element);
      machine.closeRoom(reason);
      await untilState(element, 'ended');
      expect(panelText(element)).to.include('Call ended').and.to.include(text);
      expect(names(events)).not.to.include('error');
      expect(events.at(-1)?.detail.reason).to.equal(reason ?? null);
    });
  }

  it('cancelling while it connects frees the page and ends the call at the server', async () => {
    window.machineJoins = 'never';
    const element = await agentElement();
    launcherOf(element).click();
    await untilState(element, 'connecting');
    button(element, 'Cancel').click();
    await untilState(element, 'idle');
    expect(stage.server.paths.at(-1)).to.match(/\/end$/);
  });

  it('cancelling before the server has answered ends the call in its answer', async () => {
    let answer: (response: Response) => void = () => {};
    stage.server.answers.set('/v1/calls', () => new Promise((resolve) => (answer = resolve)));
    const element = await agentElement();
    launcherOf(element).click();
    await waitUntil(() => stage.server.paths.includes('/v1/calls'));
    const over = element.end();
    answer(json(proxyGrant, 201));
    await over;
    expect(element.state).to.equal('idle');
    await waitUntil(() => stage.server.paths.at(-1)?.endsWith('/end'));
    expect(window.machine).to.equal(undefined);
  });

  it('with a scoped key the SDK creates the call, under the grant’s limits', async () => {
    stage.server.grant = keyGrant;
    const element = await agentElement();
    const events = recordEvents(element);
    await callIsLive(element);
    const created = stage.server.requests.find(({ path }) => path === '/call/web');
    expect(created?.body).to.deep.include({
      assistantId: keyGrant.assistantId,
      assistantOverrides: keyGrant.assistantOverrides,
    });
    await waitUntil(() => names(events).includes('call-start'));
    await element.end();
    expect(events.at(-1)?.detail.callId).to.equal('key-call');
    expect(stage.server.paths.filter((path) => path.endsWith('/end'))).to.eql([]);
  });

  it('nothing is reserved at the server while the visitor has not answered about the microphone', async () => {
    const query = navigator.permissions.query;
    navigator.permissions.query = async () => ({ state: 'prompt' }) as PermissionStatus;
    let allow: () => void = () => {};
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const restore = microphone(
      () => new Promise((resolve) => (allow = () => resolve(real({ audio: true })))),
    );
    try {
      const element = await agentElement();
      launcherOf(element).click();
      await waitUntil(
        () =>
          element.state === 'preparing' &&
          element.shadowRoot?.textContent?.includes('Please allow the microphone'),
      );
      await waitUntil(() => stage.server.paths.includes('/v1/sessions'));
      expect(stage.server.paths).not.to.include('/v1/calls');
      restore();
      allow();
      await untilState(element, 'live');
    } finally {
      navigator.permissions.query = query;
      restore();
    }
  });

  it('one call a page: a second element is refused with a reason, and may start once the first is over', async () => {
    const first = await agentElement();
    const second = await agentElement({ placement: 'bottom-left' });
    await callIsLive(first);
    await second.start();
    await rendered(second);
    expect(second.state).to.equal('error');
    expect(panelText(second)).to.include('You are already in a call');
    expect(first.state).to.equal('live');
    // Not awaited: the second waits automatically until the first is torn down.
    void first.end();
    await second.start();
    expect(second.state).to.equal('live');
    expect(first.state).to.equal('ended');
  });

  it('a second start of the same element does nothing', async () => {
    const element = await agentElement();
    await Promise.all([element.start(), element.start()]);
    await element.start();
    expect(stage.server.paths.filter((path) => path === '/v1/calls')).to.have.length(1);
  });
});
