/** Words that several parts of the contract share. */
import { z } from 'zod';

export const accessModes = ['proxy', 'scoped-key', 'public-key'] as const;
/** How a browser is let into a call; what each leaves open is in `server/access/README.md`. */
export type AccessMode = (typeof accessModes)[number];

/** Where a figure of the ledger was learnt: from a webhook, by asking Vapi, or from the answer to our own request. */
export const eventSources = ['webhook', 'poll', 'answer'] as const;
export type EventSource = (typeof eventSources)[number];

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

/** A tenant's own id: what names it once it is deleted and its slug may be another's. */
export const tenantIdSchema = z.string().regex(/^ten_[A-Za-z0-9_-]{16}$/, 'use ten_…');

/** A moment on the wire. */
export const timeSchema = z.iso.datetime().describe('ISO-8601, UTC.');

export const microsSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

export const monthSchema = z.string().regex(/^\d{4}-(0[1-9]|1[0-2])$/, 'use a month such as 2026-11');
