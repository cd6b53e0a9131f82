/** Stripe's key, and whether its events reach this server. */
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import { type Check, type Finding, fail, pass, skipped, warn } from './check.ts';

/** As in `billing/stripe.md`. Without the first an invoice paid at Stripe stays unpaid here. */
const neededEvents = [
  ...['invoice.paid', 'invoice.payment_failed', 'invoice.updated', 'invoice.voided'],
  ...['invoice.marked_uncollectible', 'charge.dispute.created', 'charge.dispute.funds_withdrawn'],
  ...['charge.dispute.funds_reinstated', 'charge.dispute.closed', 'charge.refunded', 'charge.failed'],
];

const notUsed = skipped('STRIPE_SECRET_KEY is not set: invoices are not collected through Stripe.');

export function stripeRows(ctx: BillingContext): Check[] {
  const { stripe } = ctx;
  return [
    {
      id: 'stripe-key',
      title: 'Stripe key',
      async run() {
        if (!stripe) return notUsed;
        const answer = await stripe.checkKey();
        if (answer === 'ok')
          return stripe.isLive
            ? pass('Stripe accepts it.')
            : warn('Stripe accepts it, but it is a test key: no money moves.', 'Use a live key to be paid.');
        return answer === 'refused'
          ? fail(
              'Stripe refuses it.',
              'Copy a secret key, or a restricted one that may write customers and invoices, from Stripe’s dashboard into STRIPE_SECRET_KEY.',
            )
          : fail(
              'Stripe did not answer.',
              'Check status.stripe.com, and that this server may connect to api.stripe.com.',
            );
      },
    },
    {
      id: 'stripe-webhook',
      title: 'Stripe webhook',
      async run() {
        if (!stripe) return notUsed;
        if (!stripe.hasWebhookSecret)
          return fail(
            'STRIPE_WEBHOOK_SECRET is not set: what Stripe reports about payments is refused.',
            'Add an endpoint in Stripe’s dashboard, and set its signing secret.',
          );
        return endpointFinding(`${ctx.config.publicUrl}/v1/webhooks/stripe`, await stripe.listWebhooks());
      },
    },
  ];
}

interface Endpoint {
  url: string;
  enabled: boolean;
  events: string[];
}

/** @param endpoints null when the key may not read them */
function endpointFinding(url: string, endpoints: Endpoint[] | null): Finding {
  if (endpoints === null)
    return warn(
      'The signing secret is set; this key may not list the endpoints.',
      `Check in Stripe’s dashboard that an endpoint sends to ${url}.`,
    );
  const own = endpoints.filter((endpoint) => endpoint.url === url);
  if (own.length === 0) return fail('No endpoint of this account sends here.', `Add one in Stripe: ${url}`);
  if (!own.some(({ enabled }) => enabled))
    return fail('Its endpoint is disabled.', 'Enable it in Stripe’s dashboard, and resend what failed.');
  const sent = own.filter(({ enabled }) => enabled).flatMap(({ events }) => events);
  const missing = neededEvents.filter((event) => !sent.includes(event) && !sent.includes('*'));
  return missing.length > 0
    ? fail(
        `Its endpoint does not send ${missing.join(', ')}.`,
        'Add these events to it in Stripe’s dashboard.',
      )
    : pass(
        'An enabled endpoint sends its events here. Only the first event shows whether its signing secret is the one set here.',
      );
}
