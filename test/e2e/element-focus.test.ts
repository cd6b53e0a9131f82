/** Keyboard users see where the focus is: nothing covers it, and its ring stands out from what is beside it. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import type { Locator, Page } from 'playwright-core';
import type { VapiAgent } from '../../widget/vapi-agent.ts';
import { faultsOf } from './support/axe.ts';
import { type HostPage, type HostPages, inState, openHostPages } from './support/host-page.ts';

let pages: HostPages;
before(async () => {
  pages = await openHostPages();
  await pages.addTenant('writes', { name: 'The writers', modes: ['hybrid'] });
});
after(() => pages?.close());

const open = (attributes: string, options: object): Promise<HostPage> => {
  const text = `<main><h1>A business</h1><p>${'What we do, and how to find us. '.repeat(40)}</p></main>`;
  const element = `<vapi-agent tenant="writes" ${attributes}></vapi-agent>`;
  return pages.open(`${text}${pages.script}${element}`, { reducedMotion: 'reduce', ...options });
};

/** A visitor who opens the panel with the keyboard and writes before the call. */
async function talkAndWrite({ agent, page }: HostPage): Promise<void> {
  await agent.locator('[part=launcher]').focus();
  await page.keyboard.press('Enter');
  await agent.locator('textarea').fill('Do you still have rye bread today?');
  await agent.locator('textarea').press('Enter');
  await agent.locator('.line.assistant').waitFor();
  await agent.locator('.note:empty').waitFor({ state: 'attached' });
  await agent.evaluate((element: VapiAgent) => void element.start());
  await inState(agent, 'live');
  await agent.locator('.line').nth(3).waitFor();
}

/** What the Tab key reaches in the panel, in order, each with what covers it; until the focus leaves the panel. */
async function walk(page: Page, agent: Locator): Promise<string[]> {
  await agent.locator('[role=dialog]').focus();
  const reached: string[] = [];
  for (let seen: string | null = ''; seen !== null && reached.length < 30; ) {
    await page.keyboard.press('Tab');
    seen = await agent.evaluate(lookAtFocus);
    if (seen !== null) reached.push(seen);
  }
  return reached;
}

/** Runs in the page. @returns the name of what has the focus, and what covers or cuts it; null outside the panel */
function lookAtFocus(element: Element): string | null {
  const root = element.shadowRoot as ShadowRoot;
  const focused = root.activeElement;
  if (!focused?.closest('[role=dialog]')) return null;
  const { left, right, top, bottom } = focused.getBoundingClientRect();
  const [middleX, middleY] = [(left + right) / 2, (top + bottom) / 2];
  const points: [number, number][] = [
    [middleX, middleY],
    [middleX, top + 2],
    [middleX, bottom - 2],
    [left + 2, middleY],
    [right - 2, middleY],
  ];
  const above = points
    .map((point) => root.elementFromPoint(...point))
    .find((each) => !focused.contains(each));
  const name = focused.getAttribute('part') ?? focused.localName;
  return above === undefined ? name : `${name} under ${above?.getAttribute('part') ?? above?.localName}`;
}

for (const viewport of [
  { width: 1280, height: 720 },
  { width: 320, height: 568 },
]) {
  test(`${viewport.width} x ${viewport.height}: nothing covers what has the focus, in settings and after a call`, async () => {
    const visit = await open('mode="hybrid" lang="de"', { viewport });
    const { agent, page } = visit;
    await talkAndWrite(visit);
    await agent.locator('[part~=settings]').first().click();
    await agent.locator('select').first().waitFor();
    assert.deepEqual(await walk(page, agent), [
      'close',
      ...(viewport.width > 480 ? ['transcript'] : []),
      'select',
      'select',
      'input',
      'button mute',
      'button settings',
      'button end',
    ]);
    await agent.locator('[part~=end]').click();
    await inState(agent, 'ended');
    await agent.locator('[part~=rate]').first().waitFor();
    assert.deepEqual(await walk(page, agent), [
      'close',
      'transcript',
      'button rate',
      'button rate',
      'button copy',
      'button save',
      'input',
      'button send',
      'button start',
    ]);
    await agent.locator('[part~=rate]').last().click();
    assert.deepEqual(await walk(page, agent), [
      'close',
      'button rate',
      'button rate',
      'textarea',
      'button send-feedback',
      'button start',
    ]);
    await visit.leave();
  });
}

