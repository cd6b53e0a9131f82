/**
 * The tables as Kysely sees them. Columns are snake_case in the database and camelCase here.
 * `…At` are epoch milliseconds, `…Micros` integer millionths of a US dollar; JSON is kept as text, so that both
 * engines hold the same bytes.
 */
import type {
  AccessMode,
  CostComponent,
  EventSource,
  NoticeKind,
  Rating,
  UnwantedReason,
} from '../contract.ts';
import type { BillingSchema } from './billing-schema.ts';

export interface Schema extends BillingSchema {
  tenants: TenantsTable;
  reservations: ReservationsTable;
  calls: CallsTable;
  callOwners: CallOwnersTable;
  usageDaily: UsageDailyTable;
  callRevisions: CallRevisionsTable;
  sweeps: SweepsTable;
  leases: LeasesTable;
  blockedOrigins: BlockedOriginsTable;
  usedChallenges: UsedChallengesTable;
  apiKeys: ApiKeysTable;
  signInLinks: SignInLinksTable;
  signIns: SignInsTable;
  audit: AuditTable;
  notices: NoticesTable;
  feedback: FeedbackTable;
  leftCalls: LeftCallsTable;
  forwardTargets: ForwardTargetsTable;
  unwirings: UnwiringsTable;
  forwardedMessages: ForwardedMessagesTable;
  forwardedContents: ForwardedContentsTable;
  outboxLocks: OutboxLocksTable;
}

export interface TenantsTable {
  id: string;
  slug: string;
  name: string;
  status: 'active' | 'paused';
  /** Since when only its unpaid invoices keep it paused; null when a person paused it, or no one did. */
  pausedUnpaidAt: number | null;
  /** Raised to make every session issued before worthless. */
  generation: number;
  orgId: string;
  assistantId: string;
  /** 1 = the org's calls with an assistant of no tenant are also this tenant's. */
  wholeOrg: number;
  accessMode: AccessMode;
  timeZone: string;
  privateKeySealed: string;
  publicKeySealed: string | null;
  webhookSecretSealed: string;
  hookSecretSealed: string;
  /** Accepted beside the current one until `previousWebhookSecretUntil`. */
  previousWebhookSecretSealed: string | null;
  previousWebhookSecretUntil: number | null;
  /** JSON of what belongs to `webhookForwardUrl`: headers, timeout. */
  webhookForwardSealed: string | null;
  /** JSON of `TenantSettings`. */
  settings: string;
  /** Updated by every start of a call, only to make the starts of one tenant wait for each other. */
  startLock: number;
  /** The first session for one of its pages, and which: null until its snippet was seen. */
  snippetSeenAt: number | null;
  snippetSeenOn: string | null;
  /** The first sign-in link for it. */
  invitedAt: number | null;
  createdAt: number;
  updatedAt: number;
  /** A deleted tenant keeps its ledger; its slug is free again. */
  deletedAt: number | null;
}

/** One row per session that became a grant: the concurrency slot and the spend held for the call in progress. */
export interface ReservationsTable {
  /** The session's id, which makes a session usable once; of a message one made from it. */
  id: string;
  tenantId: string;
  kind: 'call' | 'message';
  /** The tenant's when it was granted: a pause since then makes its call unwanted. */
  generation: number;
  /**
   * `YYYY-MM` in the tenant's time zone: the last month whose budget it can draw on. A call counts for the day on which
   * it starts, so one that is granted just before midnight is booked in the next month when it starts after it.
   */
  month: string;
  amountMicros: number;
  maxSeconds: number;
  /** `held` until the call's cost is known, then `settled`; `released` when it led to no call. */
  state: 'held' | 'settled' | 'released';
  /** Until then it takes one of the tenant's concurrent calls; moved to the call's end when that is reported. */
  leaseExpiresAt: number;
  accessMode: AccessMode;
  assistantId: string;
  /** Keyed hash of the visitor's network, never the address itself. */
  visitorNetwork: string;
  /** The same of its IPv6 /48; null for IPv4, and for starts from before this was counted. */
  visitorSite: string | null;
  /** Vapi's call id, once known. */
  callId: string | null;
  /** What the visitor had agreed to when it began; null where nothing was demanded. */
  consentVersion: string | null;
  createdAt: number;
}

