/** What we read of Stripe's events. Pure. */

/** A payment that has been, or may be, reversed. */
export interface StripeReversal {
  paymentIntent: string;
  /** The dispute, refund or charge that the event is about. */
  id: string;
  amountCents: number;
  currency: string;
  /** In Stripe's words, such as `lost`; null when not given. */
  state: string | null;
}

export interface StripeEvent {
  type: string;
  /** The invoice that it is about; null for other events. */
  stripeId: string | null;
  reversal: StripeReversal | null;
}

/** Events by which the customer, its bank or a person in the dashboard reverses a payment. */
const takingBack =
  /^(charge\.dispute\.(created|funds_withdrawn|funds_reinstated|closed)|charge\.refunded|charge\.failed)$/;

/** @param subject the object that the event is about; unexpected values are ignored */
export function readSubject(type: string, subject: object): Omit<StripeEvent, 'type'> {
  const { object, id, payment_intent: intent, ...rest } = subject as Record<string, unknown>;
  const stripeId = object === 'invoice' && typeof id === 'string' ? id : null;
  if (!takingBack.test(type) || typeof intent !== 'string' || typeof id !== 'string') {
    return { stripeId, reversal: null };
  }
  const amount = type === 'charge.refunded' ? (rest.amount_refunded ?? rest.amount) : rest.amount;
  return {
    stripeId,
    reversal: {
      paymentIntent: intent,
      id,
      amountCents: Number.isSafeInteger(amount) ? Number(amount) : 0,
      currency: typeof rest.currency === 'string' ? rest.currency : '',
      state: object === 'dispute' && typeof rest.status === 'string' ? rest.status : null,
    },
  };
}
