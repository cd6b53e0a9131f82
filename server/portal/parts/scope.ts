/** Whose figures a view shows, and to whom. */
import { html, type TemplateResult } from 'lit';
import type { ClientAccess, Permission, PreviewAnswer } from '../../contract.ts';
import { get } from './api.ts';

export interface Scope {
  slug: string;
  name: string;
  timeZone: string;
  /** The address of this tenant's views: `#` for a client, `#/tenants/acme` for the operator. */
  base: string;
  /** The operator also sees its own costs. */
  isOperator: boolean;
  /** Whether changes to clients are permitted; what else is has its own permission. */
  mayWrite: boolean;
  /** The reader's. */
  permissions: readonly Permission[];
  /** What the reader sees: the operator everything. What is off, the server does not answer. */
  access: ClientAccess;
  /** Whether invoices can go to Stripe. */
  hasStripe: boolean;
  /** Whether the server has a host for calls from the portal. */
  canTalk: boolean;
  /** The server's time, ISO-8601. */
  now: string;
}

/** A path below `/v1/`. */
export function pathOf(scope: Scope, rest = ''): string {
  return `tenants/${encodeURIComponent(scope.slug)}${rest}`;
}

/** The currency of the plan's prices; null for a reader that is shown none. @throws Refusal */
export async function pricesCurrency(scope: Scope): Promise<string | null> {
  const { callPrices, invoices } = scope.access;
  // Without the plan, nothing names the currency.
  return callPrices && invoices ? (await get<PreviewAnswer>(pathOf(scope, '/preview'))).currency : null;
}

/** A view's heading. The header above shows the operator whose figures these are; a screen reader reads it here, too. */
export function titleOf({ isOperator, name }: Scope, title: string): string | TemplateResult {
  return isOperator ? html`<span class="unseen">${name}: </span>${title}` : title;
}