/** The cost columns that `calls` and `usage_daily` share. */
export type CostColumns<Value> = Record<`${CostComponent}Micros`, Value>;

/** The ledger: one row per call of a tenant. */
export interface CallsTable extends CostColumns<number | null> {
  tenantId: string;
  /** Vapi's call id. */
  id: string;
  /** The session (and reservation) that it came from; null for calls that we did not start. */
  sessionId: string | null;
  type: string;
  status: string;
  accessMode: AccessMode | null;
  assistantId: string | null;
  createdAt: number;
  startedAt: number | null;
  endedAt: number | null;
  seconds: number | null;
  endedReason: string | null;
  /** Why it must not continue, from when that was first seen; null for calls that may. */
  unwanted: UnwantedReason | null;
  /** Null while Vapi has not reported it. */
  costMicros: number | null;
  /** The sender's time of the report that the times and the reason are from; an older one no longer changes them. */
  reportAsOf: number | null;
  /** The same for the cost, which not every report has. */
  costAsOf: number | null;
  /** Where the times and the reason, and the cost, were learnt. */
  timesSource: EventSource | null;
  costSource: EventSource | null;
  /** When to ask Vapi about it; null while nothing is missing. */
  pollAt: number | null;
  pollAttempts: number;
  /** Since when Vapi no longer knows it (its retention, or a deletion). */
  goneAt: number | null;
  /** Since when the operator has dismissed it as one that Vapi never had; null again once Vapi shows it. */
  dismissedAt: number | null;
  /** Since when transcript and recording are deleted at Vapi; the row itself stays. */
  contentDeletedAt: number | null;
  /** Vapi's control URL is a secret: anyone who has it can end or steer the call. */
  controlUrlSealed: string | null;
  /** The day under which `usage_daily` holds this call; null while it is not booked. */
  usageDay: string | null;
  /** Counts the writes; taking it with an UPDATE locks the row. */
  revision: number;
  updatedAt: number;
}

/** Whose a call is: one tenant's, whatever reports the others receive. */
export interface CallOwnersTable {
  /** Vapi's call id. */
  callId: string;
  tenantId: string;
  /** 1 = Vapi's API has shown the call; 0 = only a webhook has reported it. */
  confirmed: number;
}

/** Each set of figures that a call has been booked with, oldest first. */
export interface CallRevisionsTable {
  tenantId: string;
  callId: string;
  /** The `revision` of the call's row when it was written. */
  revision: number;
  at: number;
  source: EventSource;
  seconds: number | null;
  costMicros: number | null;
}

/** How far each org's calls have been compared with the ledger. */
export interface SweepsTable {
  orgId: string;
  /** Creation times before this are done. */
  sweptTo: number;
  /** Of those that the last sweep looked at, how many belonged to no tenant. */
  unassignedCalls: number;
}

/** Work that only one process may do at a time. */
export interface LeasesTable {
  name: string;
  owner: string;
  expiresAt: number;
  /** When work that is done in turns was last begun and done to its end; null for other work. */
  doneAt: number | null;
}

/** What a tenant used per day and assistant; always the sum of the booked rows of `calls`. */
export interface UsageDailyTable extends CostColumns<number> {
  tenantId: string;
  /** `YYYY-MM-DD` in the tenant's time zone. */
  day: string;
  /** Empty for calls without a saved assistant. */
  assistantId: string;
  calls: number;
  seconds: number;
  costMicros: number;
  callsWithoutCost: number;
}

/** Pages that were refused, at most a hundred a tenant. */
export interface BlockedOriginsTable {
  tenantId: string;
  origin: string;
  count: number;
  firstSeenAt: number;
  lastSeenAt: number;
}

/** Solved challenges, until they would have expired anyway: each counts once. */
export interface UsedChallengesTable {
  id: string;
  expiresAt: number;
}

