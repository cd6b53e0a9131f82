/** Whose figures a view shows, and to whom. */
import { html, type TemplateResult } from 'lit';

export interface Scope {
  slug: string;
  name: string;
  timeZone: string;
  /** The address of this tenant's views: `#` for a client, `#/tenants/acme` for the operator. */
  base: string;
  /** The operator also sees its own costs. */
  isOperator: boolean;
  mayWrite: boolean;
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

/** A view's heading. The header above shows the operator whose figures these are; a screen reader reads it here, too. */
export function titleOf({ isOperator, name }: Scope, title: string): string | TemplateResult {
  return isOperator ? html`<span class="unseen">${name}: </span>${title}` : title;
}
