/** What a tenant looks like on a page. */
import { z } from 'zod';
import { placements, themes, type WidgetMode } from './words.ts';

const hexColor = z.string().regex(/^#[0-9a-f]{6}$/i, 'use a colour such as #0f766e');

/** Looks that a tenant chooses; every field is optional and falls back to the element's defaults. */
export const appearanceSchema = z.strictObject({
  accentColor: hexColor.optional(),
  theme: z.enum(themes).optional(),
  placement: z.enum(placements).optional(),
  /** Corner radius in CSS pixels. */
  radius: z.int().min(0).max(32).optional(),
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

/** What a visitor must agree to before the microphone is asked for or a message is sent. */
export const consentSchema = z.strictObject({
  /** A new version asks everybody again. */
  version: z.string().trim().min(1).max(40),
  /** Plain text; line breaks are kept. */
  text: z.string().trim().min(1).max(4000),
  /** Where the whole of it can be read. */
  linkUrl: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
});
export type Consent = z.infer<typeof consentSchema>;

/** `GET /v1/widget/{tenant}`: what the panel needs to know before a call. Cacheable. */
export interface WidgetConfig {
  tenant: string;
  name: string;
  modes: WidgetMode[];
  appearance: Appearance;
  texts: Texts;
  /** Present when the tenant demands it. */
  consent?: Consent;
  /** Present when a session needs a solved challenge: where to get one (relative to the server). */
  challenge?: { kind: 'altcha'; path: string };
}
