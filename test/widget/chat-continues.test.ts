/** A written conversation over a change of page, and what the assistant's Markdown looks like. */
import { expect } from '@open-wc/testing';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  audit,
  button,
  dialogOf,
  find,
  json,
  type RecordedRequest,
  rendered,
  StubServer,
  waitUntil,
} from './support.ts';

describe('a written conversation', () => {
  let server: StubServer;
  let answer: string;
  beforeEach(() => {
    sessionStorage.clear();
    server = new StubServer();
    server.config = { ...server.config, modes: ['chat'], rejoinCalls: true };
    answer = 'We open at nine.';
    server.answers.set('/v1/chats', () => {
      const events = [{ delta: answer }, { chat: `chat-${messages().length}` }];
      return new Response(events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join(''));
    });
  });
  afterEach(() => {
    for (const element of document.querySelectorAll('vapi-agent')) element.remove();
    sessionStorage.clear();
    server.restore();
  });

  const messages = (): RecordedRequest[] => server.requests.filter(({ path }) => path === '/v1/chats');

  async function opened(attributes: Record<string, string> = {}): Promise<VapiAgent> {
    const element = await agentElement({ mode: 'chat', ...attributes });
    element.show();
    await waitUntil(() => element.shadowRoot?.querySelector('textarea'), 'the composer never came');
    await rendered(element);
    return element;
  }

  async function write(element: VapiAgent, text: string): Promise<void> {
    const before = lines(element).length;
    find<HTMLTextAreaElement>(element, 'textarea').value = text;
    button(element, 'Send').click();
    await waitUntil(
      () => lines(element).length === before + 2 && !element.shadowRoot?.querySelector('.partial'),
    );
    await waitUntil(() => button(element, 'Send').ariaDisabled !== 'true');
  }

  /** In a conversation that begins with it. */
  async function writeAgain(element: VapiAgent, text: string): Promise<void> {
    const before = messages().length;
    find<HTMLTextAreaElement>(element, 'textarea').value = text;
    button(element, 'Send').click();
    await waitUntil(() => messages().length > before && button(element, 'Send').ariaDisabled !== 'true');
  }

  const lines = (element: VapiAgent): (string | undefined)[] =>
    [...dialogOf(element).querySelectorAll('.line')].map((line) => line.textContent?.trim());

  it('is shown and continued on the next page', async () => {
    const first = await opened({ rejoin: '' });
    await write(first, 'When do you open?');
    first.remove();
    const next = await opened({ rejoin: '' });
    await waitUntil(() => lines(next).length === 2);
    expect(lines(next)).to.eql(['You: When do you open?', 'Assistant: We open at nine.']);
    await write(next, 'And on Sunday?');
    expect(messages().at(-1)?.body).to.eql({ chat: 'chat-1', message: 'And on Sunday?' });
  });

  it('is not kept without the attribute, without the tenant’s permission, or for another tenant', async () => {
    await write(await opened(), 'One');
    expect(sessionStorage.length).to.equal(0);
    delete server.config.rejoinCalls;
    await write(await opened({ rejoin: '' }), 'Two');
    expect(sessionStorage.length).to.equal(0);
    server.config = { ...server.config, rejoinCalls: true };
    await write(await opened({ rejoin: '' }), 'Three');
    expect(sessionStorage.length).to.equal(1);
    const other = await opened({ rejoin: '', assistant: 'sales' });
    await write(other, 'Four');
    expect(lines(other)).to.have.length(2);
    expect(messages().at(-1)?.body).not.to.have.property('chat');
  });

  it('belongs to who is signed in: it continues with a fresh identity, and not with someone else’s', async () => {
    const identityOf = (sub: string, exp: number) => `e30.${btoa(JSON.stringify({ sub, exp }))}.signature`;
    const first = await opened({ rejoin: '', identity: identityOf('ada', 1) });
    await write(first, 'When do you open?');
    expect(messages().at(-1)?.body).to.have.property('identity', identityOf('ada', 1));
    first.remove();
    const next = await opened({ rejoin: '', identity: identityOf('ada', 2) });
    await waitUntil(() => lines(next).length === 2);
    await write(next, 'And on Sunday?');
    expect(messages().at(-1)?.body).to.eql({ chat: 'chat-1', message: 'And on Sunday?' });
    next.setAttribute('identity', identityOf('grace', 2));
    await writeAgain(next, 'Hello');
    expect(messages().at(-1)?.body).to.include({ message: 'Hello', identity: identityOf('grace', 2) });
    next.remove();
    const signedOut = await opened({ rejoin: '' });
    await write(signedOut, 'Who am I?');
    expect(lines(signedOut)).to.have.length(2);
    expect(messages().at(-1)?.body).not.to.have.any.keys('chat', 'identity');
  });

  it('of someone else is neither shown nor kept once another visitor writes, nor continued by one who signs in meanwhile', async () => {
    const identityOf = (sub: string) => `e30.${btoa(JSON.stringify({ sub }))}.signature`;
    const element = await opened({ rejoin: '', identity: identityOf('ada') });
    await write(element, 'My secret');
    element.setAttribute('identity', identityOf('grace'));
    await writeAgain(element, 'Hello');
    expect(lines(element)).to.eql(['You: Hello', 'Assistant: We open at nine.']);
    expect(JSON.stringify({ ...sessionStorage }))
      .to.include('Hello')
      .and.not.include('My secret');
    const answered = server.answers.get('/v1/chats') as (request: RecordedRequest) => Response;
    server.answers.set('/v1/chats', (request) => {
      element.setAttribute('identity', identityOf('mallory'));
      return answered(request);
    });
    await write(element, 'I am still Grace');
    element.remove();
    const next = await opened({ rejoin: '', identity: identityOf('mallory') });
    await write(next, 'And I am not');
    expect(lines(next)).to.have.length(2);
    expect(messages().at(-1)?.body).not.to.have.property('chat');
  });

  it('that has to start over on the next page does so with the page’s variables, if the page permits it', async () => {
    const first = await opened({ rejoin: '' });
    await write(first, 'When do you open?');
    first.remove();
    const next = await opened({ rejoin: '', variables: '{"plan":"free"}' });
    await waitUntil(() => lines(next).length === 2);
    const answered = server.answers.get('/v1/chats') as (request: RecordedRequest) => Response;
    server.answers.set('/v1/chats', (request) =>
      request.body?.chat ? json({ code: 'session_expired' }, 401) : answered(request),
    );
    let asked = 0;
    next.addEventListener('vapi-agent-before-call', () => {
      asked += 1;
    });
    await write(next, 'And on Sunday?');
    expect(asked).to.equal(1);
    expect(messages().at(-1)?.body).to.include({ message: 'And on Sunday?' });
    expect(messages().at(-1)?.body?.variableValues).to.eql({ plan: 'free' });
  });

  it('is forgotten with the consent under which it was written, wherever that is withdrawn', async () => {
    server.config.consent = { version: '1', text: 'We record this.' };
    localStorage.setItem('vapi-agent.consent.acme', '1');
    const first = await opened({ rejoin: '' });
    await write(first, 'When do you open?');
    first.remove();
    // In another tab.
    localStorage.removeItem('vapi-agent.consent.acme');
    const next = await opened({ rejoin: '' });
    await waitUntil(() => sessionStorage.length === 0);
    expect(lines(next)).to.eql([]);
    next.remove();
    // On a page where the panel was not opened.
    sessionStorage.setItem('vapi-agent.chat', '{}');
    await (await agentElement({ mode: 'chat', rejoin: '' })).withdrawConsent();
    expect(sessionStorage.length).to.equal(0);
  });

  it('shows links, bold text and lists of the assistant, and nothing that could run or read', async () => {
    answer =
      '**Hours**\n- Mon 9–5\n- Tue 9–5\n\n[Book](https://acme.example/book), https://acme.example/map. or +49 30 1234567 [x](javascript:alert(1)) <img src=x onerror=alert(1)>';
    const element = await opened();
    // As in the many browsers that do not have it.
    const parse = Object.getOwnPropertyDescriptor(URL, 'parse');
    Reflect.deleteProperty(URL, 'parse');
    await write(element, 'When? **really**');
    if (parse) Object.defineProperty(URL, 'parse', parse);
    const line = dialogOf(element).querySelector('.assistant') as HTMLElement;
    expect([...line.querySelectorAll('b, li')].map(({ textContent }) => textContent)).to.eql([
      'Hours',
      'Mon 9–5',
      'Tue 9–5',
    ]);
    expect([...line.querySelectorAll('a')].map(({ textContent, href }) => [textContent, href])).to.eql([
      ['Book', 'https://acme.example/book'],
      ['https://acme.example/map', 'https://acme.example/map'],
      ['+49 30 1234567', 'tel:+49301234567'],
    ]);
    expect(line.querySelector('img')).to.equal(null);
    expect(line.textContent).to.include('<img src=x onerror=alert(1)>');
    expect(lines(element)[0]).to.equal('You: When? **really**');
    await audit(element);
  });
});
