/** What a tenant’s visitors may use. */
import { z } from 'zod';
import { microsSchema } from './words.ts';

const clockTime = z.string().regex(/^([01]\d|2[0-3]):[0-5]\d$/, 'use a time such as 09:00');

/** When calls may start, in the tenant's time zone. `to` at or before `from` means the next day. */
export const openingHoursSchema = z
  .array(
    z.strictObject({
      /** 1 = Monday … 7 = Sunday: the days on which the interval begins. */
      days: z.array(z.int().min(1).max(7)).min(1).max(7),
      from: clockTime,
      to: clockTime,
    }),
  )
  .min(1)
  .max(28);
export type OpeningHours = z.infer<typeof openingHoursSchema>;

const callCount = z.int().min(1).max(1_000_000);

export const limitsSchema = z.strictObject({
  /** Calls at the same time. */
  concurrentCalls: z.int().min(1).max(1000),
  /** Starts per visitor network: an IPv4 address or an IPv6 /56. */
  callsPerMinutePerIp: callCount,
  callsPerHourPerIp: callCount,
  callsPerDayPerIp: callCount,
  /** Starts of all visitors together. */
  callsPerMinute: callCount,
  callsPerHour: callCount,
  callsPerDay: callCount,
  /** Seconds; Vapi accepts 10 to 43,200. */
  maxCallSeconds: z.int().min(10).max(43_200),
  /** Provider cost per calendar month in the tenant's time zone. A start is refused when it could pass this. */
  monthlyBudgetMicros: microsSchema,
  /**
   * The most that a minute of this tenant's assistants can cost. What a call in progress may still cost is held
   * at this rate, so a rate below the real one lets the budget be passed by the difference.
   */
  worstCaseMicrosPerMinute: microsSchema.min(1),
  /** Null = always open. */
  hours: openingHoursSchema.nullable(),
});
export type Limits = z.infer<typeof limitsSchema>;

/** What a tenant has where nothing else is said: no tenant is ever without a limit. */
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
