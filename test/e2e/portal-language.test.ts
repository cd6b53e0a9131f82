/** A client reads the portal in its own language, all of it; only what is on its invoices stays as it was issued. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { type Browser, chromium, type Page } from 'playwright-core';
import type { PlanInput } from '../../server/contract.ts';
import { words as ar } from '../../server/portal/language/ar.ts';
import { words as de } from '../../server/portal/language/de.ts';
import { en, type WordKey, type Words } from '../../server/portal/language/en.ts';
import { type BillingStage, seller, startBillingStage } from '../server/billing/stage.ts';
import { chromeArgs, chromePath } from '../support/chrome.ts';
import { farMs } from '../support/time-limit.ts';
import { checkLooks, figure, openPortal, rows } from './support/portal.ts';

const plan: PlanInput = {
  name: 'Retainer',
  currency: 'eur',
  usdRateMicros: 1_000_000,
  monthlyFeeCents: 123_450,
  rates: [
    { channels: ['web', 'inbound', 'outbound', 'chat'], price: { kind: 'per-call', perCallMicros: 1e6 } },
  ],
};

let stage: BillingStage;
let browser: Browser;
before(async () => {
  const now = Date.parse('2026-12-16T12:00:00Z');
  stage = await startBillingStage({ now, config: { publicUrl: 'http://localhost' } });
  const { server } = stage;
  server.ctx.config.publicUrl = server.url;
  await server.operator('PUT', '/v1/billing/seller', seller);
  await stage.addTenant('acme', plan, '2026-11-01', { name: 'Bäckerei', timeZone: 'Europe/Berlin' });
  await server.operator('PUT', '/v1/tenants/acme/billing', { buyer: { name: 'Bäckerei' } });
  const shown = { clientAccess: { privacy: true, origins: true } };
  assert.equal((await server.operator('PATCH', '/v1/tenants/acme', shown)).status, 200);
  await stage.book(
    'acme',
    { id: 'nov-1', at: '2026-11-10T09:00:00Z', seconds: 120, costMicros: 100_000 },
    { id: 'dec-1', at: '2026-12-15T09:00:00Z', seconds: 90, costMicros: 100_000 },
  );
  assert.equal((await stage.bill('acme', '2026-11')).body.number, 'INV-000001');
  browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs, timeout: farMs });
});
after(async () => {
  await browser?.close();
  await stage?.close();
});

/** What is read or read out, except parts that say that they are in another language. */
function wordsOn(page: Page): Promise<string[]> {
  return page.evaluate(() => {
    const found: string[] = [document.title];
    const walk = (node: Node): void => {
      if (node instanceof Text) found.push(node.data.trim());
      if (node instanceof Element) {
        if (node.matches('[lang], script, style')) return;
        if (!node.checkVisibility({ visibilityProperty: true })) return;
        for (const name of ['aria-label', 'placeholder', 'title', 'alt'])
          found.push(node.getAttribute(name) ?? '');
        for (const one of node.shadowRoot?.childNodes ?? []) walk(one);
      }
      for (const one of node.childNodes) walk(one);
    };
    for (const one of document.body.childNodes) walk(one);
    return found.filter((text) => text !== '');
  });
}

const views: [hash: string, heading: WordKey][] = [
  ['#/', 'overview'],
  ['#/calls', 'conversations'],
  ['#/invoices', 'billing'],
  ['#/agent', 'agent'],
  ['#/people', 'people'],
  ['#/privacy', 'privacy'],
  ['#/sessions', 'sessions'],
  ['#/nothing', 'pageMissing'],
];

/** Shows the client every view of the portal. @param see looks at what is there */
async function walk(locale: string, words: Words, see: (page: Page, what: string) => Promise<void>) {
  const visit = await openPortal(browser, stage.server, 'acme', { locale, width: 360, role: 'admin' });
  const { page } = visit;
  for (const [hash, heading] of views) {
    await visit.go(hash, words[heading]);
    await see(page, hash);
    if (hash === '#/calls' || hash === '#/invoices') {
      await page.locator('tbody th a').first().click();
      await page.locator(`p > a[href="${hash}"]`).waitFor();
      await page.locator('.waiting').first().waitFor({ state: 'detached' });
      await see(page, `one of ${hash}`);
    }
    if (hash === '#/agent') {
      await page.locator('#add').click();
      await page.getByLabel(words.to, { exact: true }).fill('');
      await page.getByRole('button', { name: words.save }).click();
      await page.getByText(words.fixFields).waitFor();
      await see(page, 'a form with errors');
      await page.getByRole('button', { name: words.discard }).click();
    }
    if (hash === '#/privacy') {
      await page.getByLabel(words.callerLabel).fill('+49 30 1234567');
      await page.getByRole('button', { name: words.findCalls }).click();
      await page.locator('form + *').waitFor();
      await see(page, 'callers that were found');
    }
  }
  return visit;
}

test('a client whose browser is in German sees no English, and can choose it', async () => {
  const english = new Set(
    Object.entries(en).flatMap(([key, text]) => (text === de[key as WordKey] ? [] : [String(text)])),
  );
  const visit = await walk('de-AT', de, async (page, what) => {
    const foreign = (await wordsOn(page)).filter(
      (text) => english.has(text) || /\b(the|of|and|is|are|you|your|this|with|from|not|for)\b/i.test(text),
    );
    assert.deepEqual(foreign, [], what);
    await checkLooks(page, what, ['document-title', 'html-has-lang']);
  });
  const { page } = visit;
  assert.equal(await page.evaluate(() => document.documentElement.lang), 'de');
  await visit.go('#/', de.overview);
  assert.equal((await figure(page, de.billSoFar)).replace(/\s/g, ' '), '€ 1.235,50');
  await visit.go('#/calls', de.conversations);
  assert.equal((await rows(page, 'Anrufe im Dezember 2026'))[0]?.[0], '15.12.2026, 10:00');
  await visit.go('#/sessions', de.sessions);
  await page.getByLabel(de.languageHelp).selectOption('en');
  await page.getByRole('heading', { level: 1, name: en.sessions }).waitFor();
  assert.equal(await page.getByLabel(en.languageHelp).inputValue(), 'en');
  await page.getByLabel(en.languageHelp).selectOption('');
  await page.getByRole('heading', { level: 1, name: de.sessions }).waitFor();
  await visit.leave();
});

test('one whose browser is in Arabic sees no English, and everything from right to left', async () => {
  /** Names, addresses and what has no other word. */
  const known =
    /Bäckerei|Retainer|acme|dec-1|nov-1|Voice Agency Ltd|Stripe|CSV|UTC|Europe\/Berlin|INV-\d+|PDF|UBL|CII|\S+@\S+|https?:\/\/\S+|Mozilla.*/g;
  const visit = await walk('ar', ar, async (page, what) => {
    const foreign = (await wordsOn(page)).filter((text) => /[a-z]{2}/i.test(text.replaceAll(known, '')));
    assert.deepEqual(foreign, [], what);
    await checkLooks(page, what);
  });
  const { page } = visit;
  assert.equal(await page.evaluate(() => getComputedStyle(document.body).direction), 'rtl');
  await visit.leave();
});

test('the operator’s portal stays in English, whatever the browser speaks', async () => {
  const visit = await openPortal(browser, stage.server, null, { locale: 'de-AT' });
  await visit.go('#/sessions', en.sessions);
  assert.equal(await visit.page.getByText(en.languageHelp).count(), 0);
  await visit.leave();
});
