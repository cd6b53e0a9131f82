/** A portal with clients of two months, October billed and November due, and Stripe's stand-in behind it. */
import { type Browser, chromium, type Page } from 'playwright-core';
import type { PlanInput } from '../../../server/contract.ts';
import {
  type BillingStage,
  channels,
  mustBe,
  simplePlan as plan,
  seller,
  startBillingStage,
} from '../../server/billing/stage.ts';
import { chromeArgs, chromePath } from '../../support/chrome.ts';
import { type StripeStandIn, startStripeStandIn } from '../../support/stripe-stand-in/stand-in.ts';
import { farMs } from '../../support/time-limit.ts';
import { openPortal, type PortalVisit, type VisitOptions } from './portal.ts';

const secretKey = 'sk_test_onlyForThisTest';

export interface BilledPortal {
  stage: BillingStage;
  /** @param tenant null for the operator */
  signIn(tenant: string | null, options?: VisitOptions): Promise<PortalVisit>;
  collectByStripe(slug: string, collection: 'send' | 'charge'): Promise<void>;
  /** The client's invoices as the API has them. */
  // biome-ignore lint/suspicious/noExplicitAny: answers are looked into, as everywhere in the tests
  invoicesOf(slug: string): Promise<any[]>;
  close(): Promise<void>;
}

/** The clock stands at noon of 16 December 2026, UTC. */
export async function startBilledPortal(): Promise<BilledPortal> {
  let stage: BillingStage | undefined;
  let stripe: StripeStandIn | undefined;
  let browser: Browser | undefined;
  const close = async () => {
    await browser?.close();
    await stage?.close();
    await stripe?.close();
  };
  try {
    const now = Date.parse('2026-12-16T12:00:00Z');
    stripe = await startStripeStandIn({ secretKey, now: () => stage?.server.clock.now ?? now });
    stage = await startBillingStage({
      now,
      config: { publicUrl: 'http://localhost', stripeApiUrl: stripe.url },
      secrets: { stripe: { secretKey, webhookSecret: null } },
    });
    await seed(stage);
    browser = await chromium.launch({ executablePath: await chromePath(), args: chromeArgs, timeout: farMs });
  } catch (error) {
    await close();
    throw error;
  }
  const [opened, shown] = [stage, browser];
  return {
    stage,
    signIn: (tenant, options) => openPortal(shown, opened.server, tenant, options),
    collectByStripe: (slug, collection) => collectByStripe(opened, slug, collection),
    invoicesOf: async (slug) =>
      (await opened.server.operator('GET', `/v1/tenants/${slug}/invoices`)).body.invoices,
    close,
  };
}

async function seed(stage: BillingStage): Promise<void> {
  const { server } = stage;
  server.ctx.config.publicUrl = server.url;
  await server.operator('PUT', '/v1/billing/seller', { ...seller, accentColor: '#ffd400' });
  // October is billed. Acme talked 3 minutes: 13.00. Bravo is paid through Stripe.
  for (const [slug, name, timeZone] of [
    ['acme', 'Acme Bakery', 'Europe/Berlin'],
    ['bravo', 'Bravo', 'UTC'],
    ['coda', 'Coda', 'UTC'],
  ] as const) {
    await stage.addTenant(slug, plan, '2026-10-01', { name, timeZone });
    await mustBe(200, server.operator('PUT', `/v1/tenants/${slug}/plan`, { plan: null, from: '2026-11-01' }));
    if (slug === 'acme') await stage.book(slug, { id: 'a-1', at: '2026-10-10T09:00:00Z', seconds: 180 });
    if (slug === 'bravo') await collectByStripe(stage, slug, 'send');
    const { id } = (await mustBe(200, stage.bill(slug, '2026-10'))).body;
    if (slug === 'bravo') {
      await mustBe(200, server.operator('POST', `/v1/tenants/bravo/invoices/${id}/push`));
    }
  }
  // November is not: 13.00, 10.00 through Stripe, and 10.00 beside a call whose cost is not yet known.
  await stage.addTenant('xray', plan, '2026-11-01', { name: 'Xray' });
  await stage.book('xray', { id: 'x-1', at: '2026-11-10T09:00:00Z', seconds: 180 });
  await stage.addTenant('yankee', plan, '2026-11-01', { name: 'Yankee' });
  await collectByStripe(stage, 'yankee', 'send');
  const atCost: PlanInput = { ...plan, rates: [{ channels, price: { kind: 'cost-plus', markupBps: 0 } }] };
  await stage.addTenant('zulu', atCost, '2026-11-01', { name: 'Zulu' });
  await stage.book('zulu', { id: 'z-1', at: '2026-11-11T09:00:00Z', seconds: 60, costMicros: null });
}

async function collectByStripe(stage: BillingStage, slug: string, collection: 'send' | 'charge') {
  const body = { buyer: { name: slug, email: `${slug}@example.com` }, collection };
  await mustBe(200, stage.server.operator('PUT', `/v1/tenants/${slug}/billing`, body));
}

export const heading = (page: Page, name: string) =>
  page.getByRole('heading', { level: 1, name, exact: true }).waitFor();

/** Presses a button, then the one in the question that follows. */
export async function act(page: Page, button: string, question: string, yes: string): Promise<void> {
  await page.getByRole('button', { name: button, exact: true }).click();
  await page.getByRole('dialog', { name: question }).getByRole('button', { name: yes }).click();
}
