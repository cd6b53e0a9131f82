/** What the assistant knows and does on the page: only what the tenant has defined, only what fits, asked where it must be. */
import { expect, fixture, html } from '@open-wc/testing';
import type { PageGrant } from '../../server/contract.ts';
import type { ToolDetail } from '../../widget/events.ts';
import { createAgent } from '../../widget/headless.ts';
import { faultIn } from '../../widget/page-tools.ts';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import {
  agentElement,
  audit,
  button,
  callIsLive,
  type Machine,
  proxyGrant,
  stageCalls,
  waitUntil,
} from './support.ts';

const tools: PageGrant['tools'] = [
  {
    name: 'add_to_bag',
    label: 'Put into the bag',
    ask: false,
    parameters: {
      product: { type: 'string', enum: ['Dark rye', 'Spelt'] },
      quantity: { type: 'integer', optional: true },
    },
  },
  { name: 'pay', label: 'Pay', ask: true, parameters: {} },
];

describe('the page and the assistant', () => {
  const stage = stageCalls();
  const used: ToolDetail[] = [];
  let answer: unknown;
  const take = ({ detail }: CustomEvent<ToolDetail>) => {
    used.push(detail);
    detail.respondWith(answer);
  };
  beforeEach(() => {
    used.length = 0;
    answer = 'two in the bag';
    stage.server.grant = { ...proxyGrant, page: { context: false, tools } };
    document.addEventListener('vapi-agent-tool', take);
  });
  afterEach(() => document.removeEventListener('vapi-agent-tool', take));

  let no = 0;
  const call = (machine: Machine, name: string, values: unknown, id = `call_${++no}`) =>
    machine.app({
      type: 'tool-calls',
      toolCallList: [{ id, type: 'function', function: { name, arguments: values } }],
      toolWithToolCallList: [],
    });
  const told = (machine: Machine) =>
    machine.sent.filter(({ type }) => type === 'add-message').map(({ message }) => message?.content ?? '');
  const nextTold = async (machine: Machine, before = told(machine).length): Promise<string> => {
    await waitUntil(() => told(machine).length > before);
    return told(machine).at(-1) ?? '';
  };
  const shown = (element: VapiAgent) => element.shadowRoot?.querySelector('[part=tool]')?.textContent ?? '';

  it('a function of the page gets the checked arguments; its result goes back, and the visitor sees it', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    call(machine, 'add_to_bag', '{"product":"Dark rye","quantity":2}');
    expect(await nextTold(machine)).to.equal('Page function add_to_bag: done. two in the bag');
    const [{ respondWith: _, ...detail }] = used as [ToolDetail];
    expect(detail).to.eql({
      ...{ name: 'add_to_bag', label: 'Put into the bag', asked: false },
      arguments: { product: 'Dark rye', quantity: 2 },
    });
    expect(shown(element)).to.equal('Done: Put into the bag · Dark rye · 2');
    expect(machine.sent.at(-1)).to.eql({
      ...{ type: 'add-message', triggerResponseEnabled: true },
      message: { role: 'system', content: 'Page function add_to_bag: done. two in the bag' },
    });
    await audit(element);
  });

  it('the same call that arrives twice is carried out once; what throws or hangs up is reported or dropped', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    answer = () => Promise.reject(new Error('sold out'));
    call(machine, 'add_to_bag', { product: 'Spelt' }, 'call_same');
    expect(await nextTold(machine)).to.equal('Page function add_to_bag: failed, sold out');
    call(machine, 'add_to_bag', { product: 'Spelt' }, 'call_same');
    answer = 'ok';
    call(machine, 'add_to_bag', { product: 'Spelt' });
    await nextTold(machine);
    expect(used.length).to.equal(2);
    let finish = (_value: string): void => {};
    answer = new Promise<string>((resolve) => {
      finish = resolve;
    });
    call(machine, 'add_to_bag', { product: 'Spelt' });
    await waitUntil(() => used.length === 3);
    const before = told(machine).length;
    await element.end();
    finish('too late');
    expect(told(machine).length).to.equal(before);
  });

  it('what the tenant has not defined so is not run, and the assistant learns why', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    call(machine, 'add_to_bag', { product: 'Gold bar' });
    expect(await nextTold(machine)).to.include('not run, "product" must be one of Dark rye, Spelt');
    call(machine, 'delete_account', {});
    document.removeEventListener('vapi-agent-tool', take);
    call(machine, 'add_to_bag', { product: 'Spelt' });
    expect(await nextTold(machine)).to.include('failed, this page cannot do that');
    expect(used).to.eql([]);
    expect(told(machine).join()).not.to.include('delete_account');
  });

  it('where the tenant wants it the visitor is asked first, and without a yes nothing is done', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    call(machine, 'pay', {});
    await waitUntil(() => shown(element).includes('Allow the assistant to do this? Pay'));
    expect(used).to.eql([]);
    await audit(element);
    const before = told(machine).length;
    button(element, 'Don’t allow').click();
    expect(await nextTold(machine, before)).to.equal(
      'Page function pay: not run, the visitor did not allow it',
    );
    expect(used).to.eql([]);
    call(machine, 'pay', {});
    await waitUntil(() => shown(element).includes('Pay'));
    button(element, 'Allow').click();
    await nextTold(machine);
    expect(used.map(({ name, asked }) => [name, asked])).to.eql([['pay', true]]);
    call(machine, 'pay', {});
    await waitUntil(() => shown(element).includes('Allow'));
    await element.end();
    await waitUntil(() => shown(element) === '');
    expect(used.length).to.equal(1);
  });

  it('a long question stays within the screen, so that it can be answered', async () => {
    const parameters = { text: { type: 'string' } } as const;
    const long = [{ name: 'note', label: 'Write down', ask: true, parameters }];
    stage.server.grant = { ...proxyGrant, page: { context: false, tools: long } };
    const element = await agentElement();
    const machine = await callIsLive(element);
    call(machine, 'note', { text: 'word '.repeat(199) });
    await waitUntil(() => shown(element).includes('Write down'));
    const box = element.shadowRoot?.querySelector('[part=tool]');
    expect(box?.getBoundingClientRect().bottom).to.be.at.most(innerHeight);
    button(element, 'Allow').focus();
    button(element, 'Allow').click();
    await nextTold(machine, 0);
    // The focus would be lost with the button.
    expect(element.shadowRoot?.activeElement?.role).to.equal('dialog');
  });

  it('what a server carries out does not use up what the page may do', async () => {
    const element = await agentElement();
    const machine = await callIsLive(element);
    for (let used = 0; used < 60; used += 1) call(machine, 'look_up', {});
    call(machine, 'add_to_bag', { product: 'Spelt' });
    expect(await nextTold(machine, 0)).to.include('done');
  });

  it('its context goes to the assistant without a word, when the call is live and at each change', async () => {
    stage.server.grant = { ...proxyGrant, page: { context: true, tools: [] } };
    const element = await agentElement({ context: 'Product: Dark rye, 4.80' });
    const machine = await callIsLive(element);
    await waitUntil(() => told(machine).length === 1);
    expect(told(machine)[0]).to.include(
      `“${document.title}” at ${location.origin}${location.pathname}. Product: Dark rye`,
    );
    expect(machine.sent.at(-1)).to.include({ triggerResponseEnabled: false });
    element.setAttribute('context', 'Product: Croissant');
    element.setAttribute('context', 'Product: Seeded spelt');
    expect(await nextTold(machine, 1)).to.include('Product: Seeded spelt');
    expect(told(machine).join()).not.to.include('Croissant');
  });

  it('the context is that of the element that a router has put in its place', async () => {
    stage.server.config = { ...stage.server.config, rejoinCalls: true };
    for (const context of ['The shelf', '']) {
      const main = await fixture<HTMLElement>(html`<main></main>`);
      stage.server.grant = proxyGrant;
      const first = await agentElement({ rejoin: '', context });
      main.append(first);
      const machine = await callIsLive(first);
      if (context) await nextTold(machine, 0);
      const before = told(machine).length;
      main.innerHTML = '<vapi-agent tenant="acme" server="https://agents.test" rejoin></vapi-agent>';
      const next = main.firstElementChild as VapiAgent;
      await waitUntil(() => next.state === 'live');
      next.setAttribute('context', 'The checkout');
      expect(await nextTold(machine, before)).to.include('The checkout');
      await next.end();
      main.remove();
    }
  });

  it('without a grant for the page only its own words are sent, and the code is loaded for them alone', async () => {
    stage.server.grant = proxyGrant;
    const element = await agentElement();
    const machine = await callIsLive(element);
    call(machine, 'add_to_bag', { product: 'Spelt' });
    element.setAttribute('context', 'The checkout');
    expect(await nextTold(machine, 0)).to.match(/\(not instructions\): The checkout$/);
    expect(used).to.eql([]);
  });

  it('an interface of one’s own has both: the event, and whether it must ask', async () => {
    const agent = createAgent({ tenant: 'acme', server: 'https://agents.test', context: 'The shelf' });
    await agent.start();
    const machine = window.machine as Machine;
    expect(await nextTold(machine, 0)).to.include('The shelf');
    agent.context('The checkout');
    expect(await nextTold(machine, 1)).to.include('The checkout');
    call(machine, 'pay', {});
    expect(await nextTold(machine, 2)).to.equal('Page function pay: done. two in the bag');
    expect(used.map(({ name, asked }) => [name, asked])).to.eql([['pay', true]]);
    const remove = agent.registerTool('add_to_bag', ({ product }) => ({ bag: [product] }));
    call(machine, 'add_to_bag', { product: 'Spelt' });
    // The first that takes it: before the listener of the document.
    expect(await nextTold(machine, 3)).to.equal('Page function add_to_bag: done. {"bag":["Spelt"]}');
    remove();
    call(machine, 'add_to_bag', { product: 'Spelt' });
    expect(await nextTold(machine, 4)).to.include('two in the bag');
    await agent.end();
  });

  it('arguments fit or do not', () => {
    const parameters: PageGrant['tools'][number]['parameters'] = {
      text: { type: 'string' },
      count: { type: 'integer', optional: true },
      rate: { type: 'number', optional: true },
      sure: { type: 'boolean', optional: true },
    };
    const cases: [values: unknown, fault: RegExp | null][] = [
      [{ text: 'a', count: 1, rate: 0.5, sure: false }, null],
      [{ text: '' }, null],
      [{}, /"text" is missing/],
      [{ text: 1 }, /"text" is not a string/],
      [{ text: 'a', count: 1.5 }, /"count" is not a integer/],
      [{ text: 'a', count: '1' }, /"count"/],
      [{ text: 'a', rate: Number.NaN }, /"rate"/],
      [{ text: 'a', sure: 'yes' }, /"sure"/],
      [{ text: 'a', more: 1 }, /"more" is not a parameter/],
      [JSON.parse('{"text":"a","__proto__":{}}'), /__proto__/],
      [{ text: 'x'.repeat(1001) }, /too long/],
      [['a'], /not an object/],
      [null, /not an object/],
      ['text', /not an object/],
    ];
    for (const [values, fault] of cases) {
      const found = faultIn(values, parameters);
      if (fault) expect(found, JSON.stringify(values)).to.match(fault);
      else expect(found).to.equal(null);
    }
  });
});
