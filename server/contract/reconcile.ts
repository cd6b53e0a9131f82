/** Comparing the ledger with Vapi's own books. */
import { z } from 'zod';
import { slugSchema } from './words.ts';

const instant = z.iso.datetime({ offset: true }).or(z.iso.date());

/** `POST /v1/reconcile`: calls created in the half-open period, UTC; without `tenant`, of all tenants. */
export const reconcileSchema = z
  .strictObject({ tenant: slugSchema.optional(), from: instant, to: instant })
  .refine(({ from, to }) => Date.parse(from) < Date.parse(to), {
    path: ['to'],
    message: 'must be after "from"',
  });

/** Ended calls and what they cost. */
export interface Books {
  calls: number;
  costMicros: number;
}

export interface TenantDrift {
  tenant: string;
  /** By Vapi's list. */
  vapi: Books;
  /** By the ledger, before and after this run. */
  ledgerBefore: Books;
  ledgerAfter: Books;
  /** Vapi minus ledger, after this run: 0 unless Vapi has forgotten calls that are booked. */
  differenceMicros: number;
  /** Calls that the ledger did not know. */
  added: number;
  /** Calls of which something was different. */
  changed: number;
  /** Booked calls that Vapi does not list any more; they stay booked. */
  missing: number;
  /** Ended calls whose cost Vapi has not told yet. */
  callsWithoutCost: number;
}

/** What `POST /v1/reconcile` answers. */
export interface DriftReport {
  from: string;
  to: string;
  tenants: TenantDrift[];
  /** Calls of an org that several tenants share, with an assistant of none of them. */
  unassigned: { orgId: string; calls: number; costMicros: number }[];
  /** Tenants whose org could not be read; nothing of them has been changed that Vapi did not say. */
  failures: { tenants: string[]; reason: string }[];
  /** Requests sent to Vapi, without retries. */
  requests: number;
}
