/** The views of a tenant, by route. */
import { html, type TemplateResult } from 'lit';
import './call-view.ts';
import './calls-view.ts';
import './invoice-view.ts';
import './invoices-view.ts';
import './overview-view.ts';
import { labelOf, type NavEntry } from '../parts/navigation.ts';
import type { Scope } from '../parts/scope.ts';

/** A client's own navigation. */
export const clientEntries: readonly NavEntry[] = [
  { view: '', label: 'Overview', icon: 'overview' },
  { view: 'calls', label: 'Conversations', icon: 'calls' },
  { view: 'invoices', label: 'Billing', icon: 'invoices' },
];

/** The tabs of a client that the operator shares with it, in their order. */
export const sharedTabs = [
  ['', 'Overview'],
  ['calls', 'Calls'],
  ['invoices', 'Invoices'],
] as const;

/** What a view of a client is called in the browser's tab. @param route after the client's base */
export function pageTitle([view = '', item]: string[], isOperator: boolean): string {
  if (view === 'calls' && item) return 'Call';
  if (view === 'invoices' && item) return 'Invoice';
  if (!isOperator) return labelOf(clientEntries, view) ?? 'Page not found';
  const name = sharedTabs.find(([one]) => one === view)?.[1] ?? (view === 'site' ? 'Website' : view);
  return `${name.charAt(0).toUpperCase()}${name.slice(1)}`;
}

/** @param route after the tenant's base */
export function tenantView(scope: Scope, [view = '', item]: string[]): TemplateResult {
  if (view === 'calls' && item) return html`<call-view .scope=${scope} .item=${item}></call-view>`;
  if (view === 'calls') return html`<calls-view .scope=${scope}></calls-view>`;
  if (view === 'invoices' && item) return html`<invoice-view .scope=${scope} .item=${item}></invoice-view>`;
  if (view === 'invoices') return html`<invoices-view .scope=${scope}></invoices-view>`;
  if (view === '') return html`<overview-view .scope=${scope}></overview-view>`;
  return html`<h1>Page not found</h1><p><a href=${scope.base}>Back to the overview</a></p>`;
}
