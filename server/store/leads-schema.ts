/** The table of what visitors leave when no one can talk to them. */
import type { LeadReason, LeadState } from '../contract.ts';

export interface LeadsSchema {
  leads: LeadsTable;
}

export interface LeadsTable {
  tenantId: string;
  /** Made by the visitor's browser, so that a form that is sent twice is one lead. */
  id: string;
  createdAt: number;
  state: LeadState;
  reason: LeadReason;
  /** JSON of `LeadContent`. */
  contentSealed: string;
  /** Of the people who work on it. */
  noteSealed: string | null;
  /** Keyed, as in `call_callers`. */
  phoneHash: string | null;
  emailHash: string | null;
  visitorNetwork: string;
  visitorSite: string | null;
  /** When the notice that names it is due. */
  announcedAt: number;
  expiresAt: number;
}
