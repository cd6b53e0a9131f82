/** The element's states for `npm run screenshots`: each scene goes through some of them on one page. */
import type { Locator } from 'playwright-core';
import type { CallState } from '../widget/call-state.ts';
import type { PanelElement } from '../widget/panel/panel.ts';
import type { VapiAgent } from '../widget/vapi-agent.ts';
import { type HostPage, type HostPages, inState } from './e2e/support/host-page.ts';

export type Shoot = (name: string) => Promise<void>;

export interface Scene {
  /** The tenants, each with different looks. */
  tenant: string;
  attributes?: string;
  /** Runs before anything of the page. */
  before?: () => void;
  play(visit: HostPage, shoot: Shoot): Promise<void>;
}

/** What every look shows. */
export const scenes: Scene[] = [
  {
    tenant: 'lab',
    async play({ agent, page }, shoot) {
      await agent.locator('[part=launcher]').waitFor();
      await shoot('01-closed');
      await show(agent);
      await shoot('02-open');
      await agent.locator('[data-main]').click();
      await inState(agent, 'live');
      await agent.locator('.line').nth(1).waitFor();
      await shoot('04-live');
      await openSettings(agent);
      await shoot('05-settings');
      await agent.locator('[part~=settings]').last().click();
      await agent.locator('[part~=mute]').click();
      await shoot('06-muted');
      await agent.locator('[part~=mute]').click();
      await agent.evaluate((element: VapiAgent) => element.close());
      await shoot('07-minimised');
      await show(agent);
      await agent.locator('.line').nth(5).waitFor();
      await shoot('08-long-log');
      await pretendAll(agent, notices, shoot);
      await hangUp(agent);
      await shoot('15-ended');
      await agent.locator('[part~=rate]').last().click();
      await agent.locator('textarea').waitFor();
      await page.mouse.move(0, 0);
      await shoot('16-feedback');
    },
  },
  {
    tenant: 'consent',
    async play({ agent }, shoot) {
      await agent.locator('[part=launcher]').click();
      await agent.locator('[part=consent]').waitFor();
      await shoot('03-consent');
    },
  },
  {
    tenant: 'writes',
    attributes: 'mode="hybrid"',
    async play({ agent, page }, shoot) {
      await agent.locator('[part=launcher]').click();
      await write(agent, 'Do you still have rye bread today?');
      await shoot('20-chat');
      await agent.locator('[data-main]').click();
      await inState(agent, 'live');
      await agent.locator('.line').nth(3).waitFor();
      await agent.locator('textarea').fill('I would rather write this one down, because it is rather long.');
      await shoot('21-writing-in-a-call');
      await openSettings(agent);
      await shoot('22-settings-and-text');
      await hangUp(agent);
      await shoot('23-ended-with-text');
      await agent.locator('[part~=rate]').first().click();
      await page.mouse.move(0, 0);
      await shoot('24-feedback-with-text');
    },
  },
  {
    tenant: 'writes',
    attributes: 'mode="chat"',
    async play({ agent }, shoot) {
      await agent.locator('[part=launcher]').click();
      await agent.locator('textarea').waitFor();
      await shoot('25-text-only');
      await write(agent, 'Do you still have rye bread today?');
      await write(agent, 'And tomorrow?');
      await shoot('26-text-only-conversation');
    },
  },
  {
    tenant: 'closed',
    async play({ agent }, shoot) {
      await agent.locator('[part=launcher]').click();
      await inState(agent, 'error');
      await shoot('30-closed-hours');
    },
  },
  {
    tenant: 'leads',
    async play({ agent }, shoot) {
      await agent.locator('[part=launcher]').click();
      await agent.locator('[part=lead-form]').waitFor();
      await shoot('33-message');
      await agent.locator('[part~=send-message]').click();
      await agent.locator('[part=lead] .wrong').first().waitFor();
      await shoot('34-message-incomplete');
      await agent.locator('[part=lead] [name=name]').fill('Ada Lovelace');
      await agent.locator('[part=lead] [name=phone]').fill('+49 30 1234567');
      await agent.locator('[part=lead] [name=consent]').check();
      await agent.locator('[part~=send-message]').click();
      await agent.locator('[part=lead] [role=status]').waitFor();
      await shoot('35-message-sent');
    },
  },
  {
    tenant: 'lab',
    before: () => {
      navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('no', 'NotAllowedError'));
    },
    async play({ agent }, shoot) {
      await agent.locator('[part=launcher]').click();
      await inState(agent, 'error');
      await shoot('31-microphone-refused');
    },
  },
  {
    tenant: 'lab',
    before: () => Object.defineProperty(window, 'isSecureContext', { value: false }),
    async play({ agent }, shoot) {
      await agent.locator('[part=launcher]').click();
      await inState(agent, 'error');
      await shoot('32-insecure-page');
    },
  },
  {
    tenant: 'long',
    async play({ agent }, shoot) {
      await show(agent);
      await agent.getByText('Heidelberg').waitFor();
      await shoot('40-long-name');
      await pretendAll(agent, [['41-rejoin-offer', { offersRejoin: true }]], shoot);
      await pretendAll(
        agent,
        [['42-microphone-asked', { phase: 'preparing', askingMicrophone: true }]],
        shoot,
      );
    },
  },
];

