/**
 * The shapes of the HTTP API under `/v1`, as zod schemas with the types inferred from them.
 *
 * The widget and the portal import types from here and nothing else of the server. Money: `…Micros` are integer
 * millionths of a US dollar (Vapi's currency). Times on the wire are ISO-8601 UTC strings. Periods are half-open.
 */
import { z } from 'zod';
import { isTimeZone } from './time-zone.ts';

export const accessModes = ['proxy', 'scoped-key', 'public-key'] as const;
/** How a browser is let into a call; what each leaves open is in `server/access/README.md`. */
export type AccessMode = (typeof accessModes)[number];

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

const microsSchema = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

// ---------------------------------------------------------------- errors

/** Stable error codes; the number is the HTTP status that carries them. */
export const errorStatus = {
  invalid_request: 400,
  unauthorized: 401,
  session_expired: 401,
  budget_exhausted: 402,
  origin_not_allowed: 403,
  tenant_paused: 403,
  outside_hours: 403,
  challenge_required: 403,
  call_denied: 403,
  forbidden: 403,
  not_found: 404,
  session_used: 409,
  conflict: 409,
  payload_too_large: 413,
  concurrency_limit: 429,
  rate_limited: 429,
  internal_error: 500,
  vapi_unavailable: 503,
} as const;
export type ErrorCode = keyof typeof errorStatus;

/** RFC 9457 problem document: the body of every error answer (`application/problem+json`). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  /** One sentence for a person; never an internal message. */
  detail?: string;
  /** For `invalid_request`: which field and why. */
  errors?: { path: string; message: string }[];
  requestId: string;
}

// ---------------------------------------------------------------- what a tenant looks like on a page

const hexColor = z.string().regex(/^#[0-9a-f]{6}$/i, 'use a colour such as #0f766e');

/** Looks that a tenant chooses; every field is optional and falls back to the element's defaults. */
export const appearanceSchema = z.strictObject({
  accentColor: hexColor.optional(),
  theme: z.enum(themes).optional(),
  placement: z.enum(placements).optional(),
  /** Corner radius in CSS pixels. */
  radius: z.int().min(0).max(32).optional(),
  avatarUrl: z
    .url({ protocol: /^https$/ })
    .max(2048)
    .optional(),
});
export type Appearance = z.infer<typeof appearanceSchema>;

/** Visible texts that a tenant replaces, by the keys of `widget/strings/en.ts`; unknown keys are ignored by the element. */
export const textsSchema = z
  .record(z.string().regex(/^[a-zA-Z]{1,40}$/), z.string().max(500))
  .refine((texts) => Object.keys(texts).length <= 100, 'at most 100 texts');
export type Texts = z.infer<typeof textsSchema>;

/** `GET /v1/widget/{tenant}`: what the panel needs to know before a call. Cacheable. */
export interface WidgetConfig {
  tenant: string;
  name: string;
  modes: WidgetMode[];
  appearance: Appearance;
  texts: Texts;
}

// ---------------------------------------------------------------- visitor

/** `POST /v1/sessions` */
export const sessionRequestSchema = z.strictObject({
  tenant: slugSchema,
});
export type SessionRequest = z.infer<typeof sessionRequestSchema>;

export interface SessionAnswer {
  /** A signed, single-use permission for one call attempt. */
  session: string;
  /** ISO-8601 UTC. */
  expiresAt: string;
}

/** Flat values for `{{name}}` in the assistant's prompt; only names that the tenant allows reach Vapi. */
export const variableValuesSchema = z
  .record(
    z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/),
    z.union([z.string().max(1000), z.number(), z.boolean()]),
  )
  .refine((values) => Object.keys(values).length <= 32, 'at most 32 variables');
export type VariableValues = z.infer<typeof variableValuesSchema>;

/** `POST /v1/calls` */
export const callRequestSchema = z.strictObject({
  session: z.string().min(1).max(2048),
  variableValues: variableValuesSchema.optional(),
});
export type CallRequest = z.infer<typeof callRequestSchema>;

