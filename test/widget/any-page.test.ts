/** The element on pages that do things to it: their handlers, their CSS, their routers. */
import { expect, fixture, html, nextFrame } from '@open-wc/testing';
import {
  agentElement,
  callIsLive,
  dialogOf,
  find,
  json,
  launcherOf,
  rendered,
  StubServer,
  untilState,
  waitUntil,
} from './support.ts';

describe('on any page', () => {
  let server: StubServer;
  beforeEach(() => {
    server = new StubServer();
    window.machineJoins = 'at once';
  });
  afterEach(async () => {
    for (const element of document.querySelectorAll('vapi-agent')) await element.end();
    server.restore();
  });

  const isShown = (element: Element): boolean =>
    (element.shadowRoot?.querySelector('[role=dialog]')?.getClientRects().length ?? 0) > 0;

  it('puts no attribute on itself before the first change, so that frameworks can hydrate it', async () => {
    const element = await agentElement();
    launcherOf(element).dispatchEvent(new Event('pointerenter'));
    await waitUntil(() => element.shadowRoot?.querySelector('vapi-agent-panel'));
    expect(element.getAttributeNames().toSorted()).to.eql(['server', 'tenant']);
    await callIsLive(element);
    expect(element.getAttribute('state')).to.equal('live');
  });

  it('reads "false" as an absent attribute', async () => {
    const element = await agentElement({ open: 'false', eager: 'false', rejoin: 'false' });
    await nextFrame();
    expect(element.hasAttribute('open')).to.equal(false);
    expect(server.requests).to.eql([]);
    element.setAttribute('open', 'true');
    await waitUntil(() => isShown(element));
    element.setAttribute('open', 'false');
    await waitUntil(() => !isShown(element));
  });

  it('a page that strips its attributes changes neither the state nor what is shown', async () => {
    const element = await agentElement();
    await callIsLive(element);
    await waitUntil(() => isShown(element));
    for (const name of ['state', 'open']) element.removeAttribute(name);
    expect(element.state).to.equal('live');
    await waitUntil(() => element.getAttribute('state') === 'live' && element.hasAttribute('open'));
    expect(isShown(element)).to.equal(true);
    element.removeAttribute('open');
    await waitUntil(() => !isShown(element));
    expect(element.state).to.equal('live');
    await element.end();
    element.removeAttribute('state');
    expect(element.state).to.equal('ended');
  });

  it('keys, pointer, clipboard, focus and wheel stay inside; what the page put into a slot is the page’s', async () => {
    const element = await agentElement({ mode: 'chat' });
    element.innerHTML = '<em slot="header">Ours</em>';
    element.show();
    await waitUntil(() => element.shadowRoot?.querySelector('textarea'));
    const kinds = [
      'keydown',
      'keyup',
      'mousedown',
      'paste',
      'contextmenu',
      'focusin',
      'wheel',
      'touchmove',
      'click',
    ];
    const heard: string[] = [];
    const hear = (event: Event) => heard.push(event.type);
    for (const kind of kinds) document.addEventListener(kind, hear);
    const send = (from: Element, kind: string) =>
      from.dispatchEvent(new Event(kind, { bubbles: true, composed: true, cancelable: true }));
    for (const kind of kinds) send(find(element, 'textarea'), kind);
    expect(heard).to.eql([]);
    send(element.querySelector('em') as Element, 'keydown');
    expect(heard).to.eql(['keydown']);
    for (const kind of kinds) document.removeEventListener(kind, hear);
  });

  it('inside a link, a click on the launcher or in the panel follows no link', async () => {
    const element = await agentElement({ mode: 'chat' });
    const link = await fixture<HTMLAnchorElement>(html`<a href="#followed"></a>`);
    link.append(element);
    launcherOf(element).click();
    await waitUntil(() => isShown(element));
    find(element, '[part=close]').click();
    await waitUntil(() => !isShown(element));
    expect(location.hash).to.equal('');
  });

  it('the key that ends a composition neither sends nor closes, in Safari as well', async () => {
    const element = await agentElement({ mode: 'chat' });
    element.show();
    await waitUntil(() => element.shadowRoot?.querySelector('textarea'));
    const input = find<HTMLTextAreaElement>(element, 'textarea');
    input.value = 'にほn';
    for (const key of ['Enter', 'Escape']) {
      // The order of WebKit: the composition is over, its key follows.
      input.dispatchEvent(
        new KeyboardEvent('keydown', { key, keyCode: 229, bubbles: true, composed: true, cancelable: true }),
      );
    }
    await nextFrame();
    expect(input.value).to.equal('にほn');
    expect(element.hasAttribute('open')).to.equal(true);
    expect(server.paths).not.to.include('/v1/chats');
  });

  it('a translation of the page that replaces our text nodes does not freeze the status', async () => {
    const element = await agentElement();
    await callIsLive(element);
    await rendered(element);
    const texts = document.createTreeWalker(find(element, '[part=stage]'), NodeFilter.SHOW_TEXT);
    const nodes: Text[] = [];
    while (texts.nextNode()) nodes.push(texts.currentNode as Text);
    for (const node of [...nodes, find(element, '[part=label]').firstChild as Text]) {
      const font = document.createElement('font');
      font.textContent = `übersetzt: ${node.data}`;
      if (node.data.trim()) node.replaceWith(font);
    }
    await element.end();
    await waitUntil(() => find(element, '[part=status]').textContent?.includes('Call ended'));
    expect(find(element, '[part=status]').textContent).not.to.include('übersetzt');
    element.close();
    await waitUntil(() => launcherOf(element).textContent === 'Talk to us');
  });

  for (const rule of [
    '* { position: relative }',
    'vapi-agent { display: block; padding: 20px; width: 100% }',
    'vapi-agent { transform: scale(1); max-width: 40rem; margin: 0 auto }',
  ]) {
    it(`stays in its corner under the page’s rule ${rule}`, async () => {
      const style = await fixture(html`<style></style>`);
      style.textContent = rule;
      const element = await agentElement({ mode: 'hybrid' });
      const inView = (part: Element): boolean => {
        const { left, right, top, bottom } = part.getBoundingClientRect();
        return left >= 0 && top >= 0 && right <= innerWidth && bottom <= innerHeight;
      };
      expect(getComputedStyle(element).position).to.equal('fixed');
      expect(inView(launcherOf(element))).to.equal(true);
      element.show();
      await waitUntil(() => isShown(element));
      await rendered(element);
      expect(inView(dialogOf(element))).to.equal(true);
      style.remove();
    });
  }

  it('takes no text style from the page’s rules for everything, and can still be hidden by the page', async () => {
    const looks = (part: Element) => {
      const style = getComputedStyle(part);
      const {
        fontStyle,
        fontWeight,
        letterSpacing,
        textTransform,
        textIndent,
        lineHeight,
        cursor,
        whiteSpace,
      } = style;
      return {
        fontStyle,
        fontWeight,
        letterSpacing,
        textTransform,
        textIndent,
        lineHeight,
        cursor,
        whiteSpace,
      };
    };
    const element = await agentElement({ mode: 'hybrid' });
    element.show();
    await waitUntil(() => isShown(element));
    await rendered(element);
    const parts = ['[part=label]', '[part=status]', '[role=dialog]'].map((part) => find(element, part));
    const before = parts.map(looks);
    const style = await fixture(html`<style></style>`);
    style.textContent =
      '*{font:italic 900 40px/3 serif;letter-spacing:.3em;text-transform:uppercase;text-indent:40px;cursor:none;white-space:nowrap}';
    expect(parts.map(looks)).to.eql(before);
    style.textContent = 'vapi-agent { visibility: hidden }';
    expect(getComputedStyle(dialogOf(element)).visibility).to.equal('hidden');
    style.remove();
  });

  it('below a transformed ancestor an open panel is in the window, not somewhere in the page', async () => {
    const wrapper = await fixture<HTMLElement>(
      html`<div style="transform: translateY(0); height: 4000px"></div>`,
    );
    const element = await agentElement();
    wrapper.append(element);
    element.show();
    await waitUntil(() => isShown(element));
    const place = () => dialogOf(element).getBoundingClientRect();
    await waitUntil(() => place().bottom <= innerHeight).catch(() =>
      expect.fail(
        JSON.stringify([element.popover, element.matches(':popover-open'), place(), innerHeight, scrollY]),
      ),
    );
    expect(place().top).to.be.at.least(0);
    wrapper.remove();
  });

  it('with `rejoin`, a router that swaps the page hands the live call to the next element of the tenant', async () => {
    const main = await fixture<HTMLElement>(html`<main></main>`);
    const first = await agentElement({ rejoin: '' });
    main.append(first);
    await callIsLive(first);
    await waitUntil(() => isShown(first));
    // The first has no part in calls that go on; the last would be a second panel.
    const like = '<vapi-agent tenant="acme" server="https://agents.test" rejoin';
    main.innerHTML = `${like}="false"></vapi-agent>${like}></vapi-agent>${like}></vapi-agent>`;
    const [without, next, last] = main.children as unknown as [typeof first, typeof first, typeof first];
    await untilState(next, 'live');
    expect([without, last].map(({ isConnected, state }) => [isConnected, state])).to.eql(
      Array(2).fill([true, 'idle']),
    );
    expect(main.querySelectorAll('[open]').length).to.equal(1);
    await waitUntil(() => isShown(next));
    expect(server.paths.filter((path) => path === '/v1/calls' || path.endsWith('/end'))).to.eql([
      '/v1/calls',
    ]);
    window.machine?.says('assistant', 'Still here');
    await waitUntil(() => find(next, '[role=log]').textContent?.includes('Still here'));
    await next.end();
    expect(server.paths.at(-1)).to.match(/\/end$/);
    main.remove();
  });

  it('after a refusal by the server its settings are read again, past any cache', async () => {
    const caches: RequestCache[] = [];
    const stubbed = window.fetch;
    window.fetch = (input, init) => {
      if (String(input).includes('/v1/widget/')) caches.push(init?.cache ?? 'default');
      return stubbed(input, init);
    };
    server.answers.set('/v1/sessions', () => json({ code: 'outside_hours' }, 403));
    const element = await agentElement();
    await element.start();
    expect(element.state).to.equal('error');
    server.answers.clear();
    await element.start();
    await untilState(element, 'live');
    expect(caches).to.eql(['default', 'reload']);
  });
});
