/** Every language has every sentence; which one a visitor reads, and in what direction. */
import { expect, fixture, html } from '@open-wc/testing';
import { en } from '../../widget/strings/en.ts';
import { languageCodes, loadLanguage } from '../../widget/strings/languages.ts';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  dialogOf,
  find,
  launcherOf,
  panelText,
  rendered,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

const placeholders = (text: string): string[] => text.match(/\{\w+\}/g) ?? [];

/** Pretends that the browser is set to these languages. */
function browserSpeaks(...languages: string[]): () => void {
  Object.defineProperty(navigator, 'languages', { value: languages, configurable: true });
  return () => Reflect.deleteProperty(navigator, 'languages');
}

async function opened(element: VapiAgent): Promise<HTMLElement> {
  element.show();
  await waitUntil(() => element.shadowRoot?.querySelector('[role=dialog]:not([hidden])'));
  await rendered(element);
  return dialogOf(element);
}

describe('languages', () => {
  let server: StubServer;
  beforeEach(() => {
    server = new StubServer();
  });
  afterEach(() => server.restore());

  it('there are twelve', () => {
    expect([...languageCodes].sort()).to.eql([
      'ar',
      'de',
      'en',
      'es',
      'fr',
      'it',
      'ja',
      'nl',
      'pl',
      'pt',
      'tr',
      'zh',
    ]);
  });

  for (const code of languageCodes.filter((each) => each !== 'en')) {
    it(`${code}: the same keys and placeholders as English, nothing empty, nothing left in English`, async () => {
      const { strings } = await loadLanguage(code, true);
      expect(Object.keys(strings)).to.eql(Object.keys(en));
      for (const [key, text] of Object.entries(strings)) {
        const english = en[key as keyof typeof en];
        expect(placeholders(text), key).to.eql(placeholders(english));
        expect(text.trim(), key).not.to.equal('');
        // Words such as "Volume" are the same in several languages, sentences are not.
        if (english.includes(' ')) expect(text, key).not.to.equal(english);
      }
    });
  }

  for (const code of languageCodes) {
    it(`${code}: hanging up, closing and muting are not the same word`, async () => {
      const { hangUp, close, minimise, mute, cancel } = (await loadLanguage(code, true)).strings;
      expect(new Set([hangUp, close, minimise, mute, cancel]).size).to.equal(5);
    });
  }

  it('French keeps the narrow space before its marks together with the word', async () => {
    const { strings } = await loadLanguage('fr', true);
    for (const [key, text] of Object.entries(strings)) expect(text, key).not.to.match(/ [!?;:»]|« /);
  });

  it("the element's own lang wins over the page's, with a region or without", async () => {
    const page = await fixture(html`<div lang="fr"></div>`);
    const element = await agentElement({ lang: 'de-AT' });
    page.append(element);
    const dialog = await opened(element);
    expect(dialog.lang).to.equal('de');
    expect(panelText(element)).to.include('Wie können wir helfen?');
  });

  it("the closest lang of the page, also from inside another component's shadow root", async () => {
    const page = await fixture(html`<div lang="it"><div></div></div>`);
    const inner = page.firstElementChild as HTMLElement;
    const element = await agentElement();
    inner.attachShadow({ mode: 'open' }).append(element);
    expect((await opened(element)).lang).to.equal('it');
  });

  it("a page in a language that we do not have falls back to the browser's list", async () => {
    const restore = browserSpeaks('sv-SE', 'nl-BE', 'en');
    try {
      const element = await agentElement({ lang: 'fi' });
      expect((await opened(element)).lang).to.equal('nl');
    } finally {
      restore();
    }
  });

  it('no language given: English, without another file', async () => {
    const restore = browserSpeaks('sv');
    try {
      expect((await opened(await agentElement())).lang).to.equal('en');
    } finally {
      restore();
    }
  });

  it('Arabic is laid out from right to left, whatever the page; the others from left to right', async () => {
    const arabic = await opened(await agentElement({ lang: 'ar' }));
    expect(arabic.dir).to.equal('rtl');
    expect(getComputedStyle(arabic).direction).to.equal('rtl');
    const page = await fixture(html`<div dir="rtl"></div>`);
    const element = await agentElement({ lang: 'ja' });
    page.append(element);
    expect(getComputedStyle(await opened(element)).direction).to.equal('ltr');
  });

  it("the tenant's own text replaces ours in every language, the rest stays in the visitor's", async () => {
    server.config = { ...server.config, texts: { greeting: 'Moin!' } };
    const element = await agentElement({ lang: 'de' });
    await opened(element);
    await waitUntil(() => panelText(element).includes('Moin!'));
    expect(panelText(element)).to.include('Sprechen Sie gleich hier').and.not.to.include('Hallo!');
  });

  it('the launcher uses it too once the panel is loaded, unless the page sets its text', async () => {
    const [plain, labelled] = [
      await agentElement({ lang: 'de' }),
      await agentElement({ lang: 'de', label: 'Hey' }),
    ];
    expect(launcherOf(plain).textContent).to.equal('Talk to us');
    for (const element of [plain, labelled]) launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => launcherOf(plain).textContent === 'Sprechen Sie mit uns');
    await opened(labelled);
    expect(launcherOf(labelled).textContent).to.equal('Hey');
    labelled.removeAttribute('label');
    await waitUntil(() => launcherOf(labelled).textContent === 'Sprechen Sie mit uns');
  });

  it('a change of lang is followed while the panel is open', async () => {
    const element = await agentElement({ lang: 'es' });
    await opened(element);
    expect(panelText(element)).to.include('¿En qué podemos ayudarle?');
    element.lang = 'pl';
    await waitUntil(() => panelText(element).includes('W czym możemy pomóc?'));
  });

  it('settings and what follows a call change too', async () => {
    window.machineJoins = 'at once';
    const element = await agentElement({ lang: 'es' });
    launcherOf(element).click();
    await untilState(element, 'live');
    window.machine?.says('assistant', 'Hello?');
    find(element, '[part~=settings]').click();
    await waitUntil(() => panelText(element).includes('Micrófono'));
    element.lang = 'pl';
    await waitUntil(() => panelText(element).includes('Mikrofon'));
    await element.end();
    await waitUntil(() => panelText(element).includes('Jak było?'));
    element.lang = 'ja';
    await waitUntil(() => /いかがでしたか？.*会話をコピー/.test(panelText(element)));
  });

  it('failures are in the language too, also in the event', async () => {
    server.refuse('/v1/sessions', 'tenant_paused');
    const element = await agentElement({ lang: 'pt-BR' });
    let message = '';
    element.addEventListener('vapi-agent-error', (event) => {
      message = event.detail.message;
    });
    launcherOf(element).click();
    await waitUntil(() => message);
    expect(element.state).to.equal('error');
    expect(message).to.match(/^Estamos em pausa\. /);
  });
});