export interface ApiKeysTable {
  id: string;
  /** Null for the operator's keys; a client's key sees this tenant only. */
  tenantId: string | null;
  name: string;
  /** SHA-256 of the key, which is random enough that nothing slower is needed. */
  hash: string;
  last4: string;
  /** JSON of `Scope[]`. */
  scopes: string;
  createdAt: number;
  expiresAt: number | null;
  lastUsedAt: number | null;
  revokedAt: number | null;
}

/** Links to the portal that have not been used; using one removes it. */
export interface SignInLinksTable {
  /** SHA-256 of the link's token, which is random enough that nothing slower is needed. */
  hash: string;
  /** Null for the operator's. */
  tenantId: string | null;
  /** The API key that it was made with, and with which it ends; null for the operator key of the environment. */
  keyId: string | null;
  expiresAt: number;
}

/** Who is signed in to the portal; ending one removes it. */
export interface SignInsTable {
  /** SHA-256 of the cookie's value. */
  hash: string;
  /** Names it in the audit log. */
  id: string;
  /** The only tenant that it sees; null for the operator. */
  tenantId: string | null;
  /** Of its link. */
  keyId: string | null;
  createdAt: number;
  expiresAt: number;
}

export interface AuditTable {
  id: string;
  at: number;
  actor: string;
  action: string;
  /** The tenant's slug at that time. */
  tenant: string | null;
  /** JSON without secrets. */
  before: string | null;
  after: string | null;
  requestId: string;
}

/** What the visitor said of a call, at most once a call. */
export interface FeedbackTable {
  tenantId: string;
  callId: string;
  rating: Rating;
  comment: string | null;
  at: number;
}

/** Calls that their visitors have left with the page, or rejoined from the next one. */
export interface LeftCallsTable {
  tenantId: string;
  callId: string;
  /** The visitor's last page that reported to us, counted from 0 where the call was started. */
  page: number;
  /** When the server ends it; null while the visitor is in the room, or once it has been ended. */
  endAt: number | null;
  /** How often it was tried to end it; from the first time on it cannot be rejoined. */
  attempts: number;
}

/** Notices to the operator, one per kind and period, and whether they were delivered. */
export interface NoticesTable {
  id: string;
  tenantId: string;
  kind: NoticeKind;
  /**
   * The month of a budget (`YYYY-MM`), the day of a burst or of a lost cost (`YYYY-MM-DD`), the number of an invoice, the start
   * of a pause.
   */
  period: string;
  /** JSON, as it is sent. */
  payload: string;
  createdAt: number;
  /** 1 while the webhook has not been taken. */
  urlPending: number;
  /** 1 while the e-mail has not been sent. */
  emailPending: number;
  attempts: number;
  /** Null when nothing is left to do. */
  nextAttemptAt: number | null;
}

/** Where one assistant's messages are forwarded, when that differs from the tenant's other messages. */
export interface ForwardTargetsTable {
  tenantId: string;
  assistantId: string;
  /** JSON with URL and headers; null = they go nowhere. */
  targetSealed: string | null;
}

/** Deleted tenants whose assistants may still send to us, to be given back to the servers that they sent to before. */
export interface UnwiringsTable {
  tenantId: string;
  /** So far. */
  attempts: number;
  nextAttemptAt: number;
}

/** Messages for tenants' own servers, and for a while their outcomes. */
export interface ForwardedMessagesTable {
  /** Digest of tenant and body, so that the same message is kept once. */
  id: string;
  tenantId: string;
  assistantId: string | null;
  /** Vapi's message type. */
  type: string;
  createdAt: number;
  attempts: number;
  /** Null when nothing is left to do. */
  nextAttemptAt: number | null;
  /** HTTP status of the last attempt, 0 when there was none; null before the first. */
  answer: number | null;
  /** When its outcome may be forgotten; null while it waits. */
  expiresAt: number | null;
  /** Size of its content as it is stored; 0 once that is gone. */
  bytes: number;
}

/** What such a message holds; kept only as long as it must be, since it is a conversation. */
export interface ForwardedContentsTable {
  id: string;
  headersSealed: string;
  bodySealed: string;
}

export interface OutboxLocksTable {
  tenantId: string;
  /** How often; only the row's lock matters. */
  taken: number;
}
