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

export interface SnippetView {
  platform: Platform;
  /** The exact text to paste. */
  snippet: string;
  /** Where it goes, in the platform's own words. */
  where: string;
  /** Null when no origin was asked about. */
  origin: { origin: string; allowed: boolean } | null;
}
