/** The operator’s tenants. */
import { z } from 'zod';
import { isTimeZone } from '../time-zone.ts';
import { type Limits, limitsSchema } from './limits.ts';
import { forwardHeadersSchema, type VapiCheck, type WebhookAuth, webhookAuthSchema } from './webhooks.ts';
import {
  type Appearance,
  appearanceSchema,
  type Consent,
  consentSchema,
  type Texts,
  textsSchema,
} from './widget.ts';
import { type AccessMode, accessModes, slugSchema, type WidgetMode, widgetModes } from './words.ts';

const vapiIdSchema = z.uuid('must be a UUID');
/** Printable ASCII, so that it can be a header's value. */
const secretSchema = z
  .string()
  .regex(/^[\x21-\x7e]{8,512}$/, 'use 8 to 512 printable characters without spaces');

const timeZoneSchema = z.string().max(64).refine(isTimeZone, 'use a time zone name such as Europe/Berlin');

const originEntrySchema = z.string().max(300);

export const challengeKinds = ['none', 'altcha'] as const;
export type ChallengeKind = (typeof challengeKinds)[number];

/** https, or http to this machine for trying things out. */
const hookUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => {
    const url = URL.parse(text);
    return (
      url !== null && (url.protocol === 'https:' || /^(localhost|127\.0\.0\.1|\[::1\])$/.test(url.hostname))
    );
  }, 'use https');

const beforeCallSchema = z.strictObject({
  url: hookUrlSchema,
  /** What happens when it does not answer within 2 seconds or answers with nonsense. */
  whenUnavailable: z.enum(['deny', 'allow']),
});

export type BeforeCall = z.infer<typeof beforeCallSchema>;

const alertsSchema = z
  .strictObject({ url: hookUrlSchema.optional(), email: z.email().max(254).optional() })
  .refine((alerts) => alerts.url || alerts.email, 'give a url, an email or both');

export type Alerts = z.infer<typeof alertsSchema>;

/** `whsec_` and 24 to 64 bytes in base64 (standardwebhooks.com). */
const hookSecretSchema = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'use whsec_ and 24 to 64 bytes in base64');

const required = {
  name: z.string().trim().min(1).max(120),
  /** The tenant's Vapi organization. */
  orgId: vapiIdSchema,
  /** The org's private key. Write-only: an answer shows `"…last4"`. */
  privateKey: secretSchema,
  assistantId: vapiIdSchema,
};

const optional = {
  /** Only needed for the access mode `public-key`. Write-only. */
  publicKey: secretSchema.nullable(),
  accessMode: z.enum(accessModes),
  /** `scheme://host[:port]`; an empty list denies every page. */
  allowedOrigins: z.array(originEntrySchema).max(100),
  /** Permits plain http beyond localhost in `allowedOrigins`; anyone on the way can then read a visitor's session. */
  allowHttpOrigins: z.boolean(),
  /** A session counts only from the network that asked for it; off for visitors whose address changes all the time. */
  bindSessionToNetwork: z.boolean(),
  /** What a browser must solve before it gets a session. */
  challenge: z.enum(challengeKinds),
  /** Asked before each call; it may deny the call or add variables. Null = not asked. */
  beforeCall: beforeCallSchema.nullable(),
  /** Told at 80 % and 100 % of the budget and on a burst of refused pages. Null = nobody is told. */
  alerts: alertsSchema.nullable(),
  modes: z.array(z.enum(widgetModes)).min(1).max(3),
  appearance: appearanceSchema,
  texts: textsSchema,
  /** Null = the visitor is asked nothing. */
  consent: consentSchema.nullable(),
  /** Names of `variableValues` that a page may set; all others are dropped. */
  allowedVariables: z.array(z.string().regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/)).max(32),
  /** What is left out keeps its value. */
  limits: limitsSchema.partial(),
  /** After so many days transcripts and recordings are deleted at Vapi. Null = Vapi's own retention. */
  contentRetentionDays: z.int().min(1).max(3650).nullable(),
  /** IANA zone of the tenant's days and months, in usage, budget and invoices. */
  timeZone: timeZoneSchema,
  /**
   * What Vapi must present on this tenant's webhook (`X-Vapi-Agent-Token`, `X-Vapi-Secret` or a bearer token).
   * Write-only. Generated when left out; the answer to the request that creates it shows it once.
   */
  webhookSecret: secretSchema,
  /** How Vapi proves itself with `webhookSecret`. */
  webhookAuth: webhookAuthSchema,
  /** Further assistants of the tenant, wired with `assistantId`. */
  assistantIds: z.array(vapiIdSchema).max(50),
  /**
   * Where every message of Vapi's goes on to from here, with the answer back: the tenant's own server. Wiring sets it
   * to what the assistant's server was. Null = nowhere.
   */
  webhookForwardUrl: hookUrlSchema.nullable(),
  /** Sent with what is forwarded. Write-only: an answer shows the names. A new `webhookForwardUrl` starts without. */
  webhookForwardHeaders: forwardHeadersSchema,
  /**
   * Signs what we send to `beforeCall.url` and `alerts.url`, in the Standard Webhooks form. Write-only, generated and
   * shown like `webhookSecret`.
   */
  hookSecret: hookSecretSchema,
};

/** `POST /v1/tenants` */
export const createTenantSchema = z.strictObject({
  slug: slugSchema,
  ...required,
  /** Read from Vapi when it is left out. */
  orgId: required.orgId.optional(),
  ...z.strictObject(optional).partial().shape,
});
export type CreateTenant = z.infer<typeof createTenantSchema>;

/** `PATCH /v1/tenants/{slug}`: any subset. `appearance` and `texts` are replaced as a whole. */
export const updateTenantSchema = z
  .strictObject({
    ...required,
    ...optional,
    /** How long the old `webhookSecret` stays valid beside a new one, so that nothing is lost meanwhile; default a day. */
    webhookSecretOverlapSeconds: z.number().int().min(0).max(604_800),
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
  allowHttpOrigins: boolean;
  bindSessionToNetwork: boolean;
  challenge: ChallengeKind;
  beforeCall: BeforeCall | null;
  alerts: Alerts | null;
  modes: WidgetMode[];
  appearance: Appearance;
  texts: Texts;
  consent: Consent | null;
  allowedVariables: string[];
  limits: Limits;
  contentRetentionDays: number | null;
  timeZone: string;
  webhookSecret: string;
  /** Until then the previous secret is accepted too; null when there is none. */
  previousWebhookSecretUntil: string | null;
  webhookAuth: WebhookAuth;
  assistantIds: string[];
  webhookForwardUrl: string | null;
  /** Names only. */
  webhookForwardHeaders: string[];
  hookSecret: string;
  /** Where the assistant's `server.url` must point. */
  webhookUrl: string;
  createdAt: string;
  updatedAt: string;
}

/** The answer to a request that saved a tenant. */
export interface SavedTenant extends TenantView {
  /** Only when the key, the org or an assistant was set. */
  vapiCheck?: VapiCheck;
}

/** `POST /v1/tenants/{slug}/allowed-origins`: lets one more page in. */
export const allowOriginSchema = z.strictObject({ origin: originEntrySchema });

/** A page that was refused, in `GET /v1/tenants/{slug}/blocked-origins`. */
export interface BlockedOriginView {
  /** As the browser sent it; `(none)`, `(malformed)` or `(others)` for what is not kept one by one. */
  origin: string;
  count: number;
  firstSeen: string;
  lastSeen: string;
}