/** What every grant says, whatever the access mode. */
interface GrantBase {
  /** Seconds after which Vapi ends the call: the tenant's limit or what its budget still pays for. */
  maxDurationSeconds: number;
  /**
   * Set when the operator relays Daily's media hosts (Daily's documented `proxyUrl`); the SDK then loads the call
   * machine from there instead of `c.daily.co`.
   */
  mediaProxyUrl?: string;
}

/** The backend has created the call; the browser only joins it. */
export interface ProxyGrant extends GrantBase {
  mode: 'proxy';
  /** Vapi's call id. */
  callId: string;
  /** The room of this one call; whoever has it can join that call and nothing else. */
  webCallUrl: string;
  /** Only when the assistant records video: Daily's meeting token. */
  callToken?: string;
  /** Permission for `POST /v1/calls/{callId}/end`. */
  endToken: string;
}

/** The browser creates the call itself, with a key that the backend hands out. */
export interface KeyGrant extends GrantBase {
  mode: 'scoped-key' | 'public-key';
  /** `scoped-key`: a Vapi JWT, at most 60 s. `public-key`: the org's public key. */
  key: string;
  /** Base URL of Vapi's API for this key. */
  apiBaseUrl: string;
  assistantId: string;
  /** To be passed to `start()` as they are: the limit, the tenant's tags, the allowed variable values. */
  assistantOverrides: {
    maxDurationSeconds: number;
    metadata: Record<string, string>;
    variableValues: VariableValues;
  };
  /** ISO-8601 UTC; only for `scoped-key`. */
  expiresAt?: string;
}

/** What `POST /v1/calls` answers: how to start this call. */
export type Grant = ProxyGrant | KeyGrant;

/** `POST /v1/calls/{id}/end` */
export const endCallRequestSchema = z.strictObject({ token: z.string().min(1).max(2048) });

// ---------------------------------------------------------------- operator: tenants

export const limitsSchema = z.strictObject({
  /** Calls at the same time. */
  concurrentCalls: z.int().min(1).max(1000).default(5),
  callsPerMinutePerIp: z.int().min(1).max(1000).default(5),
  /** Seconds; Vapi accepts 10 to 43,200. */
  maxCallSeconds: z.int().min(10).max(43_200).default(600),
  /** Provider cost per calendar month in the tenant's time zone. A start is refused when it could pass this. */
  monthlyBudgetMicros: microsSchema.default(100_000_000),
  /**
   * The most that a minute of this tenant's assistants can cost. What a call in progress may still cost is held
   * at this rate, so a rate below the real one lets the budget be passed by the difference.
   */
  worstCaseMicrosPerMinute: microsSchema.min(1).default(500_000),
});
export type Limits = z.infer<typeof limitsSchema>;

const vapiIdSchema = z.uuid('must be a UUID');
/** Printable ASCII, so that it can be a header's value. */
const secretSchema = z
  .string()
  .regex(/^[\x21-\x7e]{8,512}$/, 'use 8 to 512 printable characters without spaces');

const timeZoneSchema = z.string().max(64).refine(isTimeZone, 'use a time zone name such as Europe/Berlin');

const tenantFields = {
  name: z.string().trim().min(1).max(120),
  /** The tenant's Vapi organization. */
  orgId: vapiIdSchema,
  /** The org's private key. Write-only: an answer shows `"…last4"`. */
  privateKey: secretSchema,
  /** Only needed for the access mode `public-key`. Write-only. */
  publicKey: secretSchema.nullable().default(null),
  assistantId: vapiIdSchema,
  accessMode: z.enum(accessModes).default('proxy'),
  /** `scheme://host[:port]`; an empty list denies every page. */
  allowedOrigins: z.array(z.string().max(300)).max(100).default([]),
  modes: z.array(z.enum(widgetModes)).min(1).max(3).default(['voice']),
  appearance: appearanceSchema.default({}),
  texts: textsSchema.default({}),
  /** Names of `variableValues` that a page may set; all others are dropped. */
  allowedVariables: z
    .array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/))
    .max(32)
    .default([]),
  limits: limitsSchema.prefault({}),
  /** IANA zone of the tenant's days and months, in usage, budget and invoices. */
  timeZone: timeZoneSchema.default('UTC'),
  /**
   * What Vapi must present on this tenant's webhook (`X-Vapi-Agent-Token`, `X-Vapi-Secret` or a bearer token).
   * Write-only. Generated when left out; the answer to the request that creates it shows it once.
   */
  webhookSecret: secretSchema.optional(),
};

