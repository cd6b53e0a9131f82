/** The views of a tenant, by route. */
import { html, type TemplateResult } from 'lit';
import './call-view.ts';
import './calls-view.ts';
import './invoice-view.ts';
import './invoices-view.ts';
import './overview-view.ts';
import type { MeAnswer, Permission } from '../../contract.ts';
import { type Scope, titleOf } from '../parts/scope.ts';

/** In the order of the navigation. */
export const viewNames = [
  ['', 'This month'],
  ['calls', 'Calls'],
  ['invoices', 'Invoices'],
] as const;

/** For a client only while its operator allows it, so that it is loaded apart. */
export const privacyView = ['privacy', 'Privacy'] as const;

/** What the client's person may see. */
export function clientLinks({ permissions, access }: MeAnswer): (readonly [string, string])[] {
  const all = [...viewNames, ['people', 'People'], privacyView, ['sessions', 'Your sessions']] as const;
  const needed: Record<string, Permission> = {
    calls: 'calls.read',
    invoices: 'billing.read',
    people: 'people.read',
    privacy: 'privacy.read',
  };
  const switches: Record<string, boolean> = access;
  const isOff = (view: string) => switches[view] === false;
  return all.filter(([view]) => permissions.includes(needed[view] ?? 'self.read') && !isOff(view));
}

/** An element whose module comes after it. */
export function lazily(_module: Promise<unknown>, element: TemplateResult): TemplateResult {
  return element;
}

/** @param route after the tenant's base */
export function tenantView(scope: Scope, [view = '', item]: string[]): TemplateResult {
  if (view === 'calls' && item) return html`<call-view .scope=${scope} .item=${item}></call-view>`;
  if (view === 'calls') return html`<calls-view .scope=${scope}></calls-view>`;
  const hasInvoices = scope.access.invoices;
  if (hasInvoices && view === 'invoices' && item)
    return html`<invoice-view .scope=${scope} .item=${item}></invoice-view>`;
  if (hasInvoices && view === 'invoices') return html`<invoices-view .scope=${scope}></invoices-view>`;
  if (view === 'people')
    return lazily(
      import('./people-view.ts'),
      html`<people-view .slug=${scope.slug} .heading=${titleOf(scope, 'People')}></people-view>`,
    );
  if (view === 'sessions' && !scope.isOperator)
    return lazily(import('./sessions-view.ts'), html`<sessions-view></sessions-view>`);
  if (view === 'privacy' && scope.access.privacy) {
    void import('./privacy-view.ts');
    return html`<privacy-view .scope=${scope}></privacy-view>`;
  }
  if (view === '') return html`<overview-view .scope=${scope}></overview-view>`;
  return html`<h1>Page not found</h1><p><a href=${scope.base}>Back to this month</a></p>`;
}
