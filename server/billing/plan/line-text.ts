/** Lines and plans in words, as a client reads them: never the provider's cost or its markup. Pure. */
import { centsToDecimal, microsToDecimal } from '../../base/money.ts';
import type { CallChannel, Plan, PlanTermsView, Price } from '../../contract.ts';
import type { RatedLine } from './rating.ts';

const channelNames: Record<CallChannel, string> = {
  web: 'web calls',
  inbound: 'inbound calls',
  outbound: 'outbound calls',
  // The ledger has a row for each message, which is what is counted and priced.
  chat: 'chat messages',
};

const namesOf = (channels: CallChannel[]) => channels.map((channel) => channelNames[channel]).join(', ');

/** @param month the month that the line bills */
export function describeLine(line: RatedLine, month: string): string {
  const what = namesOf(line.channels);
  const amount = `${line.calls} in all, ${minutes(line.billedSeconds)} min`;
  switch (line.kind) {
    case 'fee':
      return `${line.planName}: monthly fee`;
    case 'minimum':
      return `${line.planName}: up to the agreed minimum`;
    case 'minimum-change':
      return `${line.planName}: the minimum of ${month}, reckoned anew`;
    case 'usage': {
      const included = line.includedSeconds > 0 ? `, ${minutes(line.includedSeconds)} min included` : '';
      return `${capital(what)}: ${amount}${included}`;
    }
    case 'late-usage':
      return `${capital(what)} of ${month} that were reported late: ${amount}`;
    case 'correction':
      return `Corrections of ${what} of ${month}: ${amount}`;
    case 'credited-before':
      return `${line.amountCents < 0 ? 'Credited again' : 'Credited before'}: ${what || 'the minimum'} of ${month}`;
    case 'credit':
      return `${line.planName}: credit`;
    default:
      return line.kind satisfies never;
  }
}

export function termsOf(id: string, plan: Plan): PlanTermsView {
  const { name, currency } = plan;
  const cents = (amount: number) => `${centsToDecimal(amount, currency)} ${currency.toUpperCase()}`;
  const terms = [
    ...(plan.monthlyFeeCents > 0 ? [`${cents(plan.monthlyFeeCents)} a month`] : []),
    ...plan.rates.map(
      ({ channels, price }) => `${capital(namesOf(channels))}: ${priceInWords(price, currency)}`,
    ),
    ...(plan.minimumCents > 0 ? [`At least ${cents(plan.minimumCents)} a month`] : []),
  ];
  return { id, name, currency, terms };
}

function priceInWords(price: Price, currency: string): string {
  const amount = (micros: number) => `${microsToDecimal(micros, currency)} ${currency.toUpperCase()}`;
  const perMinute = (micros: number) => `${amount(micros)} a minute`;
  switch (price.kind) {
    case 'free':
      return 'in the fee';
    case 'per-minute':
      return `${perMinute(price.perMinuteMicros)}${steps(price)}`;
    case 'included':
      return `${price.includedMinutes} minutes in the fee, then ${perMinute(price.perMinuteMicros)}${steps(price)}`;
    case 'graduated': {
      const tiers = price.tiers.map(({ upToMinutes, perMinuteMicros }) =>
        upToMinutes === null
          ? `then ${perMinute(perMinuteMicros)}`
          : `to minute ${upToMinutes} ${perMinute(perMinuteMicros)}`,
      );
      return `${tiers.join(', ')}${steps(price)}`;
    }
    case 'cost-plus': {
      const fixed = price.perMinuteMicros;
      return `by what was used${fixed > 0 ? `, and ${perMinute(fixed)}${steps(price)}` : ''}`;
    }
    case 'per-call':
      return `${amount(price.perCallMicros)} each`;
    default:
      return price satisfies never;
  }
}

function steps(price: { initialSeconds: number; incrementSeconds: number }): string {
  const { initialSeconds, incrementSeconds } = price;
  if (initialSeconds === 1 && incrementSeconds === 1) return ', by the second';
  return `, the first ${initialSeconds} s whole, then in steps of ${incrementSeconds} s`;
}

/** Two decimals, truncated, not rounded: the amount is calculated from the seconds. */
function minutes(seconds: number): string {
  const hundredths = Math.trunc((seconds * 100) / 60);
  const size = Math.abs(hundredths);
  return `${hundredths < 0 ? '-' : ''}${Math.floor(size / 100)}.${String(size % 100).padStart(2, '0')}`;
}

const capital = (text: string) => text.charAt(0).toUpperCase() + text.slice(1);
