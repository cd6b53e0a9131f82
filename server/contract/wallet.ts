/**
 * A client's wallet: paid before it is spent. `…Micros` are millionths of one unit of its currency, `…Cents` the
 * currency's smallest units.
 */
import { z } from 'zod';
import { cursorSchema, limitSchema, lineSchema, timeSchema } from './words.ts';

const mostCents = 1_000_000_000;
const centsSchema = z.int().min(0).max(mostCents);

/** `GET /v1/tenants/{slug}/wallet` */
export const walletViewSchema = z.object({
  on: z.boolean().describe('Whether starts hold their highest price of it, and are refused without it.'),
  currency: z.string().nullable().describe('That of the plans; null before there is a wallet.'),
  balanceMicros: z
    .int()
    .describe('The sum of its entries. Negative when calls have cost more than there was.'),
  heldMicros: z.int().describe('Reserved for calls in progress, and for calls without a known price.'),
  spendableMicros: z
    .int()
    .describe(
      'What further calls can use: the balance and the credit line, less what is reserved or expired.',
    ),
  creditLineMicros: z.int().describe('How far below zero calls may bring the balance.'),
  lowMarksMicros: z.array(z.int()).describe('The balances at which a notice is sent, highest first.'),
  grants: z
    .array(z.object({ leftMicros: z.int(), expiresAt: timeSchema }))
    .describe('What is unused of grants, in the order in which they are spent.'),
});
export type WalletView = z.infer<typeof walletViewSchema>;

/** `PUT /v1/tenants/{slug}/wallet` */
export const setWalletSchema = z.strictObject({
  on: z
    .boolean()
    .describe('Off: calls are neither held for nor charged; what is left still pays the next invoices.'),
  creditLineCents: centsSchema.default(0).describe('How far below zero calls may bring the balance.'),
  lowMarksCents: z
    .array(centsSchema)
    .max(5)
    .refine((marks) => new Set(marks).size === marks.length, 'each mark must differ')
    .default([])
    .describe('A notice is sent once when the balance reaches one, and again after the wallet was filled.'),
});
export type SetWallet = z.infer<typeof setWalletSchema>;

export const walletEntryKinds = [
  'top-up',
  'grant',
  'refund',
  'adjustment',
  'charge',
  'settled',
  'invoice',
  'expired',
] as const;

/** `POST /v1/tenants/{slug}/wallet/entries` */
export const bookWalletEntrySchema = z
  .strictObject({
    kind: z
      .enum(['top-up', 'grant', 'refund', 'adjustment'])
      .describe(
        'Money received, credit given that expires, money paid back, or a correction of one of these.',
      ),
    amountCents: z
      .int()
      .min(-mostCents)
      .max(mostCents)
      .describe('Only an adjustment may be negative; a refund is positive and lowers the balance.'),
    currency: lineSchema.max(3).describe('Must be the wallet’s, so that no amount is booked in another.'),
    reference: lineSchema
      .min(1)
      .max(100)
      .describe('A repeated request with the same one counts once; with different content it is refused.'),
    note: lineSchema.max(200).default('').describe('The reason; a refund or adjustment needs one.'),
    expiresAt: timeSchema
      .optional()
      .describe('Of a grant, which must have one: what is unused then, is taken.'),
  })
  .refine(({ amountCents }) => amountCents !== 0, { path: ['amountCents'], error: 'must not be 0' })
  .refine(({ amountCents, kind }) => amountCents > 0 || kind === 'adjustment', {
    path: ['amountCents'],
    error: 'must be positive',
  })
  .refine(({ kind, note }) => note !== '' || kind === 'top-up' || kind === 'grant', {
    path: ['note'],
    error: 'say why',
  })
  .refine(({ kind, expiresAt }) => (kind === 'grant') === (expiresAt !== undefined), {
    path: ['expiresAt'],
    error: 'a grant needs one, and nothing else has one',
  });
export type BookWalletEntry = z.infer<typeof bookWalletEntrySchema>;

export const walletEntryViewSchema = z.object({
  no: z.int().describe('Counts the wallet’s entries.'),
  at: timeSchema,
  kind: z
    .enum(walletEntryKinds)
    .describe(
      'A `charge` is for a call, or corrects one. When a month is billed, `settled` gives its charges back and `invoice` pays the exact total; both are reversed when the document becomes void. `expired` is what was unused of a grant.',
    ),
  amountMicros: z.int().describe('Negative when it lowers the balance.'),
  balanceMicros: z.int().describe('After it.'),
  callId: z.string().nullable(),
  month: z.string().nullable().describe('Of a charge or settlement: the month of the calls.'),
  invoiceId: z.string().nullable(),
  expiresAt: timeSchema.nullable(),
  reference: z.string().nullable(),
  note: z.string().describe('The reason, or the number of the document.'),
});
export type WalletEntryView = z.infer<typeof walletEntryViewSchema>;

/** Of `POST …/wallet/entries`. */
export const bookedWalletEntrySchema = z.object({ entry: walletEntryViewSchema, wallet: walletViewSchema });
export type BookedWalletEntry = z.infer<typeof bookedWalletEntrySchema>;

export const walletEntriesQuerySchema = z.strictObject({
  cursor: cursorSchema,
  limit: limitSchema(1000, 100),
});
/** `GET /v1/tenants/{slug}/wallet/entries` */
export const walletEntriesAnswerSchema = z.object({
  entries: z.array(walletEntryViewSchema),
  nextCursor: z.string().nullable().describe('The `cursor` for the next page; null on the last one.'),
});
export type WalletEntriesAnswer = z.infer<typeof walletEntriesAnswerSchema>;
