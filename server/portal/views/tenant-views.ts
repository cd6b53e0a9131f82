/** The views of a tenant, by route. */
import { html, type TemplateResult } from 'lit';
import './call-view.ts';
import './calls-view.ts';
import './invoice-view.ts';
import './invoices-view.ts';
import './overview-view.ts';
import type { Scope } from '../parts/scope.ts';

/** In the order of the navigation. */
export const viewNames = [
  ['', 'This month'],
  ['calls', 'Calls'],
  ['invoices', 'Invoices'],
] as const;

/** @param route after the tenant's base */
export function tenantView(scope: Scope, [view = '', item]: string[]): TemplateResult {
  if (view === 'calls' && item) return html`<call-view .scope=${scope} .item=${item}></call-view>`;
  if (view === 'calls') return html`<calls-view .scope=${scope}></calls-view>`;
  if (view === 'invoices' && item) return html`<invoice-view .scope=${scope} .item=${item}></invoice-view>`;
  if (view === 'invoices') return html`<invoices-view .scope=${scope}></invoices-view>`;
  if (view === '') return html`<overview-view .scope=${scope}></overview-view>`;
  return html`<h1>Page not found</h1><p><a href=${scope.base}>Back to this month</a></p>`;
}
