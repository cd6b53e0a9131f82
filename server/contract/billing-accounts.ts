/** Who issues the invoices and who pays them: seller, buyer, tax, collection, prepaid credit. */
import { z } from 'zod';
import { isCountry, vatIdOf } from '../base/countries.ts';
import { lineSchema } from './words.ts';

const partyShape = {
  name: lineSchema.min(1).max(120),
  address: z.array(lineSchema.min(1).max(120)).max(6).default([]).describe('As it is printed, line by line.'),
  postCode: lineSchema.min(1).max(20).optional(),
  city: lineSchema.min(1).max(80).optional().describe('Printed after `address`, with `postCode`.'),
  country: z
    .string()
    .toUpperCase()
    .refine(isCountry, 'use the two letters of the country, such as DE')
    .optional()
    .describe('ISO 3166-1 alpha-2. An e-invoice needs it.'),
  taxId: lineSchema
    .min(1)
    .max(60)
    .optional()
    .describe('A VAT ID with the letters of its country, or another tax number.'),
  registration: lineSchema
    .min(1)
    .max(60)
    .optional()
    .describe('In the register of companies. An e-invoice of a seller without a VAT ID needs it.'),
  email: z.email().max(254).optional(),
};
export const partySchema = z.strictObject(partyShape);
export type Party = z.infer<typeof partySchema>;

/** Why no VAT is charged. */
export const taxCategories = [
  'reverse-charge',
  'intra-eu',
  'export',
  'exempt',
  'zero',
  'outside-scope',
] as const;
export type TaxCategory = (typeof taxCategories)[number];

const prefixSchema = z.string().regex(/^[A-Z0-9-]{1,12}$/, 'use at most 12 capitals, digits and hyphens');

const sellerShape = z.strictObject({
  ...partyShape,
  logoUrl: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
  accentColor: z
    .string()
    .regex(/^#[0-9a-f]{6}$/i, 'use #rrggbb')
    .optional(),
  invoicePrefix: prefixSchema
    .default('INV')
    .describe('Precedes the running number: `INV` makes `INV-000001`.'),
  creditNotePrefix: prefixSchema
    .default('CN')
    .describe('For credit notes, which are numbered separately; must never have been an invoice prefix.'),
  footer: z
    .string()
    .max(600)
    .refine((text) => !/[^\P{Cc}\n\r\t]/u.test(text), 'must not hold control characters')
    .optional(),
});

/** `PUT /v1/billing/seller`: who issues the invoices. */
export const sellerSchema = sellerShape.refine(
  ({ invoicePrefix, creditNotePrefix }) => invoicePrefix !== creditNotePrefix,
  { path: ['creditNotePrefix'], error: 'must differ from invoicePrefix: each begins with 000001' },
);
export type Seller = z.infer<typeof sellerSchema>;

function needsBuyersVatId(category: TaxCategory | undefined, { registration }: Party): boolean {
  return category === 'intra-eu' || (category === 'reverse-charge' && registration === undefined);
}

function hasVatId({ taxId, country }: Party): boolean {
  const found = taxId === undefined ? null : vatIdOf(taxId, country);
  return found !== null && found !== 'malformed';
}

/** `PUT /v1/tenants/{slug}/billing`: whom the tenant's invoices are made out to, and how they are collected. */
export const billingAccountSchema = z
  .strictObject({
    buyer: partySchema,
    tax: z
      .strictObject({
        label: lineSchema.min(1).max(40),
        bps: z
          .number()
          .min(0)
          .max(10_000)
          .refine((bps) => Math.round(bps * 10) / 10 === bps, 'use at most one decimal')
          .describe('With at most one decimal: 887.5 is 8.875 %.'),
        category: z
          .enum(taxCategories)
          .optional()
          .describe('With a rate of 0: why. An e-invoice without VAT needs it.'),
        reason: lineSchema
          .min(1)
          .max(200)
          .optional()
          .describe('As it is printed, with a category; `exempt` needs one, the others have a text.'),
      })
      .refine(({ category, bps }) => !category || bps === 0, {
        path: ['bps'],
        error: 'must be 0 with this category',
      })
      .refine(({ category, reason }) => !reason || (category && category !== 'zero'), {
        path: ['reason'],
        error: 'is for a category other than `zero`',
      })
      .refine(({ category, reason }) => category !== 'exempt' || reason, {
        path: ['reason'],
        error: 'name the provision that exempts it',
      })
      .nullable()
      .default(null)
      .describe('On the sum of the lines; null when none is charged.'),
    dueDays: z.int().min(0).max(120).default(14),
    collection: z
      .enum(['manual', 'send', 'charge'])
      .default('manual')
      .describe(
        "`manual`: the operator sends it. Stripe e-mails it (`send`; the buyer or the linked customer must have an e-mail address) or charges the customer's payment method (`charge`).",
      ),
    stripeCustomerId: z
      .string()
      .regex(/^cus_[A-Za-z0-9]{1,60}$/, 'use cus_…')
      .optional()
      .describe('An existing customer; without one the first push creates it.'),
    pauseAfterOverdueDays: z
      .int()
      .min(0)
      .max(365)
      .nullable()
      .default(null)
      .describe('Calls are refused this many days after an unpaid invoice was due; null = never.'),
  })
  .refine(
    ({ collection, buyer, stripeCustomerId }) => collection !== 'send' || buyer.email || stripeCustomerId,
    { path: ['buyer', 'email'], error: 'Stripe needs an address to send the invoices to' },
  )
  .refine(({ buyer, tax }) => !needsBuyersVatId(tax?.category, buyer) || hasVatId(buyer), {
    path: ['buyer', 'taxId'],
    error: 'must be the VAT ID, with the letters of its country',
  });
export type BillingAccount = z.infer<typeof billingAccountSchema>;

/** `POST /v1/tenants/{slug}/credits`: prepaid credit that was paid outside, or that was booked by mistake. */
export const bookCreditSchema = z
  .strictObject({
    amountCents: z
      .int()
      .min(-100_000_000_000)
      .max(100_000_000_000)
      .describe('Negative to take back what was booked by mistake, as far as it is unused.'),
    note: lineSchema.max(200).default('').describe('The reason; a negative amount needs one.'),
    reference: lineSchema
      .min(1)
      .max(100)
      .optional()
      .describe(
        'Of the payment: a repeated request with the same one counts once; with another amount or note it is refused.',
      ),
  })
  .refine(({ amountCents }) => amountCents !== 0, { path: ['amountCents'], error: 'must not be 0' })
  .refine(({ amountCents, note }) => amountCents > 0 || note !== '', {
    path: ['note'],
    error: 'say why it is taken back',
  });
export type BookCredit = z.infer<typeof bookCreditSchema>;
