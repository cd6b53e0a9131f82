/**
 * The tables as Kysely sees them. Columns are snake_case in the database and camelCase here. `…At` are epoch
 * milliseconds, `…Micros` integer millionths of a US dollar; JSON is stored as text, so that both engines hold the same
 * bytes.
 */
import type { Generated } from 'kysely';
import type {
  AccessMode,
  CostComponent,
  EventSource,
  NoticeKind,
  Rating,
  UnwantedReason,
} from '../contract.ts';
import type { BillingSchema } from './billing-schema.ts';
import type { ForwardingSchema } from './forwarding-schema.ts';
import type { LeadsSchema } from './leads-schema.ts';
import type { PeopleSchema } from './people-schema.ts';
import type { PhoneSchema } from './phone-schema.ts';
import type { PrivacySchema } from './privacy-schema.ts';
import type { ResultsSchema } from './results-schema.ts';
import type { WalletSchema } from './wallet-schema.ts';
import type { WiringSchema } from './wiring-schema.ts';

export interface Schema
  extends BillingSchema,
    ForwardingSchema,
    LeadsSchema,
    PeopleSchema,
    PhoneSchema,
    PrivacySchema,
    ResultsSchema,
    WalletSchema,
    WiringSchema {
  tenants: TenantsTable;
  reservations: ReservationsTable;
  startCounts: StartCountsTable;
  calls: CallsTable;
  callOwners: CallOwnersTable;
  usageDaily: UsageDailyTable;
  tenantMonths: TenantMonthsTable;
  callRevisions: CallRevisionsTable;
  sweeps: SweepsTable;
  leases: LeasesTable;
  blockedOrigins: BlockedOriginsTable;
  usedChallenges: UsedChallengesTable;
  apiKeys: ApiKeysTable;
  audit: AuditTable;
  notices: NoticesTable;
  feedback: FeedbackTable;
  leftCalls: LeftCallsTable;
}

export interface TenantsTable {
  id: string;
  slug: string;
  name: string;
  /** `searchTextOf` of name and slug. */
  searchText: string;
  status: 'active' | 'paused';
  /** Since when only its unpaid invoices keep it paused; null when it is not paused, or a person paused it. */
  pausedUnpaidAt: number | null;
  /** Increased to invalidate every session issued before. */
  generation: number;
  orgId: string;
  /** Of an assistant or a squad. */
  assistantId: string;
  /** JSON: the id of each squad among the tenant's assistants -> its saved members, as Vapi last said. */
  squads: string;
  /** When the first outcome was set, so that only later calls are looked at for one; null = never. */
  outcomeSince: number | null;
  /** 1 = the org's calls with an assistant of no tenant also belong to this tenant. */
  wholeOrg: number;
  accessMode: AccessMode;
  timeZone: string;
  privateKeySealed: string;
  publicKeySealed: string | null;
  /** At Vapi, of the public key when this server made it; null when it was entered by hand. */
  publicKeyId: string | null;
  webhookSecretSealed: string;
  hookSecretSealed: string;
  /** Accepted beside the current one until `previousWebhookSecretUntil`. */
  previousWebhookSecretSealed: string | null;
  previousWebhookSecretUntil: number | null;
  /** JSON of the options of `webhookForwardUrl`: headers, timeout. */
  webhookForwardSealed: string | null;
  /** JSON of `TenantSettings`. */
  settings: string;
  /** Updated by every start of a call, only to make one tenant's starts wait for each other. */
  startLock: number;
  /** 1 = its starts hold their price of the wallet, and its calls are charged to it. */
  walletOn: Generated<number>;
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
  /** The session's id, which makes a session usable once; for a message derived from it, for a phone call from the call's. */
  id: string;
  tenantId: string;
  kind: 'call' | 'message' | 'phone';
  /** The tenant's when it was granted: a pause since then makes its call unwanted. */
  generation: number;
  /**
   * `YYYY-MM` in the tenant's time zone: the last month whose budget it can use. A call counts for the day on which it
   * starts, so one granted just before midnight is booked in the next month if it starts after it.
   */
  month: string;
  amountMicros: number;
  /** What is held of the client's wallet, in its currency: the highest price by the plan, with tax. */
  priceMicros: Generated<number>;
  /** Month, plan and rate whose included minutes or tiers it will use; null for another price. */
  pricePool: string | null;
  maxSeconds: number;
  /** `held` until the call's cost is known, then `settled`; `released` when it led to no call. */
  state: 'held' | 'settled' | 'released';
  /** Until then it counts as one of the tenant's concurrent calls; moved to the call's end when that is reported. */
  leaseExpiresAt: number;
  accessMode: AccessMode;
  assistantId: string;
  /** Keyed hash of the visitor's network, never the address itself. */
  visitorNetwork: string;
  /** The same for its IPv6 /48; null for IPv4, and for starts from before this was counted. */
  visitorSite: string | null;
  /** Vapi's call id, once known. */
  callId: string | null;
  /** What the visitor had agreed to when it began; null if nothing was required. */
  consentVersion: string | null;
  createdAt: number;
}

