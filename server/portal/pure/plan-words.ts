/** A plan in sentences for the operator who edits it; unlike a client's terms, these include the markup. Pure. */
import { minorDigits } from '../../base/currency.ts';
import type { CallChannel, Plan, Price } from '../../contract.ts';
import { count, money } from './format.ts';

export const channelNames: readonly (readonly [CallChannel, string])[] = [
  ['web', 'web calls'],
  ['inbound', 'inbound calls'],
  ['outbound', 'outbound calls'],
  ['chat', 'chat messages'],
];

/** @param who pays */
export function planWords(plan: Plan, who: string): string[] {
  const { currency, monthlyFeeCents, minimumCents, usdRateMicros, rates } = plan;
  const fee = monthlyFeeCents > 0 ? `${money(monthlyFeeCents, currency)} a month` : 'no monthly fee';
  const unpriced = channelNames.filter(
    ([channel]) => !rates.some(({ channels }) => channels.includes(channel)),
  );
  return [
    `${who} pays ${fee}.`,
    ...rates.flatMap(({ channels, price }) =>
      channels.length > 0 ? [priceWords(price, listOf(channels), currency)] : [],
    ),
    ...(unpriced.length > 0 ? [`No price is set for ${and(unpriced.map(([, name]) => name))} yet.`] : []),
    ...(minimumCents > 0
      ? [`Fee and usage together are at least ${money(minimumCents, currency)} a month.`]
      : []),
    ...(currency !== 'usd' ? [`One US dollar of cost counts as ${unitPrice(usdRateMicros, currency)}.`] : []),
  ];
}

function priceWords(price: Price, what: string, currency: string): string {
  const amount = (micros: number) => unitPrice(micros, currency);
  const whole = what.charAt(0).toUpperCase() + what.slice(1);
  switch (price.kind) {
    case 'free':
      return `${whole} cost nothing extra.`;
    case 'per-minute':
      return `A minute of ${what} costs ${amount(price.perMinuteMicros)}, ${steps(price)}.`;
    case 'included':
      return `${count(price.includedMinutes)} minutes of ${what} are included; each additional minute costs ${amount(price.perMinuteMicros)}, ${steps(price)}.`;
    case 'graduated': {
      const tiers = price.tiers.map(({ upToMinutes, perMinuteMicros }) =>
        upToMinutes === null
          ? `then ${amount(perMinuteMicros)}`
          : `${amount(perMinuteMicros)} up to minute ${count(upToMinutes)}`,
      );
      return `A minute of ${what} costs ${tiers.join(', ')}, ${steps(price)}.`;
    }
    case 'cost-plus': {
      const { perMinuteMicros: fixed, markupBps, markupBpsByComponent } = price;
      const parts = Object.entries(markupBpsByComponent ?? {});
      const others = parts.map(([part, bps]) => `${part}: ${bps / 100}%`).join(', ');
      const minute = fixed > 0 ? ` and ${amount(fixed)} a minute, ${steps(price)}` : '';
      return `${whole} cost what Vapi charges you plus ${markupBps / 100}%${others ? ` (${others})` : ''}${minute}.`;
    }
    case 'per-call':
      return `${whole} cost ${amount(price.perCallMicros)} each.`;
    default:
      return price satisfies never;
  }
}

function steps({ initialSeconds, incrementSeconds }: { initialSeconds: number; incrementSeconds: number }) {
  if (initialSeconds === 1 && incrementSeconds === 1) return 'billed by the second';
  return `billed in steps of ${incrementSeconds} s after a minimum of ${initialSeconds} s`;
}

function listOf(channels: readonly CallChannel[]): string {
  return and(channelNames.filter(([channel]) => channels.includes(channel)).map(([, name]) => name));
}

function and(names: string[]): string {
  return names.length < 2 ? names.join('') : `${names.slice(0, -1).join(', ')} and ${names.at(-1)}`;
}

/** With all its decimals, and at least those of the currency. */
function unitPrice(micros: number, currency: string): string {
  return new Intl.NumberFormat('en', {
    style: 'currency',
    currency,
    minimumFractionDigits: minorDigits(currency),
    maximumFractionDigits: 6,
  }).format(micros / 1_000_000);
}
