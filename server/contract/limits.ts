/** What a tenant’s visitors may use. */
import { z } from 'zod';
import { microsSchema } from './words.ts';

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'use a time such as 09:00');

/** When calls may start, in the tenant's time zone. `to` at or before `from` means the next day. */
export const openingHoursSchema = z
  .array(
    z.strictObject({
      days: z
        .array(z.int().min(1).max(7))
        .min(1)
        .max(7)
        .describe('1 = Monday … 7 = Sunday: the days on which the interval begins.'),
      from: clockTime,
      to: clockTime,
    }),
  )
  .min(1)
  .max(28);
export type OpeningHours = z.infer<typeof openingHoursSchema>;

const callCount = z.int().min(1).max(1_000_000);

export const limitsSchema = z.strictObject({
  concurrentCalls: z.int().min(1).max(1000).describe('Calls at the same time.'),
  callsPerMinutePerIp: callCount.describe(
    'Starts per visitor network: an IPv4 address or an IPv6 /56. All networks of one IPv6 /48 together get four times that, as with the two below.',
  ),
  callsPerHourPerIp: callCount,
  callsPerDayPerIp: callCount,
  callsPerMinute: callCount.describe('Starts of all visitors together.'),
  callsPerHour: callCount,
  callsPerDay: callCount,
  maxCallSeconds: z.int().min(10).max(43_200).describe('Seconds; Vapi accepts 10 to 43,200.'),
  monthlyBudgetMicros: microsSchema.describe(
    "Provider cost per calendar month in the tenant's time zone. A start is refused when it could exceed this.",
  ),
  worstCaseMicrosPerMinute: microsSchema
    .min(1)
    .describe(
      "The most that a minute of this tenant's assistants can cost, and the most that one text message can: a conversation has up to 30 messages of 4,000 characters, and each is sent with all before it. What a call or a message in progress may still cost is held at this rate; if it is below the real one, the budget can be exceeded by the difference.",
    ),
  hours: openingHoursSchema.nullable().describe('Null = always open.'),
});
export type Limits = z.infer<typeof limitsSchema>;

/** A tenant's defaults: no tenant is ever without a limit. */
export const defaultLimits: Limits = {
  concurrentCalls: 5,
  callsPerMinutePerIp: 5,
  callsPerHourPerIp: 20,
  callsPerDayPerIp: 50,
  callsPerMinute: 30,
  callsPerHour: 300,
  callsPerDay: 2000,
  maxCallSeconds: 600,
  monthlyBudgetMicros: 100_000_000,
  worstCaseMicrosPerMinute: 500_000,
  hours: null,
};
