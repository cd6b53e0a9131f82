/** The accessibility audit of every state comes before everything else. */
import type { ErrorCode } from '../../server/contract.ts';
import {
  agentElement,
  audit,
  button,
  launcherOf,
  microphone,
  panelText,
  rendered,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

describe('accessibility audit', () => {
  let server: StubServer;
  beforeEach(() => {
    server = new StubServer();
    window.machineJoins = 'at once';
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) await element.end();
    server.restore();
  });

  for (const size of ['small', 'medium', 'large']) {
    it(`closed, ${size}`, async () => {
      await audit(await agentElement({ size }));
    });
  }

  for (const theme of ['light', 'dark']) {
    it(`open, connecting, live with a transcript, muted, minimised and ended, ${theme}`, async () => {
      const element = await agentElement({ theme, mode: 'hybrid' });
      element.show();
      await waitUntil(() => element.shadowRoot?.querySelector('[role=dialog]'));
      await rendered(element);
      await audit(element);

      window.machineJoins = 'never';
      button(element, 'Start the call').click();
      await untilState(element, 'connecting');
      await audit(element);
      await element.end();

      window.machineJoins = 'at once';
      void element.start();
      await untilState(element, 'live');
      await audit(element);
      window.machine?.says('assistant', 'Hello, how can I help?');
      window.machine?.says('user', 'I would like', 'partial');
      await waitUntil(() => panelText(element).includes('I would like'));
      button(element, 'Mute').click();
      await rendered(element);
      await audit(element);
      element.close();
      await rendered(element);
      await audit(element);
      element.show();
      await element.end();
      await audit(element);
    });
  }

  const accents = ['#ffd400', '#ffffff', '#000000', '#7f7f7f', '#e4002b', '#1e90ff', '#00a86b'];
  for (const accent of accents) {
    it(`text on the accent colour ${accent}`, async () => {
      const element = await agentElement({ mode: 'hybrid' });
      element.style.setProperty('--vapi-agent-accent', accent);
      await audit(element);
      element.show();
      await waitUntil(() => element.shadowRoot?.querySelector('[data-main]'));
      await audit(element);
    });
  }

  const refusals: ErrorCode[] = [
    'origin_not_allowed',
    'tenant_paused',
    'outside_hours',
    'call_denied',
    'budget_exhausted',
    'concurrency_limit',
    'rate_limited',
    'vapi_unavailable',
    'internal_error',
    'not_found',
  ];
  for (const code of refusals) {
    it(`refused: ${code}`, async () => {
      server.refuse('/v1/sessions', code);
      const element = await agentElement();
      launcherOf(element).click();
      await untilState(element, 'error');
      await audit(element);
    });
  }

  for (const name of ['NotAllowedError', 'NotFoundError', 'NotReadableError']) {
    it(`microphone: ${name}`, async () => {
      const restore = microphone(() => Promise.reject(new DOMException('no', name)));
      try {
        const element = await agentElement();
        launcherOf(element).click();
        await untilState(element, 'error');
        await audit(element);
      } finally {
        restore();
      }
    });
  }
});
