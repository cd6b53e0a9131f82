/** The operator's views; a client's browser does not load them. */
import { html, type TemplateResult } from 'lit';
import './agency-view.ts';
import './attention-view.ts';
import './books-view.ts';
import '../parts/dismiss-box.ts';
import './invoice-actions.ts';
import type { MeAnswer } from '../../contract.ts';
import './month-close-view.ts';
import './new-client-view.ts';
import './tenant-page.ts';
import { lazily } from './tenant-views.ts';
import './tenants-view.ts';

/** In the order of the navigation. */
export const operatorLinks = [
  ['', 'Clients'],
  ['invoices', 'Invoices'],
  ['close', 'Month-end'],
  ['attention', 'Needs attention'],
  ['agency', 'Your agency'],
  ['team', 'Team'],
  ['audit', 'Audit log'],
  ['sessions', 'Your sessions'],
] as const;

/** @param route the address after the hash, split at slashes @param query its part behind a question mark */
export function operatorView(
  me: MeAnswer,
  [view = '', item, ...rest]: string[],
  query: string,
): TemplateResult {
  const { now, mayWrite, access, branding, talk = false } = me;
  // The seller's name is the portal's.
  const hasSeller = branding.name !== null;
  if (view === 'tenants' && item)
    return html`<tenant-page .me=${me} .slug=${item} .rest=${rest}></tenant-page>`;
  if (view === 'invoices') return html`<books-view .now=${now}></books-view>`;
  if (view === 'close')
    return html`<month-close-view .now=${now} .mayWrite=${mayWrite} .hasSeller=${hasSeller}></month-close-view>`;
  if (view === 'attention') return html`<attention-view .now=${now} .mayWrite=${mayWrite}></attention-view>`;
  if (view === 'agency')
    return html`<agency-view .mayWrite=${mayWrite} .hasSeller=${hasSeller}></agency-view>`;
  if (view === 'team') return lazily(import('./people-view.ts'), html`<people-view></people-view>`);
  if (view === 'audit') return lazily(import('./audit-view.ts'), html`<audit-view></audit-view>`);
  if (view === 'sessions') return lazily(import('./sessions-view.ts'), html`<sessions-view></sessions-view>`);
  if (view === 'new-client')
    return html`<new-client-view .mayWrite=${mayWrite} .now=${now} .canTalk=${talk} .access=${access}></new-client-view>`;
  if (view === '')
    return html`<tenants-view .now=${now} .mayWrite=${mayWrite} .hasSeller=${hasSeller} .query=${query}></tenants-view>`;
  return html`<h1>Page not found</h1><p><a href="#/">Back to your clients</a></p>`;
}
