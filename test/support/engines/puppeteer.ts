/** Chromium and Firefox, driven by the puppeteer that comes with the element tests' runner. */
import { puppeteerCore } from '@web/test-runner-chrome';
import { type Engine, type EngineName, type EnginePage, type PageOptions, usualViewport } from './page.ts';

type Launch = NonNullable<Parameters<typeof puppeteerCore.launch>[0]>;
type Browser = Awaited<ReturnType<typeof puppeteerCore.launch>>;

export async function openPuppeteer(name: EngineName, launch: Launch): Promise<Engine> {
  const browser = await puppeteerCore.launch({ ...launch, defaultViewport: null });
  return {
    name,
    open: (url, options = {}) => openPage(browser, name, url, options),
    close: () => browser.close(),
  };
}

async function openPage(
  browser: Browser,
  name: EngineName,
  url: string,
  { viewport = usualViewport, isPhone = false }: PageOptions,
): Promise<EnginePage> {
  const context = await browser.createBrowserContext();
  const page = await context.newPage();
  // Only Chromium can emulate a phone.
  const hasTouch = isPhone && name === 'Chromium';
  await page.setViewport({ ...viewport, ...(hasTouch && { hasTouch, isMobile: true }) });
  const complaints: string[] = [];
  page.on('pageerror', (error) =>
    complaints.push(`uncaught: ${error instanceof Error ? error.stack : error}`),
  );
  page.on('console', (message) => {
    if (['warn', 'error'].includes(message.type())) complaints.push(message.text());
  });
  await page.goto(url);
  return {
    run: (act, ...args) => page.evaluate(act as never, ...args) as never,
    async runInFrame(act, ...args) {
      const frame = page.frames().find((each) => each.parentFrame());
      if (!frame) throw new Error('the page has no frame');
      return frame.evaluate(act as never, ...args) as never;
    },
    move: (x, y) => page.mouse.move(x, y),
    tap: (x, y) => (hasTouch ? page.touchscreen.tap(x, y) : page.mouse.click(x, y)),
    press: () => page.mouse.down(),
    release: () => page.mouse.up(),
    pressEscape: () => page.keyboard.press('Escape'),
    complaints: () => complaints,
    close: () => context.close(),
  };
}
