/** The operator's views; a client's browser does not load them. The larger ones are loaded when they are first shown. */
import { html, type TemplateResult } from 'lit';
import type { MeAnswer, Permission } from '../../contract.ts';
import { lazily } from '../parts/lazy.ts';
import type { NavEntry } from '../parts/navigation.ts';
import '../parts/settings-tabs.ts';
import './home-view.ts';
import './tenants-view.ts';

/** In the order of the navigation; `isFor` hides what a person may not do. @param attention how much needs attention */
export const operatorEntries = (attention: number | null): readonly NavEntry[] => [
  { view: '', label: 'Overview', icon: 'overview' },
  { view: 'clients', label: 'Clients', icon: 'clients', also: ['tenants', 'new-client'] },
  { view: 'calls', label: 'Calls', icon: 'calls' },
  { view: 'invoices', label: 'Invoices', icon: 'invoices', also: ['close'] },
  { view: 'attention', label: 'Needs attention', short: 'Attention', icon: 'attention', count: attention },
  { view: 'settings', label: 'Settings', icon: 'settings', also: ['team', 'audit', 'sessions'] },
];

/** What is beside the business details. */
const operatorTabs: Record<string, string> = { team: 'Team', audit: 'Audit log', sessions: 'Your sessions' };

/** Of a view that is not in the navigation. */
export function operatorTitle([view = '']: string[]): string | undefined {
  return { close: 'Month-end', 'new-client': 'New client', ...operatorTabs }[view];
}

/** @param route the address after the hash, split at slashes @param query its part behind a question mark */
export function operatorView(
  me: MeAnswer,
  [view = '', item, ...rest]: string[],
  query: string,
): TemplateResult {
  const { now, mayWrite, permissions, access, branding, talk = false } = me;
  const mayBill = permissions.includes('billing.manage');
  // The seller's name is the portal's.
  const hasSeller = branding.name !== null;
  if (view === 'tenants' && item) {
    lazily(() => import('./tenant-page.ts'));
    return html`<tenant-page .me=${me} .slug=${item} .rest=${rest} .query=${query}></tenant-page>`;
  }
  if (view === 'calls' && item === undefined) {
    lazily(() => import('./all-calls-view.ts'));
    return html`<all-calls-view .query=${query}></all-calls-view>`;
  }
  if (view === 'invoices') {
    lazily(() => import('./books-view.ts'));
    return html`<books-view .now=${now} .query=${query}></books-view>`;
  }
  if (view === 'close') {
    lazily(() => import('./month-close-view.ts'));
    return html`<month-close-view .now=${now} .mayWrite=${mayBill} .hasSeller=${hasSeller}></month-close-view>`;
  }
  if (view === 'attention') {
    lazily(() => import('./attention-view.ts'));
    return html`<attention-view .now=${now} .permissions=${permissions}></attention-view>`;
  }
  if (view === 'settings') {
    lazily(() => import('./agency-view.ts'));
    return html`${tabs(me, view)}<agency-view .mayWrite=${mayWrite} .mayBill=${mayBill} .hasSeller=${hasSeller}></agency-view>`;
  }
  if (view === 'team') {
    lazily(() => import('./people-view.ts'));
    return html`${tabs(me, view)}<people-view></people-view>`;
  }
  if (view === 'audit') {
    lazily(() => import('./audit-view.ts'));
    return html`${tabs(me, view)}<audit-view></audit-view>`;
  }
  if (view === 'sessions') {
    lazily(() => import('./sessions-view.ts'));
    return html`${tabs(me, view)}<sessions-view .mayEnd=${permissions.includes('self.manage')}></sessions-view>`;
  }
  if (view === 'new-client') {
    lazily(() => import('./new-client-view.ts'));
    return html`<new-client-view .mayWrite=${mayWrite} .now=${now} .canTalk=${talk} .access=${access}></new-client-view>`;
  }
  if (view === 'clients')
    return html`<tenants-view .now=${now} .mayWrite=${mayWrite} .hasSeller=${hasSeller} .query=${query}></tenants-view>`;
  if (view === '')
    return html`<home-view .now=${now} .mayWrite=${mayWrite} .hasSeller=${hasSeller}></home-view>`;
  return html`<h1>Page not found</h1><p><a href="#/">Back to the overview</a></p>`;
}

function tabs({ permissions }: MeAnswer, current: string) {
  const needed: Record<string, Permission> = {
    settings: 'books.read',
    team: 'team.read',
    audit: 'audit.read',
  };
  const all = [['settings', 'Business'] as const, ...Object.entries(operatorTabs)];
  const shown = all.filter(([view]) => permissions.includes(needed[view] ?? 'self.read'));
  return html`<settings-tabs .tabs=${shown} .current=${current}></settings-tabs>`;
}
