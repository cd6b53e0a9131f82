/** Changes to a plan's structure, beyond single numbers. Pure. */
import type { Plan, Price } from '../../contract.ts';

const step = { initialSeconds: 1, incrementSeconds: 1 };
const dollar = 1_000_000;

/** The initial price of each kind. */
const beginnings: { [Kind in Price['kind']]: Extract<Price, { kind: Kind }> } = {
  free: { kind: 'free' },
  'per-minute': { kind: 'per-minute', perMinuteMicros: 0.3 * dollar, ...step },
  included: { kind: 'included', includedMinutes: 500, perMinuteMicros: 0.3 * dollar, ...step },
  graduated: {
    kind: 'graduated',
    tiers: [
      { upToMinutes: 500, perMinuteMicros: 0.3 * dollar },
      { upToMinutes: null, perMinuteMicros: 0.25 * dollar },
    ],
    ...step,
  },
  'cost-plus': { kind: 'cost-plus', markupBps: 3000, markupBpsByComponent: {}, perMinuteMicros: 0, ...step },
  'per-call': { kind: 'per-call', perCallMicros: dollar },
};

export function withKind(plan: Plan, rate: number, kind: Price['kind']): Plan {
  return withPrice(plan, rate, () => structuredClone(beginnings[kind]));
}

/** The last tier has no limit, so adding or removing one sets or clears the limit of the tier before. */
export function withTiers(plan: Plan, rate: number, by: 1 | -1): Plan {
  return withPrice(plan, rate, (price) => {
    if (price.kind !== 'graduated') return price;
    const tiers = price.tiers.map((tier) => ({ ...tier }));
    const last = tiers.at(-1);
    if (!last) return price;
    if (by === 1) {
      last.upToMinutes = (tiers.at(-2)?.upToMinutes ?? 0) + 500;
      tiers.push({ upToMinutes: null, perMinuteMicros: last.perMinuteMicros });
    } else {
      tiers.pop();
      const now = tiers.at(-1);
      if (now) now.upToMinutes = null;
    }
    return { ...price, tiers };
  });
}

/** A new price starts without channels; those of a removed one go to the first price. */
export function withRates(plan: Plan, by: 1 | -1): Plan {
  if (by === 1) {
    return { ...plan, rates: [...plan.rates, { channels: [], price: structuredClone(beginnings.free) }] };
  }
  const [first, ...others] = plan.rates;
  const last = others.pop();
  if (!first || !last) return plan;
  return { ...plan, rates: [{ ...first, channels: [...first.channels, ...last.channels] }, ...others] };
}

/** @returns why it is not a plan; null when the fields can show it. Only the server judges whether it is valid */
export function notAPlan(value: unknown): string | null {
  const { rates } = (value ?? {}) as Partial<Plan>;
  if (!Array.isArray(rates) || rates.length === 0) return 'it needs a list of “rates”';
  for (const { channels, price } of rates as Partial<Plan['rates'][number]>[]) {
    if (!Array.isArray(channels)) return 'each rate needs a list of “channels”';
    if (!price || !Object.hasOwn(beginnings, price.kind)) {
      return `the “kind” of a price must be one of ${Object.keys(beginnings).join(', ')}`;
    }
    if (price.kind === 'graduated' && !Array.isArray(price.tiers)) return 'a graduated price needs “tiers”';
  }
  return null;
}

/** Fills in the server's defaults, so that every field has a value to show. */
export function completed(plan: Plan): Plan {
  const rates = plan.rates.map(({ channels, price }) => ({
    channels,
    price: { ...('initialSeconds' in beginnings[price.kind] ? step : {}), ...defaultsOf(price), ...price },
  }));
  return {
    ...{ name: '', currency: 'usd', usdRateMicros: dollar, monthlyFeeCents: 0, minimumCents: 0 },
    ...plan,
    rates,
  };
}

function defaultsOf({ kind }: Price): object {
  return kind === 'cost-plus' ? { markupBpsByComponent: {}, perMinuteMicros: 0 } : {};
}

function withPrice(plan: Plan, rate: number, change: (price: Price) => Price): Plan {
  const rates = plan.rates.map((one, index) => (index === rate ? { ...one, price: change(one.price) } : one));
  return { ...plan, rates };
}