const brands = ['#ffd400', '#ffffff', '#000000', '#7f7f7f', '#14635c', '#e4002b'];
for (const colorScheme of ['light', 'dark'] as const) {
  test(`${colorScheme}: the focus ring has a contrast of 3 to what is beside it, whatever the brand's colour`, async () => {
    const visit = await open('mode="hybrid"', { colorScheme, viewport: { width: 1280, height: 720 } });
    const { agent, page } = visit;
    for (const brand of brands) {
      await agent.evaluate((element: VapiAgent, color) => {
        element.close();
        element.style.setProperty('--vapi-agent-accent', color);
      }, brand);
      await page.locator('body').click({ position: { x: 5, y: 5 } });
      await page.keyboard.press('Tab');
      assert.deepEqual(await agent.evaluate(weakRings), [], `launcher in ${brand}`);
      await page.keyboard.press('Enter');
      await agent.locator('textarea').waitFor();
      for (const part of ['close', 'input', 'send', 'start']) {
        await agent.locator(`[part~=${part}]`).focus();
        assert.deepEqual(await agent.evaluate(weakRings), [], `${part} in ${brand}`);
      }
    }
    await visit.leave();
  });
}

/**
 * Runs in the page. Between the ring and its element, and outside the ring, is what its shadow paints, or the panel.
 * @returns what the focus ring has too little contrast to
 */
function weakRings(element: Element): string[] {
  const root = element.shadowRoot as ShadowRoot;
  const focused = root.activeElement as HTMLElement;
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  if (!canvas) throw new Error('no canvas');
  const luminance = (color: string): number => {
    canvas.fillStyle = color;
    canvas.fillRect(0, 0, 1, 1);
    const [red = 0, green = 0, blue = 0] = [...canvas.getImageData(0, 0, 1, 1).data].map((byte) => {
      const share = byte / 255;
      return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
  };
  const { outlineColor, outlineStyle, boxShadow } = getComputedStyle(focused);
  if (outlineStyle !== 'solid') return [`a ring that is ${outlineStyle}`];
  const panel = focused.closest('[role=dialog]');
  const shadow = /^(\w+\([^)]*\))/.exec(boxShadow)?.[1];
  const beside = [shadow, panel && getComputedStyle(panel).backgroundColor].filter((each) => each != null);
  return beside.flatMap((color) => {
    const [light = 0, dark = 0] = [luminance(outlineColor), luminance(color)].sort((a, b) => b - a);
    const contrast = (light + 0.05) / (dark + 0.05);
    return contrast >= 3 ? [] : [`${outlineColor} on ${color}: ${contrast.toFixed(2)}`];
  });
}

for (const [what, options] of [
  ['in forced colours', { forcedColors: 'active', colorScheme: 'dark' }],
  ['in Arabic', { root: 'lang="ar" dir="rtl"' }],
] as const) {
  test(`${what} axe finds nothing: closed, open, in a call, in its settings, after it, while feedback is written`, async () => {
    const visit = await open('mode="hybrid"', options);
    const { agent, page } = visit;
    const audit = async (state: string) => assert.deepEqual(await faultsOf(page), [], state);
    await audit('closed');
    await agent.locator('[part=launcher]').click();
    await agent.locator('textarea').waitFor();
    await audit('open');
    await agent.locator('[part~=start]').click();
    await inState(agent, 'live');
    await agent.locator('.line').nth(1).waitFor();
    await audit('live');
    await agent.locator('[part~=settings]').first().click();
    await agent.locator('select').first().waitFor();
    await audit('settings');
    await agent.locator('[part~=end]').click();
    await inState(agent, 'ended');
    await agent.locator('[part~=rate]').last().click();
    await audit('ended');
    await visit.leave();
  });
}