/** On a desktop only: its possible places. */
export const placements: Scene[] = ['bottom-right', 'bottom-left', 'top-right', 'top-left', 'inline'].map(
  (placement) => ({
    tenant: 'lab',
    attributes: `placement="${placement}"`,
    async play({ agent }, shoot) {
      await agent.locator('[part=launcher]').waitFor();
      await shoot(`50-${placement}-closed`);
      await show(agent);
      await shoot(`51-${placement}-open`);
    },
  }),
);

/** On the smallest phone: every language, where there is least room and the footer is fullest. */
export const languages = (codes: readonly string[]): Scene => ({
  tenant: 'consent',
  async play({ agent }, shoot) {
    await agent.locator('[part=launcher]').click();
    await agent.locator('[part~=agree]').click();
    await inState(agent, 'live');
    await agent.locator('.line').nth(3).waitFor();
    for (const code of codes) {
      await speak(agent, code);
      await shoot(`60-${code}-1-live`);
    }
    await openSettings(agent);
    for (const code of codes) {
      await speak(agent, code);
      await shoot(`60-${code}-2-settings`);
    }
    await hangUp(agent);
    for (const code of codes) {
      await speak(agent, code);
      await shoot(`60-${code}-3-ended`);
    }
    await agent.locator('[part~=rate]').last().click();
    for (const code of codes) {
      await speak(agent, code);
      await shoot(`60-${code}-4-feedback`);
    }
  },
});

/** The tenants of the scenes. */
export async function addTenants(pages: HostPages): Promise<void> {
  await pages.addTenant('consent', {
    name: 'Riverside Dental',
    appearance: { accentColor: '#ffd400' },
    consent: {
      version: '1',
      text: 'We record this call and keep the recording for thirty days, so that we can check what was agreed.\n\nYou talk with an assistant, not with a person.',
      linkUrl: 'https://example.com/privacy',
    },
  });
  await pages.addTenant('writes', {
    name: 'Acme Bakery',
    modes: ['chat', 'hybrid'],
    appearance: { accentColor: '#9a3412' },
  });
  await pages.addTenant('closed', {
    name: 'Fern Lane Garden Centre',
    appearance: { accentColor: '#3f6212' },
    limits: { hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '03:00', to: '03:01' }] },
  });
  await pages.addTenant('leads', {
    name: 'Fern Lane Garden Centre',
    appearance: { accentColor: '#3f6212' },
    limits: { hours: [{ days: [1, 2, 3, 4, 5, 6, 7], from: '03:00', to: '03:01' }] },
    leads: {
      consent: { version: '1', text: 'I agree that my details are stored and used to contact me.' },
    },
  });
  await pages.addTenant('long', {
    name: 'Gemeinschaftspraxis für Kieferorthopädie und Oralchirurgie am Marktplatz, Heidelberg-Handschuhsheim',
    appearance: { accentColor: '#6d28d9' },
  });
}

/** What a call may report, by the picture's name. */
const notices: [string, Partial<CallState>][] = [
  ['09-weak-network', { network: 'weak' }],
  ['10-reconnecting', { network: 'lost' }],
  ['11-unheard', { unheard: true }],
  ['12-tap-to-hear', { soundBlocked: true }],
  ['13-last-minute', { maxSeconds: 45 }],
  ['14-unheard-in-the-last-minute', { maxSeconds: 45, unheard: true }],
];

/** A panel in a forced state, and what has happened to its call meanwhile. */
type Pretender = PanelElement & { meanwhile?: CallState };

/** Shows states that cannot be reached quickly; the call itself does not change. */
async function pretendAll(
  agent: Locator,
  states: [string, Partial<CallState>][],
  shoot: Shoot,
): Promise<void> {
  const panel = agent.locator('vapi-agent-panel');
  for (const [name, change] of states) {
    await panel.evaluate(async (element: Pretender, differs) => {
      const pretended = { ...element.call, ...differs };
      element.meanwhile = element.call;
      Object.defineProperty(element, 'call', {
        get: () => pretended,
        set: (state) => {
          element.meanwhile = state;
        },
        configurable: true,
      });
      element.requestUpdate();
      await element.updateComplete;
    }, change);
    await shoot(name);
    await panel.evaluate(async (element: Pretender) => {
      Reflect.deleteProperty(element, 'call');
      if (element.meanwhile) element.call = element.meanwhile;
      await element.updateComplete;
    });
  }
}

async function show(agent: Locator): Promise<void> {
  await agent.evaluate((element: VapiAgent) => element.show());
  await agent.getByRole('heading').waitFor();
}

async function openSettings(agent: Locator): Promise<void> {
  await agent.locator('[part~=settings]').first().click();
  await agent.locator('select').first().waitFor();
}

async function hangUp(agent: Locator): Promise<void> {
  await agent.locator('[part~=end]').click();
  await inState(agent, 'ended');
  await agent.locator('[part~=rate]').first().waitFor();
}

async function write(agent: Locator, text: string): Promise<void> {
  await agent.locator('textarea').fill(text);
  await agent.locator('textarea').press('Enter');
  await agent.locator('.line.user').getByText(text).waitFor();
  await agent.locator('.note:empty').waitFor({ state: 'attached' });
}

async function speak(agent: Locator, code: string): Promise<void> {
  await agent.evaluate((element, lang) => element.setAttribute('lang', lang), code);
  await agent.locator(`[role=dialog][lang=${code}]`).waitFor();
}
