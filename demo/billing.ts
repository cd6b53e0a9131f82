/** The portal's data: the agency's name and colours, a plan for each client, and last month billed. */
import { clients } from './cast.ts';
import type { OperatorApi } from './operator-api.ts';

const allChannels = ['web', 'inbound', 'outbound', 'chat'] as const;

/** By client; each has a different kind of plan. */
const plans: Record<string, object> = {
  acme: {
    name: 'Retainer with 60 minutes',
    currency: 'usd',
    monthlyFeeCents: 4900,
    rates: [
      { channels: allChannels, price: { kind: 'included', includedMinutes: 60, perMinuteMicros: 250_000 } },
    ],
  },
  'riverside-dental': {
    name: 'Pay as you talk',
    currency: 'usd',
    rates: [
      {
        channels: allChannels,
        price: { kind: 'per-minute', perMinuteMicros: 320_000, initialSeconds: 30, incrementSeconds: 6 },
      },
    ],
  },
  'fern-garden': {
    name: 'Garden line',
    currency: 'usd',
    monthlyFeeCents: 1900,
    rates: [{ channels: allChannels, price: { kind: 'cost-plus', markupBps: 3000 } }],
  },
};

/** @param now epoch milliseconds */
export async function setBilling(operator: OperatorApi, now: number): Promise<void> {
  await operator.setSeller({
    name: 'Harbour Voice Agency',
    address: ['12 Quay Street', 'Galway'],
    accentColor: '#0f5c6e',
    footer: 'Made by the demo: no one owes anything.',
  });
  const thisMonth = new Date(now);
  const lastMonth = new Date(Date.UTC(thisMonth.getUTCFullYear(), thisMonth.getUTCMonth() - 1, 1));
  const from = lastMonth.toISOString().slice(0, 10);
  for (const { slug } of clients) await operator.setPlan(slug, plans[slug] ?? {}, from);
  await operator.closeMonths(from.slice(0, 7));
}
