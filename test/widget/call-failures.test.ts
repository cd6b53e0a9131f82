/** Every way in which a call can fail: its code, what the visitor reads, and the remedy. */
import { expect } from '@open-wc/testing';
import type { ErrorCode } from '../../server/contract.ts';
import type { FailureCode } from '../../widget/failure.ts';
import {
  agentElement,
  audit,
  button,
  callIsLive,
  find,
  json,
  keyGrant,
  launcherOf,
  microphone,
  names,
  panelText,
  proxyGrant,
  recordEvents,
  stageCalls,
  untilState,
  waitUntil,
} from './support.ts';

describe('failing call', () => {
  const stage = stageCalls();

  for (const [what, break_] of [
    [
      'the connection drops and the room is gone',
      () => {
        window.machineJoins = 'refused';
        window.machine?.fail('connection lost', 'connection-error');
      },
    ],
    [
      'Vapi ends it with a fault',
      () => window.machine?.closeRoom('call.in-progress.error-vapifault-worker-died'),
    ],
  ] as const) {
    it(`${what}: interrupted, with the length of the call and a way back`, async () => {
      const element = await agentElement();
      const events = recordEvents(element);
      await callIsLive(element);
      break_();
      await untilState(element, 'error');
      expect(names(events).slice(-2)).to.eql(['call-end', 'error']);
      expect(events.at(-1)?.detail).to.include({ code: 'interrupted' });
      expect(panelText(element)).to.include('The call was interrupted');
      window.machineJoins = 'at once';
      button(element, 'Try again').click();
      await untilState(element, 'live');
    });
  }

  it('an unreachable room is reported, and the server may free the slot at once', async () => {
    window.machineJoins = 'refused';
    const element = await agentElement();
    launcherOf(element).click();
    await untilState(element, 'error');
    await waitUntil(() => stage.server.paths.at(-1)?.endsWith('/end'));
    window.machineJoins = 'at once';
    button(element, 'Try again').click();
    await untilState(element, 'live');
  });

  for (const [status, code] of [
    [401, 'call_denied'],
    [403, 'call_denied'],
    [402, 'budget_exhausted'],
    [429, 'concurrency_limit'],
    [500, 'vapi_unavailable'],
  ] as [number, FailureCode][]) {
    it(`Vapi answers the scoped key with ${status}: ${code}`, async () => {
      stage.server.grant = keyGrant;
      stage.server.answers.set('/call/web', () =>
        json({ message: ['no'], error: 'No', statusCode: status }, status),
      );
      const element = await agentElement();
      const events = recordEvents(element);
      launcherOf(element).click();
      await untilState(element, 'error');
      expect(events.at(-1)?.detail).to.include({ code });
    });
  }

  const refusals: Partial<Record<ErrorCode, [FailureCode, string]>> = {
    origin_not_allowed: ['origin_not_allowed', 'Not available on this page'],
    tenant_paused: ['tenant_paused', 'We are taking a break'],
    outside_hours: ['outside_hours', 'We are closed right now'],
    call_denied: ['call_denied', 'This call could not be started'],
    budget_exhausted: ['budget_exhausted', 'No calls for now'],
    balance_empty: ['budget_exhausted', 'No calls for now'],
    concurrency_limit: ['concurrency_limit', 'All lines are busy'],
    rate_limited: ['rate_limited', 'A little too fast'],
    vapi_unavailable: ['vapi_unavailable', 'The call could not be connected'],
    internal_error: ['server_error', 'Something went wrong on our side'],
  };
  for (const [code, [failure, text]] of Object.entries(refusals)) {
    for (const path of ['/v1/sessions', '/v1/calls']) {
      it(`${path} refuses with ${code}: says "${text}"`, async () => {
        stage.server.refuse(path, code as ErrorCode);
        const element = await agentElement();
        const events = recordEvents(element);
        launcherOf(element).click();
        await untilState(element, 'error');
        expect(panelText(element)).to.include(text);
        expect(events.at(-1)?.detail).to.include({ code: failure });
        expect(window.machine).to.equal(undefined);
      });
    }
  }

  it('a refused origin is one message for the developer, whatever the visitor does', async () => {
    stage.server.refuse('/v1/sessions', 'origin_not_allowed');
    stage.server.refuse('/v1/widget/acme', 'origin_not_allowed');
    const element = await agentElement({ tenant: 'foreign' });
    for (let round = 0; round < 3; round += 1) {
      launcherOf(element).dispatchEvent(new Event('pointerenter'));
      launcherOf(element).click();
      await untilState(element, 'error');
      button(element, 'Close').click();
      await waitUntil(() => element.state === 'idle');
    }
    await waitUntil(() => stage.consoleErrors.length === 1);
    expect(stage.consoleErrors[0]).to.include(location.origin).and.to.include('foreign');
  });

  it('no network', async () => {
    stage.server.answers.set('/v1/sessions', () => Promise.reject(new TypeError('Failed to fetch')));
    const element = await agentElement();
    launcherOf(element).click();
    await untilState(element, 'error');
    expect(panelText(element)).to.include('Check your internet connection');
  });

  it('a used session is silently replaced once', async () => {
    let times = 0;
    stage.server.answers.set('/v1/calls', () => {
      times += 1;
      return times === 1 ? json({ code: 'session_used' }, 409) : json(proxyGrant, 201);
    });
    const element = await agentElement();
    await callIsLive(element);
    expect(
      stage.server.requests.filter(({ path }) => path === '/v1/calls').map(({ body }) => body?.session),
    ).to.eql(['session-1', 'session-2']);
  });

  for (const [name, code] of [
    ['NotAllowedError', 'microphone_denied'],
    ['NotFoundError', 'microphone_missing'],
    ['NotReadableError', 'microphone_busy'],
  ] as const) {
    it(`microphone: ${name} is ${code}, and no call is left behind`, async () => {
      const restore = microphone(() => Promise.reject(new DOMException('no', name)));
      const element = await agentElement();
      const events = recordEvents(element);
      launcherOf(element).click();
      await untilState(element, 'error');
      restore();
      expect(events.at(-1)?.detail).to.include({ code });
      const created = stage.server.paths.filter((path) => path === '/v1/calls').length;
      expect(stage.server.paths.filter((path) => path.endsWith('/end'))).to.have.length(created);
      button(element, 'Try again').click();
      await untilState(element, 'live');
    });
  }

  it('if a microphone is in use, another can be chosen: the next attempt opens that one', async () => {
    const wanted: unknown[] = [];
    const real = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
    const { getUserMedia, enumerateDevices } = navigator.mediaDevices;
    navigator.mediaDevices.enumerateDevices = async () =>
      [{ kind: 'audioinput', deviceId: 'm1', label: 'Headset' }] as MediaDeviceInfo[];
    navigator.mediaDevices.getUserMedia = async (constraints) => {
      wanted.push(constraints?.audio);
      if (constraints?.audio === true) throw new DOMException('in use', 'NotReadableError');
      return real({ audio: true });
    };
    try {
      const element = await agentElement();
      launcherOf(element).click();
      await untilState(element, 'error');
      button(element, 'Sound settings').click();
      await waitUntil(() => element.shadowRoot?.querySelector('[part=settings] option[value=m1]'));
      await audit(element);
      const select = find<HTMLSelectElement>(element, '[part=settings] select');
      select.value = 'm1';
      select.dispatchEvent(new Event('change'));
      button(element, 'Try again').click();
      await untilState(element, 'live');
      expect(wanted).to.eql([true, { deviceId: 'm1' }]);
      expect(JSON.stringify(window.machine?.joinProperties)).to.include('"m1"');
    } finally {
      Object.assign(navigator.mediaDevices, { getUserMedia, enumerateDevices });
    }
  });

  it('an assistant that the website may not use informs the visitor, and the developer of what to do', async () => {
    const problem = { status: 403, code: 'assistant_not_allowed', detail: 'Add it to `siteAssistantIds`.' };
    stage.server.answers.set('/v1/sessions', () => json(problem, 403));
    const element = await agentElement({ assistant: 'phone-only' });
    launcherOf(element).click();
    await untilState(element, 'error');
    expect(panelText(element)).to.include('Not available right now');
    await waitUntil(() => stage.consoleErrors.join().includes('siteAssistantIds'));
  });

  it('an element without a tenant informs the visitor and the developer', async () => {
    const element = await agentElement();
    element.removeAttribute('tenant');
    launcherOf(element).click();
    await untilState(element, 'error');
    expect(panelText(element)).to.include('Not available right now');
    await waitUntil(() => stage.consoleErrors.join().includes('tenant'));
  });
});
