/** What collecting money needs in addition to the `Context`. */
import type { Context } from '../../context.ts';
import type { Tenant } from '../../store/tenants.ts';
import type { StripeApi } from './stripe-api.ts';

export interface BillingContext extends Context {
  /** Null when invoices are not collected through Stripe. */
  stripe: StripeApi | null;
  closing: Closing;
}

/** What this process is doing for closes of months. */
export interface Closing {
  /** By run. */
  drives: Map<string, Promise<void>>;
  /** No further client is begun: the process is being stopped. */
  isStopping: boolean;
  /** Aborts when one client has taken so long that its close is left to a person. */
  limitOf(tenant: Tenant): AbortSignal;
}

/** A month of a million calls takes a minute. */
const limitMs = 600_000;

export function createClosing(): Closing {
  return { drives: new Map(), isStopping: false, limitOf: () => AbortSignal.timeout(limitMs) };
}
