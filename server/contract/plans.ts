/**
 * Plans: what the calls of a tenant cost. Here `…Micros` are millionths of one unit of the plan's currency, `…Cents` its
 * smallest units, `…Bps` hundredths of a percent. Days are days in the tenant's time zone.
 */
import { z } from 'zod';
import { currenciesNotOffered, isSupportedCurrency } from '../base/money.ts';
import { costComponents } from './usage.ts';
import { daySchema, lineSchema } from './words.ts';

export const callChannels = ['web', 'inbound', 'outbound', 'chat'] as const;
/** Kind of call; each may have its own price. In `chat` each message counts as a call. */
export type CallChannel = (typeof callChannels)[number];

const centsSchema = z.int().min(0).max(100_000_000_000);
/** At a million a minute the micros of 9,000 minutes can still be summed up exactly. */
const priceMicrosSchema = z.int().min(0).max(1_000_000_000_000);
/** With the highest exchange rate below, costs of 4,000 dollars can still be summed up exactly. */
const bpsSchema = z.int().min(0).max(100_000);
const minutesSchema = z.int().min(0).max(10_000_000);
const secondsSchema = z.int().min(1).max(3600);

/** A call that begins an increment pays all of it: 1/1, 6/6, 30/6, 60/60. */
const increments = {
  initialSeconds: secondsSchema.default(1).describe('The first block, in seconds.'),
  incrementSeconds: secondsSchema.default(1).describe('Every block after it.'),
};

const tiersSchema = z
  .array(z.strictObject({ upToMinutes: minutesSchema.nullable(), perMinuteMicros: priceMicrosSchema }))
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
  z.strictObject({ kind: z.literal('per-minute'), perMinuteMicros: priceMicrosSchema, ...increments }),
  /** Minutes that the fee covers; beyond them the overage price. */
  z.strictObject({
    kind: z.literal('included'),
    includedMinutes: minutesSchema,
    perMinuteMicros: priceMicrosSchema,
    ...increments,
  }),
  /** Each minute has its own tier's price. */
  z.strictObject({ kind: z.literal('graduated'), tiers: tiersSchema, ...increments }),
  /** The provider's cost, raised; a component without its own markup takes the general one. */
  z.strictObject({
    kind: z.literal('cost-plus'),
    markupBps: bpsSchema,
    markupBpsByComponent: z.partialRecord(z.enum(costComponents), bpsSchema).default({}),
    perMinuteMicros: priceMicrosSchema.default(0),
    ...increments,
  }),
  /** Each call that was connected; of chats each message. */
  z.strictObject({
    kind: z.literal('per-call'),
    perCallMicros: priceMicrosSchema.describe(
      'For each call that was connected, and in `chat` for each message.',
    ),
  }),
]);
export type Price = z.infer<typeof priceSchema>;

/** The calls of all its channels share one price, with its included minutes or tiers. */
const rateSchema = z.strictObject({
  channels: z
    .array(z.enum(callChannels))
    .min(1)
    .describe('With `chat` each message of a visitor counts as a call, not the conversation.'),
  price: priceSchema,
});
export type Rate = z.infer<typeof rateSchema>;

const planShape = z.strictObject({
  name: lineSchema
    .min(1)
    .max(80)
    .describe(
      'The client reads it, also on its invoices; with a cost-plus price it must not reveal the markup.',
    ),
  currency: z
    .string()
    .refine(
      isSupportedCurrency,
      `use the lower-case code of a currency in use, such as eur; not offered are ${currenciesNotOffered.join(', ')}`,
    )
    .describe(`Lower-case ISO 4217 code. Not offered: ${currenciesNotOffered.join(', ')}.`),
  usdRateMicros: z
    .int()
    .min(1)
    .max(200_000_000_000)
    .default(1_000_000)
    .describe(
      'How much of the currency one US dollar of cost is. It applies to whole months: to change it, set a plan from the first of a month.',
    ),
  monthlyFeeCents: centsSchema.default(0),
  minimumCents: centsSchema.default(0).describe('Fee and usage of a month together are at least this.'),
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

export const planSchema = planShape.refine(
  ({ name, rates }) =>
    !/%|per ?cent|mark-?up/i.test(name) || rates.every(({ price }) => price.kind !== 'cost-plus'),
  { path: ['name'], error: 'the client reads the name: it must not reveal the markup' },
);
export type Plan = z.infer<typeof planSchema>;
/** As an operator writes it. */
export type PlanInput = z.input<typeof planSchema>;

/** `PUT /v1/tenants/{slug}/plan`. The plan applies from that day on (default: today); null ends the billing. */
export const setPlanSchema = z.strictObject({
  plan: planSchema.nullable(),
  from: daySchema.optional(),
  backdate: z
    .boolean()
    .default(false)
    .describe(
      "Confirms a day before the month of the tenant's first call, or more than three months ago: all of it is billed at once.",
    ),
});

/** A plan from a day on, as an operator sees it. */
export const planVersionViewSchema = z.object({
  id: z.string(),
  from: z.string(),
  plan: planSchema.nullable(),
  terms: z
    .array(z.string())
    .exactOptional()
    .describe('The plan in words, as the client sees it; only of the current one.'),
});
export type PlanVersionView = z.infer<typeof planVersionViewSchema>;
/** Of `PUT /v1/tenants/{slug}/plan`: the version that applies from that day on, which may have begun before it. */
export const planSetAnswerSchema = planVersionViewSchema.omit({ terms: true }).extend({
  cancelled: z
    .array(z.string())
    .describe('When the billing ends: the first days of the future plans that are cancelled with it.')
    .exactOptional(),
});
export type PlanSetAnswer = z.infer<typeof planSetAnswerSchema>;
/** What a client sees of its plan: the terms in words, without the provider's cost or the markup on it. */
export const planTermsViewSchema = z.object({
  id: z.string(),
  name: z.string(),
  currency: z.string(),
  terms: z.array(z.string()),
});
export type PlanTermsView = z.infer<typeof planTermsViewSchema>;
