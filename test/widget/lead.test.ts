/** A message instead of a dead end: offered only where the tenant takes one, whole, accessible, and never lost. */
import { expect } from '@open-wc/testing';
import type { ErrorCode } from '../../server/contract.ts';
import { en } from '../../widget/strings/en.ts';
import { languageCodes } from '../../widget/strings/languages.ts';
import { leadEn } from '../../widget/strings/lead-en.ts';
import { loadLeadStrings } from '../../widget/strings/lead-languages.ts';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  audit,
  button,
  find,
  launcherOf,
  microphone,
  panelText,
  rendered,
  stageCalls,
  untilState,
  waitUntil,
} from './support.ts';

const consent = { version: 'v3', text: 'You may call me back.' };

describe('a message instead of a dead end', () => {
  const stage = stageCalls();
  beforeEach(() => {
    stage.server.config = { ...stage.server.config, leads: { consent } };
    stage.server.answers.set('/v1/leads', () => new Response(null, { status: 204 }));
  });

  async function refused(code: ErrorCode, attributes: Record<string, string> = {}): Promise<VapiAgent> {
    stage.server.refuse('/v1/sessions', code);
    const element = await agentElement(attributes);
    launcherOf(element).click();
    await untilState(element, 'error');
    return element;
  }
  const has = (element: VapiAgent, selector: string): Promise<void> =>
    waitUntil(() => element.shadowRoot?.querySelector(selector), `${selector} never came`);
  const fill = (element: VapiAgent, values: Record<string, string>): void => {
    for (const [name, value] of Object.entries(values))
      find<HTMLInputElement>(element, `[part=lead] [name=${name}]`).value = value;
  };
  const sent = () => stage.server.requests.filter(({ path }) => path === '/v1/leads');
  const focused = (element: VapiAgent) => element.shadowRoot?.activeElement?.getAttribute('name');

  for (const [code, reason] of [
    ['outside_hours', 'outside-hours'],
    ['tenant_paused', 'paused'],
    ['budget_exhausted', 'limit'],
  ] as const) {
    it(`${code}: the form is there, is checked field by field, and is sent once`, async () => {
      const element = await refused(code);
      await has(element, '[part=lead-form]');
      await audit(element);
      button(element, leadEn.leadSend).click();
      await waitUntil(() => focused(element) === 'name');
      expect(panelText(element)).to.contain(leadEn.leadNameMissing);
      expect(panelText(element)).to.contain(leadEn.leadContactMissing);
      expect(panelText(element)).to.contain(leadEn.leadConsentMissing);
      await audit(element);
      fill(element, { name: 'Ada', email: 'nowhere', message: 'Please call' });
      find<HTMLInputElement>(element, '[name=consent]').checked = true;
      button(element, leadEn.leadSend).click();
      await waitUntil(() => focused(element) === 'email');
      expect(sent()).to.eql([]);
      fill(element, { email: 'ada@home.example' });
      button(element, leadEn.leadSend).click();
      button(element, leadEn.leadSend).click();
      await waitUntil(() => panelText(element).includes(leadEn.leadSent));
      await waitUntil(() => element.shadowRoot?.activeElement?.getAttribute('role') === 'status');
      await audit(element);
      const [request, ...others] = sent();
      expect(others).to.eql([]);
      expect(request?.contentType).to.match(/^text\/plain/);
      const { id, ...body } = request?.body ?? {};
      expect(id).to.match(/^[\da-f]{8}-[\da-f]{4}-4[\da-f]{3}-[89ab][\da-f]{3}-[\da-f]{12}$/);
      expect(body).to.eql({
        ...{ tenant: 'acme', name: 'Ada', email: 'ada@home.example', message: 'Please call' },
        ...{ consent: 'v3', reason, page: location.origin + location.pathname },
      });
    });
  }

  it('where trying again may help, it is one press away, and keeps what was typed over attempts', async () => {
    const element = await refused('concurrency_limit');
    await has(element, '[part~=leave-message]');
    button(element, leadEn.leadOpen).click();
    await waitUntil(() => focused(element) === 'name');
    fill(element, { name: 'Ada', phone: '+49 30 1234567' });
    button(element, en.tryAgain).click();
    await untilState(element, 'error');
    await has(element, '[part=lead-form]');
    expect(find<HTMLInputElement>(element, '[name=name]').value).to.equal('Ada');
    stage.server.refuse('/v1/leads', 'rate_limited');
    find<HTMLInputElement>(element, '[name=consent]').checked = true;
    button(element, leadEn.leadSend).click();
    await waitUntil(() => panelText(element).includes(leadEn.leadTooMany));
    expect(find<HTMLInputElement>(element, '[name=phone]').value).to.equal('+49 30 1234567');
    stage.server.answers.set('/v1/leads', () => new Response(null, { status: 204 }));
    button(element, leadEn.leadSend).click();
    await waitUntil(() => panelText(element).includes(leadEn.leadSent));
    const [first, second] = sent().map(({ body }) => body?.id);
    expect(first).to.equal(second);
  });

  it('also without a microphone, in the visitor’s language and with the tenant’s own texts', async () => {
    const restore = microphone(async () => {
      throw new DOMException('no', 'NotAllowedError');
    });
    try {
      stage.server.config = { ...stage.server.config, texts: { leadTitle: 'Schreiben Sie Acme' } };
      const element = await agentElement({ lang: 'de' });
      launcherOf(element).click();
      await untilState(element, 'error');
      const strings = await loadLeadStrings('de');
      await waitUntil(() => panelText(element).includes(strings.leadOpen));
      button(element, strings.leadOpen).click();
      await waitUntil(() => panelText(element).includes('Schreiben Sie Acme'));
      await audit(element);
    } finally {
      restore();
    }
  });

  it('in text alone too, instead of a refused message', async () => {
    stage.server.config = { ...stage.server.config, modes: ['chat'] };
    stage.server.refuse('/v1/sessions', 'outside_hours');
    const element = await agentElement({ mode: 'chat' });
    element.show();
    await has(element, '[part=composer]');
    find<HTMLTextAreaElement>(element, 'textarea').value = 'Hello';
    button(element, en.messageSend).click();
    await has(element, '[part=lead-form]');
    await audit(element);
  });

  it('not where the tenant takes none, nor on a page that may not use the agent', async () => {
    const elsewhere = await refused('origin_not_allowed');
    stage.server.config = {
      tenant: 'acme',
      name: 'Acme Dental',
      modes: ['voice'],
      appearance: {},
      texts: {},
    };
    const off = await refused('outside_hours');
    for (const element of [elsewhere, off]) {
      await import('../../widget/panel/lead.ts');
      await rendered(element);
      expect(element.shadowRoot?.querySelector('[part=lead]')).to.equal(null);
    }
  });

  for (const code of languageCodes.filter((each) => each !== 'en')) {
    it(`${code}: the same keys as English, nothing empty, nothing left in English`, async () => {
      const strings = await loadLeadStrings(code);
      expect(Object.keys(strings)).to.eql(Object.keys(leadEn));
      for (const [key, text] of Object.entries(strings)) {
        expect(text.trim(), key).not.to.equal('');
        expect(text, key).not.to.equal(leadEn[key as keyof typeof leadEn]);
      }
    });
  }
});
