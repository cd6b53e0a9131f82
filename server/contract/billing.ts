/**
 * Plans, invoices and what is shown of them. Here `…Micros` are millionths of one unit of the plan's currency (only
 * `costMicros` is Vapi's dollars), `…Cents` its smallest units, `…Bps` hundredths of a percent. Days are days in the
 * tenant's time zone, periods half-open.
 */
import { z } from 'zod';
import { isSupportedCurrency } from '../billing/money.ts';
import { costComponents } from './usage.ts';
import { microsSchema } from './words.ts';

export const callChannels = ['web', 'inbound', 'outbound', 'chat'] as const;
/** How a call came about; each may have a price of its own. */
export type CallChannel = (typeof callChannels)[number];

const centsSchema = z.int().min(0).max(100_000_000_000);
const bpsSchema = z.int().min(0).max(1_000_000);
const minutesSchema = z.int().min(0).max(10_000_000);
const secondsSchema = z.int().min(1).max(3600);

/** A call that begins an increment pays all of it: 1/1, 6/6, 30/6, 60/60. */
const increments = {
  /** The first block, in seconds. */
  initialSeconds: secondsSchema.default(1),
  /** Every block after it. */
  incrementSeconds: secondsSchema.default(1),
};

const tiersSchema = z
  .array(z.strictObject({ upToMinutes: minutesSchema.nullable(), perMinuteMicros: microsSchema }))
  .min(1)
  .max(20)
  .refine(
    (tiers) =>
      tiers.every(({ upToMinutes }, index) => {
        const last = index === tiers.length - 1;
        const below = index === 0 ? 0 : (tiers[index - 1]?.upToMinutes ?? 0);
        return last ? upToMinutes === null : upToMinutes !== null && upToMinutes > below;
      }),
    'the limits must rise, and only the last tier has none',
  );

/** What the calls of a rate cost. */
export const priceSchema = z.discriminatedUnion('kind', [
  z.strictObject({ kind: z.literal('free') }),
  z.strictObject({ kind: z.literal('per-minute'), perMinuteMicros: microsSchema, ...increments }),
  /** Minutes that the fee covers; beyond them the overage price. */
  z.strictObject({
    kind: z.literal('included'),
    includedMinutes: minutesSchema,
    perMinuteMicros: microsSchema,
    ...increments,
  }),
  /** Each minute costs what its own tier says. */
  z.strictObject({ kind: z.literal('graduated'), tiers: tiersSchema, ...increments }),
  /** The provider's cost, raised; a component without its own markup takes the general one. */
  z.strictObject({
    kind: z.literal('cost-plus'),
    markupBps: bpsSchema,
    markupBpsByComponent: z.partialRecord(z.enum(costComponents), bpsSchema).default({}),
    perMinuteMicros: microsSchema.default(0),
    ...increments,
  }),
  z.strictObject({ kind: z.literal('per-call'), perCallMicros: microsSchema }),
]);
export type Price = z.infer<typeof priceSchema>;

/** The calls of all its channels share one price, with its included minutes or tiers. */
const rateSchema = z.strictObject({
  channels: z.array(z.enum(callChannels)).min(1),
  price: priceSchema,
});
export type Rate = z.infer<typeof rateSchema>;

export const planSchema = z.strictObject({
  name: z.string().trim().min(1).max(80),
  currency: z
    .string()
    .refine(isSupportedCurrency, 'use a lower-case currency code that Stripe counts plainly'),
  /** How much of the currency one US dollar of cost is; fixed until the next plan. */
  usdRateMicros: z.int().min(1).max(1_000_000_000_000).default(1_000_000),
  monthlyFeeCents: centsSchema.default(0),
  /** Fee and usage of a month together are at least this. */
  minimumCents: centsSchema.default(0),
  rates: z
    .array(rateSchema)
    .min(1)
    .refine(
      (rates) =>
        rates
          .flatMap(({ channels }) => channels)
          .sort()
          .join() === [...callChannels].sort().join(),
      `each of ${callChannels.join(', ')} must be in exactly one rate`,
    ),
});
export type Plan = z.infer<typeof planSchema>;
/** As an operator writes it. */
export type PlanInput = z.input<typeof planSchema>;

/** What a line stands for; the last four belong to an earlier period than the invoice's own. */
export const lineKinds = [
  'fee',
  'usage',
  'minimum',
  'late-fee',
  'late-usage',
  'correction',
  'minimum-change',
] as const;
export type LineKind = (typeof lineKinds)[number];