/** How many starts a tenant had in a minute, whatever became of them; kept for the day that its limits look back. */
export interface StartCountsTable {
  tenantId: string;
  kind: ReservationsTable['kind'];
  /** Minutes since the epoch. */
  minute: number;
  starts: number;
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
  /** Why it must not continue, from when that was first noticed; null for other calls. */
  unwanted: UnwantedReason | null;
  /** Null while Vapi has not reported it. */
  costMicros: number | null;
  /** The sender's time of the report with the current times and reason; an older report no longer changes them. */
  reportAsOf: number | null;
  /** The same for the cost, which not every report contains. */
  costAsOf: number | null;
  /** The sources of the times and the reason, and of the cost. */
  timesSource: EventSource | null;
  costSource: EventSource | null;
  /** When to ask Vapi about it; null while nothing is missing. */
  pollAt: number | null;
  pollAttempts: number;
  /** When a webhook first reported its end; null when none has, or since before this was kept. */
  reportedAt: number | null;
  /** Since when Vapi no longer knows it (its retention, or a deletion). */
  goneAt: number | null;
  /** Since when the operator has dismissed it as a call that Vapi never had; null again once Vapi shows it. */
  dismissedAt: number | null;
  /** Since when transcript and recording are deleted at Vapi; the row itself stays. */
  contentDeletedAt: number | null;
  /** Vapi's control URL is a secret: anyone who has it can end or steer the call. */
  controlUrlSealed: string | null;
  /** The day whose `usage_daily` row includes this call; null while it is not booked. */
  usageDay: string | null;
  /** Counts the writes; taking it with an UPDATE locks the row. */
  revision: number;
  updatedAt: number;
}

/** The owner of each call: one tenant, whichever others receive reports. */
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

/** How far each org's calls have been compared with the ledger, and when they are compared next. */
export interface SweepsTable {
  orgId: string;
  /** Creation times before this are done; 0 = never compared. */
  sweptTo: number;
  /** How many of those that the last sweep saw belonged to no tenant. */
  unassignedCalls: number;
  /** Null = not until it has a tenant again. While a process has the org, when its claim lapses. */
  nextSweepAt: number | null;
  /** The turn of the process that has it. */
  claim: string | null;
  cadence: 'busy' | 'quiet' | 'asleep';
  /** Sweeps that have failed since the last one that did not. */
  failures: number;
  /** Changes before this have been read from Vapi's list. */
  changedTo: number | null;
  /** Calls created before this have been listed one by one. Null = the last day must be listed again. */
  listedTo: number | null;
  /** When its hours were last compared, each by its sums. */
  hoursAt: number | null;
  /** JSON: hours whose calls were listed and which still differ -> how, so that they are not listed again unchanged. */
  hoursSeen: string;
}

/** Work that only one process may do at a time. */
export interface LeasesTable {
  name: string;
  owner: string;
  expiresAt: number;
  /** When periodic work was last begun and completed; null for other work. */
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

/** A tenant's month: the sum of its days, and what it pays for it. For lists of many tenants. */
export interface TenantMonthsTable {
  /** `YYYY-MM` in the tenant's time zone. */
  month: string;
  tenantId: string;
  calls: number;
  seconds: number;
  costMicros: number;
  callsWithoutCost: number;
  /** Counts what has changed the price of the month's calls; writing it locks the row. */
  changes: number;
  /** The price is current while these are `changes` and the tenant's `billing_locks.taken`. Null before the first. */
  pricedChanges: number | null;
  pricedBilling: number | null;
  /** When the price was calculated, or could not be. */
  pricedAt: number | null;
  /** The plan's; `…Cents` are its smallest unit. All null while unknown. */
  currency: string | null;
  priceCents: number | null;
  costCents: number | null;
  /** 1 = the price is what documents have billed. */
  billed: number | null;
  /** Why there is no price. */
  problem: string | null;
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

/** The visitor's feedback on a call, at most once per call. */
export interface FeedbackTable {
  tenantId: string;
  callId: string;
  rating: Rating;
  comment: string | null;
  at: number;
}

/** Calls whose visitors have left the page, or rejoined on the next one. */
export interface LeftCallsTable {
  tenantId: string;
  callId: string;
  /** Index of the visitor's last page that reported to us; 0 is where the call started. */
  page: number;
  /** When the server ends it; null while the visitor is in the room, or once it has been ended. */
  endAt: number | null;
  /** Number of attempts to end it; after the first it cannot be rejoined. */
  attempts: number;
}

/** Notices to the operator, one per kind and period, and whether they were delivered. */
export interface NoticesTable {
  id: string;
  tenantId: string;
  kind: NoticeKind;
  /**
   * The month of a budget (`YYYY-MM`), the day of a burst or of a lost cost (`YYYY-MM-DD`), the number of an invoice,
   * the start of a pause.
   */
  period: string;
  /** JSON, as it is sent. */
  payload: string;
  createdAt: number;
  /** 1 while the webhook has not been accepted. */
  urlPending: number;
  /** 1 while the e-mail has not been sent. */
  emailPending: number;
  attempts: number;
  /** Null when nothing remains to be done. */
  nextAttemptAt: number | null;
}
