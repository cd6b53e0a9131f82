/** What goes into a tenant's pages. */
import { z } from 'zod';

export const platforms = [
  'html',
  'wordpress',
  'webflow',
  'shopify',
  'wix',
  'squarespace',
  'framer',
  'ghost',
  'gtm',
] as const;
export type Platform = (typeof platforms)[number];

/** `GET /v1/tenants/{slug}/snippet`; with `origin` the answer says whether that site is allowed. */
export const snippetQuerySchema = z.strictObject({
  platform: z.enum(platforms).default('html'),
  origin: z.string().min(1).max(300).optional(),
});

export const snippetViewSchema = z.object({
  platform: z.enum(platforms),
  snippet: z.string().describe('The exact text to paste.'),
  where: z.string().describe("Where it goes, in the platform's own words."),
  origin: z
    .object({
      origin: z.string(),
      allowed: z.boolean(),
    })
    .nullable()
    .describe('Null when no origin was asked about.'),
});
export type SnippetView = z.infer<typeof snippetViewSchema>;
