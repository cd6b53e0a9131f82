/** What a client may change about its own agent: nothing that costs money, and only as far as its switches allow. */
import { z } from 'zod';
import { openingHoursSchema } from './limits.ts';
import { textsSchema } from './widget.ts';

const fields = {
  hours: openingHoursSchema.nullable().describe('When calls may start, in `timeZone`; null = always.'),
  texts: textsSchema.describe('Greeting and other texts of the element; replaced as a whole.'),
  allowedOrigins: z
    .array(z.string().max(300))
    .max(100)
    .describe('The websites that may use the agent; replaced as a whole. As `allowedOrigins` of the tenant.'),
};

/** `PATCH /v1/tenants/{slug}/own-settings`: what is left out stays unchanged. */
export const changeOwnSettingsSchema = z.strictObject(fields).partial();
export type ChangeOwnSettings = z.infer<typeof changeOwnSettingsSchema>;

/** `GET /v1/tenants/{slug}/own-settings` */
export const ownSettingsSchema = z.object({
  version: z.string().describe('Changes with the settings; also the `ETag`.'),
  timeZone: z.string(),
  hours: fields.hours.exactOptional(),
  texts: fields.texts.exactOptional(),
  allowedOrigins: fields.allowedOrigins.exactOptional(),
});
export type OwnSettings = z.infer<typeof ownSettingsSchema>;
