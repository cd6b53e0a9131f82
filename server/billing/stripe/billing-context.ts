/** What collecting money needs in addition to the `Context`. */
import type { Context } from '../../context.ts';
import type { StripeApi } from './stripe-api.ts';

export interface BillingContext extends Context {
  /** Null when invoices are not collected through Stripe. */
  stripe: StripeApi | null;
}
