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

/** Languages of the element. */
export const languages = ['en', 'ar', 'de', 'es', 'fr', 'it', 'ja', 'nl', 'pl', 'pt', 'tr', 'zh'] as const;
export type LanguageCode = (typeof languages)[number];

/** `GET /v1/tenants/{slug}/snippet`; with `origin` the answer says whether that site is allowed. */
export const snippetQuerySchema = z.strictObject({
  platform: z.enum(platforms).default('html'),
  lang: z
    .enum(languages)
    .optional()
    .describe(
      "The language of the launcher's text, which the snippet then writes; the tenant's own text `launcher` takes precedence.",
    ),
  assistant: z
    .string()
    .min(1)
    .max(100)
    .optional()
    .describe("Which of the tenant's `siteAssistantIds` answers; default its `assistantId`."),
  origin: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe('An address of the site: the answer also says whether its origin is allowed.'),
});

export const snippetViewSchema = z.object({
  platform: z.enum(platforms),
  snippet: z.string().describe('The exact text to paste.'),
  where: z.string().describe("Where it goes, in the platform's own words."),
  notes: z
    .array(z.string())
    .describe(
      'What else to know before pasting it: where the agent starts, if `origin` is absent or no page is allowed; what a policy of the site forbids.',
    ),
  origin: z
    .object({
      origin: z.string(),
      allowed: z.boolean(),
    })
    .nullable()
    .describe('Null if the request names no origin.'),
});
export type SnippetView = z.infer<typeof snippetViewSchema>;
