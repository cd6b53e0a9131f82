/** What a tenant looks like on a page. */
import { z } from 'zod';
import { placements, themes, widgetModes } from './words.ts';

const hexColor = z.string().regex(/^#[0-9a-f]{6}$/i, 'use a colour such as #0f766e');

/** Looks that a tenant chooses; every field is optional and falls back to the element's defaults. */
export const appearanceSchema = z.strictObject({
  accentColor: hexColor.optional(),
  theme: z.enum(themes).optional(),
  placement: z.enum(placements).optional(),
  radius: z.int().min(0).max(32).optional().describe('Corner radius in CSS pixels.'),
  avatarUrl: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
});
export type Appearance = z.infer<typeof appearanceSchema>;

/** Visible texts that a tenant replaces, by the keys of `widget/strings/en.ts`; unknown keys are ignored by the element. */
export const textsSchema = z
  .record(z.string().regex(/^[a-zA-Z]{1,40}$/), z.string().max(500))
  .refine((texts) => Object.keys(texts).length <= 200, 'at most 200 texts');
export type Texts = z.infer<typeof textsSchema>;

/** What a visitor must agree to before the microphone is requested or a message is sent. */
export const consentSchema = z.strictObject({
  version: z.string().trim().min(1).max(40).describe('A new version asks everyone again.'),
  text: z.string().trim().min(1).max(4000).describe('Plain text; line breaks are kept.'),
  linkUrl: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional()
    .describe('Where the full text can be read.'),
});
export type Consent = z.infer<typeof consentSchema>;

/** `GET /v1/widget/{tenant}`: what the panel needs to know before a call. Cacheable. */
export const widgetConfigSchema = z.object({
  tenant: z.string(),
  name: z.string(),
  modes: z
    .array(z.enum(widgetModes))
    .describe('The first is what a click does unless the page says otherwise.'),
  appearance: appearanceSchema,
  texts: textsSchema,
  consent: consentSchema.describe('Present when the tenant demands it.').exactOptional(),
  rejoinCalls: z
    .literal(true)
    .describe('Present when the element carries a call from page to page (its attribute `rejoin`).')
    .exactOptional(),
  leads: z
    .object({ consent: consentSchema })
    .describe('Present when visitors can leave a message (`POST /v1/leads`), with what they agree to.')
    .exactOptional(),
  challenge: z
    .object({
      kind: z.literal('altcha'),
      path: z.string(),
    })
    .describe('Present when a session needs a solved challenge: where to get one (relative to the server).')
    .exactOptional(),
});
export type WidgetConfig = z.infer<typeof widgetConfigSchema>;
