/** Writing instead of talking, and both: one conversation, streamed answers, consent before the first message. */
import { expect } from '@open-wc/testing';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  audit,
  button,
  dialogOf,
  find,
  json,
  panelText,
  type RecordedRequest,
  recordEvents,
  rendered,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

/** An answer in pieces, with the permission to continue; without it the answer has broken off. */
const stream = (pieces: string[], chat?: string): Response => {
  const events = [...pieces.map((delta) => ({ delta })), ...(chat ? [{ chat }] : [])];
  return new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''), {
    headers: { 'content-type': 'text/event-stream' },
  });
};

describe('chat', () => {
  let server: StubServer;
  beforeEach(() => {
    localStorage.clear();
    server = new StubServer();
    server.answers.set('/v1/chats', () => stream(['We open ', 'at nine.'], `chat-${messages().length}`));
    window.machineJoins = 'at once';
    delete window.machine;
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) await element.end();
    server.restore();
  });

  const messages = (): RecordedRequest[] => server.requests.filter(({ path }) => path === '/v1/chats');

  async function opened(attributes: Record<string, string>): Promise<VapiAgent> {
    const element = await agentElement(attributes);
    element.show();
    await waitUntil(() => element.shadowRoot?.querySelector('textarea'), 'the composer never came');
    await rendered(element);
    return element;
  }

  function write(element: VapiAgent, text: string): void {
    find<HTMLTextAreaElement>(element, 'textarea').value = text;
    button(element, 'Send').click();
  }

  const lines = (element: VapiAgent): (string | undefined)[] =>
    [...dialogOf(element).querySelectorAll('.line')].map((line) => line.textContent?.trim());

  it('a message gets a streamed answer; the next one uses the permission of the last', async () => {
    const element = await opened({ mode: 'chat', variables: '{"plan":"free"}' });
    expect(panelText(element)).to.include('Write to our assistant');
    expect(panelText(element)).not.to.include('Start the call');
    await audit(element);
    write(element, ' When do you open? ');
    await waitUntil(() => panelText(element).includes('We open at nine.'));
    write(element, 'And on Sunday?');
    await waitUntil(() => lines(element).length === 4);
    expect(messages().map(({ body }) => body)).to.eql([
      { session: 'session-1', message: 'When do you open?', variableValues: { plan: 'free' } },
      { chat: 'chat-1', message: 'And on Sunday?' },
    ]);
    expect(lines(element).slice(0, 2)).to.eql(['You: When do you open?', 'Assistant: We open at nine.']);
    await audit(element);
    expect(element.state).to.equal('idle');
  });

  it('a written conversation can be kept once it has begun, until a call begins', async () => {
    const element = await opened({ mode: 'hybrid' });
    const keeps = () => element.shadowRoot?.querySelectorAll('[part~=copy], [part~=save]').length;
    expect(keeps()).to.equal(0);
    write(element, 'When do you open?');
    await waitUntil(() => panelText(element).includes('We open at nine.'));
    await waitUntil(() => keeps() === 2);
    const { click } = HTMLAnchorElement.prototype;
    let saved = Promise.resolve('');
    HTMLAnchorElement.prototype.click = function () {
      saved = fetch(this.href).then((response) => response.text());
    };
    try {
      button(element, 'Save transcript').click();
      expect(await saved).to.equal('You: When do you open?\nAssistant: We open at nine.');
    } finally {
      HTMLAnchorElement.prototype.click = click;
    }
    await audit(element);
    void element.start();
    await untilState(element, 'live');
    expect(keeps()).to.equal(0);
    await element.end();
    await waitUntil(() => keeps() === 2);
    await rendered(element);
    expect(keeps(), 'once, although there are two places for it').to.equal(2);
  });

  it('Enter sends, Shift and Enter does not, and nothing is sent twice or empty', async () => {
    const element = await opened({ mode: 'chat' });
    const input = find<HTMLTextAreaElement>(element, 'textarea');
    const press = (init: KeyboardEventInit) =>
      input.dispatchEvent(new KeyboardEvent('keydown', { key: 'Enter', cancelable: true, ...init }));
    press({});
    input.value = 'Hello';
    press({ shiftKey: true });
    press({ isComposing: true });
    expect(messages()).to.eql([]);
    press({});
    press({});
    await waitUntil(() => panelText(element).includes('We open at nine.'));
    expect(messages()).to.have.length(1);
  });

  it('a refused message is reported, and the text stays in the field', async () => {
    server.refuse('/v1/chats', 'rate_limited');
    const element = await opened({ mode: 'chat' });
    const events = recordEvents(element);
    write(element, 'Hello');
    await waitUntil(() => panelText(element).includes('A little too fast'));
    expect(events.at(-1)?.detail.code).to.equal('rate_limited');
    const input = find<HTMLTextAreaElement>(element, 'textarea');
    await waitUntil(() => input.value === 'Hello');
    expect(lines(element)).to.eql([]);
    await audit(element);
    server.answers.set('/v1/chats', () => stream(['Hi.'], 'chat-1'));
    button(element, 'Send').click();
    await waitUntil(() => lines(element).length === 2);
    expect(panelText(element)).not.to.include('A little too fast');
  });

  it('the part of an answer that arrived is kept; without any, the message returns to the field', async () => {
    server.answers.set('/v1/chats', () => stream(['We op']));
    const element = await opened({ mode: 'chat' });
    write(element, 'Hello');
    await waitUntil(() => panelText(element).includes('The answer broke off. You can ask again.'));
    expect(lines(element)).to.eql(['You: Hello', 'Assistant: We op']);
    const input = find<HTMLTextAreaElement>(element, 'textarea');
    expect(input.value).to.equal('');
    server.answers.set('/v1/chats', () => stream([]));
    write(element, 'Again');
    await waitUntil(() => input.value === 'Again');
    expect(lines(element)).to.eql(['You: Hello', 'Assistant: We op']);
    await audit(element);
  });

  it('what is typed while a message is refused stays, after that message', async () => {
    let refuse: (response: Response) => void = () => {};
    server.answers.set('/v1/chats', () => new Promise((resolve) => (refuse = resolve)));
    const element = await opened({ mode: 'chat' });
    write(element, 'First');
    await waitUntil(() => messages().length === 1);
    const input = find<HTMLTextAreaElement>(element, 'textarea');
    input.value = 'also';
    refuse(json({ code: 'vapi_unavailable' }, 503));
    await waitUntil(() => input.value === 'First\nalso');
  });

  it('a key meant for the message agrees to nothing, nor does a click meant for the previous button', async () => {
    server.config.consent = { version: '1', text: 'We record this.' };
    const element = await opened({ mode: 'hybrid' });
    const shadow = element.shadowRoot as ShadowRoot;
    find<HTMLTextAreaElement>(element, 'textarea').focus();
    write(element, 'Hello');
    await waitUntil(() => shadow.querySelector('.terms'));
    await waitUntil(() => shadow.activeElement?.matches('.terms'), 'the terms have the focus');
    const agree = button(element, 'Agree and continue');
    const held = new KeyboardEvent('keydown', {
      key: 'Enter',
      repeat: true,
      bubbles: true,
      cancelable: true,
    });
    agree.dispatchEvent(held);
    expect(held.defaultPrevented, 'a held key presses nothing').to.equal(true);
    agree.dispatchEvent(new MouseEvent('click', { detail: 2, bubbles: true }));
    await rendered(element);
    expect(localStorage.length).to.equal(0);
    agree.dispatchEvent(new MouseEvent('click', { detail: 1, bubbles: true }));
    await waitUntil(() => panelText(element).includes('We open at nine.'));
    await waitUntil(() => shadow.activeElement?.matches('textarea'), 'the visitor writes on');
    await element.withdrawConsent();
  });

  it('what the visitor types meanwhile keeps the focus: in the panel, and in the page', async () => {
    server.config.consent = { version: '1', text: 'We record this.' };
    let tell: (text: string) => void = () => {};
    const body = new ReadableStream<Uint8Array>({
      start(controller) {
        tell = (text) => controller.enqueue(new TextEncoder().encode(text));
      },
    });
    server.answers.set('/v1/chats', () => new Response(body));
    const element = await opened({ mode: 'chat' });
    const field = document.createElement('input');
    element.after(field);
    try {
      find<HTMLTextAreaElement>(element, 'textarea').focus();
      write(element, 'Hello');
      await waitUntil(() => element.shadowRoot?.querySelector('.terms'));
      button(element, 'Agree and continue').click();
      await waitUntil(() => messages().length === 1);
      field.focus();
      for (const word of ['We ', 'open ']) {
        tell(`data: ${JSON.stringify({ delta: word })}\n\n`);
        await waitUntil(() => panelText(element).includes(word.trim()));
        await rendered(element);
        expect(document.activeElement).to.equal(field);
      }
    } finally {
      field.remove();
    }
    await element.withdrawConsent();
  });

  it('closing the panel declines what a message requires: the text is back in the field', async () => {
    server.config.consent = { version: '1', text: 'We record this.' };
    const element = await opened({ mode: 'chat' });
    write(element, 'Hello');
    await waitUntil(() => element.shadowRoot?.querySelector('.terms'));
    element.close();
    await waitUntil(() => dialogOf(element).hidden);
    element.show();
    await waitUntil(
      () => element.shadowRoot?.querySelector<HTMLTextAreaElement>('textarea')?.value === 'Hello',
    );
    expect(panelText(element)).not.to.include('We record this.');
    expect(messages()).to.eql([]);
  });

  it('on a small phone the keyboard leaves room for the conversation; a zoomed page has no keyboard', async () => {
    const view = visualViewport as VisualViewport;
    const element = await opened({ mode: 'chat' });
    const dialog = dialogOf(element);
    const resize = (height: number, scale: number): void => {
      Object.defineProperties(view, {
        height: { value: height, configurable: true },
        scale: { value: scale, configurable: true },
      });
      view.dispatchEvent(new Event('resize'));
    };
    const keyboard = () => dialog.style.getPropertyValue('--_keyboard');
    try {
      write(element, 'Hello');
      await waitUntil(() => lines(element).length === 2);
      resize(300, 1);
      expect(keyboard()).to.equal(`${innerHeight - 300}px`);
      expect(getComputedStyle(find(element, '.fine')).display).to.equal('none');
      resize(innerHeight / 2, 2);
      expect(keyboard()).to.equal('0px');
      expect(getComputedStyle(find(element, '.fine')).display).to.equal('block');
    } finally {
      for (const name of ['height', 'scale']) Reflect.deleteProperty(view, name);
      view.dispatchEvent(new Event('resize'));
    }
  });

  it('a conversation idle for too long silently starts over', async () => {
    const element = await opened({ mode: 'chat' });
    write(element, 'Hello');
    await waitUntil(() => lines(element).length === 2);
    server.answers.set('/v1/chats', ({ body }) =>
      body?.chat ? json({ code: 'session_expired' }, 401) : stream(['Here again.'], 'chat-9'),
    );
    write(element, 'Still there?');
    await waitUntil(() => panelText(element).includes('Here again.'));
    expect(messages().at(-1)?.body).to.eql({ session: 'session-2', message: 'Still there?' });
  });

  it('a conversation whose permission is refused starts over with its original variables', async () => {
    const element = await opened({ mode: 'chat', variables: '{"plan":"free"}' });
    write(element, 'Hello');
    await waitUntil(() => lines(element).length === 2);
    server.answers.set('/v1/chats', ({ body }) =>
      body?.chat ? json({ code: 'session_expired' }, 401) : stream(['Here again.'], 'chat-9'),
    );
    write(element, 'From another network');
    await waitUntil(() => panelText(element).includes('Here again.'));
    expect(messages().at(-1)?.body).to.eql({
      session: 'session-2',
      message: 'From another network',
      variableValues: { plan: 'free' },
    });
  });

  it('a first message whose session is stale is sent once more with a fresh one, and once only', async () => {
    let accepted = 'session-2';
    server.answers.set('/v1/chats', ({ body }) =>
      body?.session === accepted ? stream(['Hi.'], 'chat-1') : json({ code: 'session_expired' }, 401),
    );
    const element = await opened({ mode: 'chat' });
    write(element, 'Hello');
    await waitUntil(() => lines(element).length === 2);
    expect(messages().map(({ body }) => body?.session)).to.eql(['session-1', 'session-2']);
    accepted = 'none';
    server.requests.length = 0;
    const other = await opened({ mode: 'chat' });
    const events = recordEvents(other);
    write(other, 'Hello');
    await waitUntil(() => events.at(-1)?.detail?.code === 'server_error');
    expect(messages()).to.have.length(2);
    expect(find<HTMLTextAreaElement>(other, 'textarea').value).to.equal('Hello');
  });

  it('consent comes before the first word leaves the page; "Not now" keeps it here', async () => {
    server.config = { ...server.config, consent: { version: '1', text: 'We keep what you write.' } };
    const element = await opened({ mode: 'chat' });
    write(element, 'Hello');
    await waitUntil(() => panelText(element).includes('We keep what you write.'));
    await rendered(element);
    button(element, 'Not now').click();
    const input = () => element.shadowRoot?.querySelector('textarea');
    await waitUntil(() => input()?.value === 'Hello');
    expect([messages().length, localStorage.length]).to.eql([0, 0]);
    button(element, 'Send').click();
    await waitUntil(() => panelText(element).includes('We keep what you write.'));
    await rendered(element);
    button(element, 'Agree and continue').click();
    await waitUntil(() => panelText(element).includes('We open at nine.'));
    expect(localStorage.length).to.equal(1);
    await element.withdrawConsent();
  });

  it('hybrid: text, then a call, then text again is one conversation', async () => {
    const element = await opened({ mode: 'hybrid' });
    write(element, 'When do you open?');
    await waitUntil(() => lines(element).length === 2);
    button(element, 'Start the call').click();
    await untilState(element, 'live');
    window.machine?.says('assistant', 'Hello on the phone.');
    await waitUntil(() => lines(element).length === 3);
    write(element, 'Typed in the call');
    await waitUntil(() =>
      window.machine?.sent.some(({ message }) => message?.content === 'Typed in the call'),
    );
    window.machine?.app({
      type: 'conversation-update',
      messagesOpenAIFormatted: [
        { role: 'assistant', content: 'Hello on the phone.' },
        { role: 'user', content: 'Typed in the call' },
      ],
    });
    await element.end();
    await waitUntil(() => button(element, 'Send').ariaDisabled === 'false');
    write(element, 'One more thing');
    await waitUntil(() => lines(element).length === 6);
    expect(lines(element)).to.eql([
      'You: When do you open?',
      'Assistant: We open at nine.',
      'Assistant: Hello on the phone.',
      'You: Typed in the call',
      'You: One more thing',
      'Assistant: We open at nine.',
    ]);
    expect(messages()).to.have.length(2);
    await audit(element);
  });
});
