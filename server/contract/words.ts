/** Words that several parts of the contract share. */
import { z } from 'zod';

export const accessModes = ['proxy', 'scoped-key', 'public-key'] as const;
/** How a browser is admitted to a call; what each leaves open is in `server/access/modes.md`. */
export type AccessMode = (typeof accessModes)[number];

/** Where a figure of the ledger was learned: from a webhook, by asking Vapi, or from the answer to our own request. */
export const eventSources = ['webhook', 'poll', 'answer'] as const;
export type EventSource = (typeof eventSources)[number];

/** Kinds of call as the ledger stores and shows them; open, since Vapi adds kinds. */
export const callKinds = {
  web: 'webCall',
  inbound: 'inboundPhoneCall',
  outbound: 'outboundPhoneCall',
  chat: 'chat',
  unknown: 'unknown',
} as const;

export const widgetModes = ['voice', 'chat', 'hybrid'] as const;
export type WidgetMode = (typeof widgetModes)[number];

export const placements = ['bottom-right', 'bottom-left', 'top-right', 'top-left', 'inline'] as const;
export type Placement = (typeof placements)[number];

export const themes = ['auto', 'light', 'dark'] as const;
export type Theme = (typeof themes)[number];

/** A tenant's handle: lower-case letters, digits and inner hyphens, at most 40 characters. */
export const slugSchema = z
  .string()
  .regex(
    /^[a-z0-9](?:[a-z0-9-]{0,38}[a-z0-9])?$/,
    'use lower-case letters, digits and inner hyphens, at most 40',
  );

/** A tenant's own id: identifies it once it is deleted and its slug may belong to another. */
export const tenantIdSchema = z.string().regex(/^ten_[A-Za-z0-9_-]{16}$/, 'use ten_…');

/** A moment on the wire. */
export const timeSchema = z.iso.datetime().describe('ISO-8601, UTC.');

export const microsSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

/** Calls are not in another century, and databases cannot compare the dates of days beyond them. */
const isInReach = (text: string) => /^2[01]/.test(text);
const reach = 'must be from the years 2000 to 2199';

export const monthSchema = z
  .string()
  .regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'use a month such as 2026-11')
  .refine(isInReach, reach);

/** `YYYY-MM-DD` */
export const daySchema = z.iso.date().refine(isInReach, reach);

/** A moment, or a day for its first one in UTC. */
export const instantSchema = z.iso.datetime({ offset: true }).or(z.iso.date()).refine(isInReach, reach);

/** One line of text to show, print or mail: without characters that a terminal or mail header would interpret. */
export const lineSchema = z
  .string()
  .trim()
  .refine((text) => !/[\p{Cc}\u2028\u2029]/u.test(text), 'must not hold control characters or line breaks');

/** Where a list continues, from its last page. */
export const cursorSchema = z.string().max(200).optional().describe('The `nextCursor` of the page before.');

/** How many entries a page has: plain digits. */
export function limitSchema(most: number, otherwise: number) {
  return z.preprocess(
    (value) => (typeof value === 'string' && /^\d{1,6}$/.test(value) ? Number(value) : value),
    z.int('use plain digits').min(1).max(most).default(otherwise),
  );
}
