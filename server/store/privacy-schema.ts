/** The tables about people's data in calls. */
import type { CallReadKind } from '../contract.ts';

export interface PrivacySchema {
  callCallers: CallCallersTable;
  callReads: CallReadsTable;
  identityKeys: IdentityKeysTable;
  callIdentities: CallIdentitiesTable;
}

/** Numbers and e-mail addresses that were reported with a call; gone with what was said in it. */
export interface CallCallersTable {
  tenantId: string;
  /** Keyed: neither a number nor an address can be read from it. */
  hash: string;
  callId: string;
}

/** Who read or heard which call: at most a row for each reader, call, kind and hour. Only added to, and pruned. */
export interface CallReadsTable {
  id: string;
  tenantId: string;
  callId: string;
  kind: CallReadKind;
  /** As in the audit log. */
  actor: string;
  /** Hours since the epoch. */
  hour: number;
  at: number;
}

/** With which a client's site signs who its visitor is. */
export interface IdentityKeysTable {
  tenantId: string;
  currentSealed: string;
  /** The one before, accepted until `previousUntil`. */
  previousSealed: string | null;
  previousUntil: number | null;
  createdAt: number;
}

/** Who the visitor of a call is, as the site has signed it; gone with what was said in it. */
export interface CallIdentitiesTable {
  tenantId: string;
  callId: string;
  /** JSON of `VisitorIdentity`. */
  contentSealed: string;
  createdAt: number;
}