/** `POST /v1/tenants` */
export const createTenantSchema = z.strictObject({ slug: slugSchema, ...tenantFields });
export type CreateTenant = z.infer<typeof createTenantSchema>;

/** `PATCH /v1/tenants/{slug}`: any subset; a given object (`limits`, `appearance`, `texts`) replaces the old one. */
export const updateTenantSchema = z
  .strictObject({
    name: tenantFields.name,
    orgId: tenantFields.orgId,
    privateKey: tenantFields.privateKey,
    publicKey: secretSchema.nullable(),
    assistantId: tenantFields.assistantId,
    accessMode: z.enum(accessModes),
    allowedOrigins: z.array(z.string().max(300)).max(100),
    modes: z.array(z.enum(widgetModes)).min(1).max(3),
    appearance: appearanceSchema,
    texts: textsSchema,
    allowedVariables: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/)).max(32),
    limits: limitsSchema,
    timeZone: timeZoneSchema,
    webhookSecret: secretSchema,
  })
  .partial();
export type UpdateTenant = z.infer<typeof updateTenantSchema>;

/** A tenant as the operator sees it; secrets are shown as `"…last4"`. */
export interface TenantView {
  slug: string;
  name: string;
  status: 'active' | 'paused';
  orgId: string;
  privateKey: string;
  publicKey: string | null;
  assistantId: string;
  accessMode: AccessMode;
  allowedOrigins: string[];
  modes: WidgetMode[];
  appearance: Appearance;
  texts: Texts;
  allowedVariables: string[];
  limits: Limits;
  timeZone: string;
  webhookSecret: string;
  /** Where the assistant's `server.url` must point. */
  webhookUrl: string;
  createdAt: string;
  updatedAt: string;
}

// ---------------------------------------------------------------- operator and client: usage

/** The parts of a call's cost. They sum to the total; `other` carries what Vapi's own rounding leaves over. */
export const costComponents = [
  'transport',
  'stt',
  'llm',
  'tts',
  'vapi',
  'analysis',
  'knowledgeBase',
  'other',
] as const;
export type CostComponent = (typeof costComponents)[number];
export type CostByComponent = Record<CostComponent, number>;

export const usageGroupings = ['day', 'month', 'assistant', 'component'] as const;

const instant = z.iso.datetime({ offset: true }).or(z.iso.date());

/** `GET /v1/tenants/{slug}/usage`; `from` and `to` are days in the tenant's time zone, default the current month. */
export const usageQuerySchema = z.strictObject({
  from: z.iso.date().optional(),
  to: z.iso.date().optional(),
  by: z.enum(usageGroupings).default('day'),
});

export interface UsageRow {
  /** The day, month, assistant id or component, as asked by `by`. */
  key: string;
  /** Absent when grouped by component. */
  calls?: number;
  /** Absent when grouped by component. */
  seconds?: number;
  costMicros: number;
}
export interface UsageAnswer {
  tenant: string;
  /** Days in the tenant's time zone, half-open. */
  from: string;
  to: string;
  by: (typeof usageGroupings)[number];
  rows: UsageRow[];
  total: {
    calls: number;
    seconds: number;
    costMicros: number /** Calls whose cost Vapi has not told yet. */;
    callsWithoutCost: number;
  };
}

/** `GET /v1/tenants/{slug}/calls` */
export const callsQuerySchema = z.strictObject({
  from: instant.optional(),
  to: instant.optional(),
  cursor: z.string().max(200).optional(),
  limit: z.coerce.number().int().min(1).max(200).default(50),
});

/** One row of the ledger. */
export interface CallView {
  id: string;
  type: string;
  status: string;
  accessMode: AccessMode | null;
  assistantId: string | null;
  createdAt: string;
  startedAt: string | null;
  endedAt: string | null;
  /** Whole seconds, rounded up; null while unknown. */
  seconds: number | null;
  endedReason: string | null;
  /** Null while Vapi has not told it: unknown is not zero. */
  costMicros: number | null;
  cost: CostByComponent | null;
}
export interface CallsAnswer {
  calls: CallView[];
  nextCursor: string | null;
}
