/** Notices about a tenant for the operator, one for each kind and occasion. */
import { z } from 'zod';
import { timeSchema } from './words.ts';

export const noticeKinds = [
  'budget-80',
  'budget-100',
  'balance-low',
  'balance-empty',
  'refused-origins',
  'cost-unknown',
  'cost-refused',
  'call-unknown',
  'outbox-full',
  'call-without-grant',
  'not-reporting',
  'key-not-changed',
  'payment-failed',
  'invoice-overdue',
  'paused-unpaid',
  'resumed-paid',
  'invoice-strayed',
  'payment-reversed',
  'lead-left',
  'lead-sent',
] as const;
export type NoticeKind = (typeof noticeKinds)[number];

/** `GET /v1/notices` */
export const noticeViewSchema = z.object({
  id: z.string(),
  at: timeSchema,
  kind: z.enum(noticeKinds),
  tenant: z.string().describe('Its slug at that time.'),
  period: z
    .string()
    .describe(
      'The month of a budget, the day of a burst, a full outbox or calls without a grant, the number of an invoice; the entry that last filled a wallet, and the mark that its balance has reached; the time and the assistant that does not report; the id of a change of the public key; the time at which leads are announced; for a reversed payment, also what was reversed.',
    ),
  title: z.string().describe("Continues the tenant's name: `invoice INV-000001 is overdue`."),
  text: z.string().describe('In full sentences, with the amounts.'),
  data: z.record(z.string(), z.unknown()).describe('The same and more, as sent.'),
  pending: z.boolean().describe('Whether it still has to be delivered.'),
});
export type NoticeView = z.infer<typeof noticeViewSchema>;
