/** The views of a tenant, by route. */
import { html, type TemplateResult } from 'lit';
import { say } from '../language/words.ts';
import './call-view.ts';
import './calls-view.ts';
import './invoice-view.ts';
import './invoices-view.ts';
import './overview-view.ts';
import type { MeAnswer, Permission } from '../../contract.ts';
import { lazily } from '../parts/lazy.ts';
import { labelOf, type NavEntry } from '../parts/navigation.ts';
import { type Scope, titleOf } from '../parts/scope.ts';
import '../parts/settings-tabs.ts';

/** The tabs of a client that the operator shares with it, in their order. */
export const sharedTabs = [
  ['', 'Overview'],
  ['calls', 'Calls'],
  ['invoices', 'Invoices'],
] as const;

/** For a client only while its operator allows it, so that it is loaded apart. */
export const privacyView = ['privacy', 'Privacy'] as const;

/** The same. */
export const leadsView = ['leads', 'Leads'] as const;

/** A client's settings, each also the word for it. */
const settingsViews = ['agent', 'people', 'privacy', 'sessions'] as const;
const isSettings = (view: string): view is (typeof settingsViews)[number] =>
  settingsViews.some((one) => one === view);

const needed: Record<string, Permission> = {
  calls: 'calls.read',
  invoices: 'billing.read',
  leads: 'leads.read',
  people: 'people.read',
  privacy: 'privacy.read',
  site: 'website.read',
  agent: 'website.read',
};

/** What the reader may see, and the operator shows to a client. */
export function isShown({ permissions, access }: MeAnswer, view: string): boolean {
  const agent = access.hours || access.texts || access.origins;
  const switches: Record<string, boolean> = { ...access, agent };
  return permissions.includes(needed[view] ?? 'self.read') && switches[view] !== false;
}

/** A client's own navigation. */
export function clientEntries(me: MeAnswer): readonly NavEntry[] {
  const [first = 'sessions', ...also] = settingsViews.filter((view) => isShown(me, view));
  const all: NavEntry[] = [
    { view: '', label: say('overview'), icon: 'overview' },
    { view: 'calls', label: say('conversations'), icon: 'calls' },
    { view: 'leads', label: say('leads'), icon: 'leads' },
    { view: 'invoices', label: say('billing'), icon: 'invoices' },
    { view: first, label: say('settings'), icon: 'settings', also },
  ];
  return all.filter(({ view }) => isShown(me, view));
}

/** Above each part of a client's settings. */
export function clientTabs(me: MeAnswer, [view = '']: string[]): TemplateResult | string {
  if (!isSettings(view)) return '';
  const shown = settingsViews.filter((one) => isShown(me, one)).map((one) => [one, say(one)] as const);
  return html`<settings-tabs .tabs=${shown} .current=${view}></settings-tabs>`;
}

/** What a view of a client is called in the browser's tab. @param route after the client's base */
export function pageTitle([view = '', item]: string[], me: MeAnswer): string {
  if (view === 'calls' && item) return say('call');
  if (view === 'invoices' && item) return say('invoice');
  if (isSettings(view)) return say(view);
  if (me.role === 'client') return labelOf(clientEntries(me), view) ?? say('pageMissing');
  const name = sharedTabs.find(([one]) => one === view)?.[1] ?? (view === 'site' ? 'Website' : view);
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** @param route after the tenant's base @param query the part of the address behind a question mark */
export function tenantView(scope: Scope, [view = '', item]: string[], query: string): TemplateResult {
  if (view === 'calls' && item) return html`<call-view .scope=${scope} .item=${item}></call-view>`;
  if (view === 'calls') return html`<calls-view .scope=${scope} .query=${query}></calls-view>`;
  const hasInvoices = scope.access.invoices;
  if (hasInvoices && view === 'invoices' && item)
    return html`<invoice-view .scope=${scope} .item=${item}></invoice-view>`;
  if (hasInvoices && view === 'invoices') return html`<invoices-view .scope=${scope}></invoices-view>`;
  if (view === 'agent' && !scope.isOperator) {
    lazily(() => import('./own-settings-view.ts'));
    return html`<own-settings-view .scope=${scope}></own-settings-view>`;
  }
  if (view === 'people') {
    lazily(() => import('./people-view.ts'));
    return html`<people-view .slug=${scope.slug} .heading=${titleOf(scope, say('people'))}></people-view>`;
  }
  if (view === 'sessions' && !scope.isOperator) {
    lazily(() => import('./sessions-view.ts'));
    return html`<sessions-view .isClient=${true} .mayEnd=${scope.permissions.includes('self.manage')}></sessions-view>`;
  }
  if (view === 'privacy' && scope.access.privacy) {
    lazily(() => import('./privacy-view.ts'));
    return html`<privacy-view .scope=${scope}></privacy-view>`;
  }
  if (view === 'leads' && scope.access.leads) {
    lazily(() => import('./leads-view.ts'));
    return html`<leads-view .scope=${scope}></leads-view>`;
  }
  if (view === '') return html`<overview-view .scope=${scope}></overview-view>`;
  return html`<h1>${say('pageMissing')}</h1><p><a href=${scope.base}>${say('backToOverview')}</a></p>`;
}
