/** The tables about what is set at Vapi for our tenants: servers of assistants, and keys; conventions as in `schema.ts`. */
import type { WiringTrouble } from '../contract.ts';

export interface WiringSchema {
  wirings: WiringsTable;
  unwirings: UnwiringsTable;
  pendingKeys: PendingKeysTable;
}

/** An assistant that reports, or should report, to a tenant's webhook. */
export interface WiringsTable {
  tenantId: string;
  assistantId: string;
  /** At Vapi, when it was last read. */
  name: string | null;
  /** Since when it has been known to report here; null while only a report of it has come. */
  wiredAt: number | null;
  /** The version that calls used when it was wired; null where assistants have none. */
  version: string | null;
  /** Why its calls are not reported; null while nothing is known to be wrong. */
  trouble: WiringTrouble | null;
  /** The trouble of which a notice was last raised; null once there was none. */
  noticed: WiringTrouble | null;
  /** The newest report of a call created since it was wired. */
  reportedAt: number | null;
  /** When it was last read at Vapi. */
  checkedAt: number | null;
  attempts: number;
  nextAttemptAt: number;
}

/** Deleted tenants whose assistants may still send to us, to be given back to the servers that they sent to before. */
export interface UnwiringsTable {
  tenantId: string;
  /** So far. */
  attempts: number;
  nextAttemptAt: number;
}

/** Tenants whose public key at Vapi must still be changed or deleted. */
export interface PendingKeysTable {
  tenantId: string;
  /** Another one with each change, so that what was done for an earlier one does not end it. */
  changeId: string;
  /** So far. */
  attempts: number;
  nextAttemptAt: number;
}
