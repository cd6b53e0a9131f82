/** The views of a tenant, by route. */
import { html, type TemplateResult } from 'lit';
import './call-view.ts';
import './calls-view.ts';
import './invoice-view.ts';
import './invoices-view.ts';
import './overview-view.ts';
import type { ClientAccess } from '../../contract.ts';
import type { Scope } from '../parts/scope.ts';

/** In the order of the navigation. */
export const viewNames = [
  ['', 'This month'],
  ['calls', 'Calls'],
  ['invoices', 'Invoices'],
] as const;

/** For a client only while its operator allows it, so that it is loaded apart. */
export const privacyView = ['privacy', 'Privacy'] as const;

/** Those that a client with this access has. */
export function viewsFor({ invoices, privacy }: ClientAccess): (readonly [string, string])[] {
  const views = viewNames.filter(([view]) => invoices || view !== 'invoices');
  return privacy ? [...views, privacyView] : views;
}

/** @param route after the tenant's base */
export function tenantView(scope: Scope, [view = '', item]: string[]): TemplateResult {
  if (view === 'calls' && item) return html`<call-view .scope=${scope} .item=${item}></call-view>`;
  if (view === 'calls') return html`<calls-view .scope=${scope}></calls-view>`;
  const hasInvoices = scope.access.invoices;
  if (hasInvoices && view === 'invoices' && item)
    return html`<invoice-view .scope=${scope} .item=${item}></invoice-view>`;
  if (hasInvoices && view === 'invoices') return html`<invoices-view .scope=${scope}></invoices-view>`;
  if (view === 'privacy' && scope.access.privacy) {
    void import('./privacy-view.ts');
    return html`<privacy-view .scope=${scope}></privacy-view>`;
  }
  if (view === '') return html`<overview-view .scope=${scope}></overview-view>`;
  return html`<h1>Page not found</h1><p><a href=${scope.base}>Back to this month</a></p>`;
}
