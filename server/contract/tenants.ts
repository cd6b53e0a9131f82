/** The operator’s tenants. */
import { z } from 'zod';
import { isTimeZone } from '../base/time-zone.ts';
import { changeClientAccessSchema, chosenClientAccessSchema } from './client-access.ts';
import { identityPrefix } from './identity.ts';
import { leadSettingsSchema } from './leads.ts';
import { limitsSchema } from './limits.ts';
import { pageToolsSchema } from './page-tools.ts';
import { phoneRefusalSchema } from './phone.ts';
import { keptResultsSchema } from './results.ts';
import { forwardHeadersSchema, vapiChecks, webhookAuthSchema } from './webhooks.ts';
import { appearanceSchema, consentSchema, textsSchema } from './widget.ts';
import { accessModes, lineSchema, slugSchema, timeSchema, widgetModes } from './words.ts';

const vapiIdSchema = z.uuid('must be a UUID');
/** Printable ASCII, so that it can be a header's value. */
const secretSchema = z
  .string()
  .regex(/^[\x21-\x7e]{8,512}$/, 'use 8 to 512 printable characters without spaces');

const timeZoneSchema = z.string().max(64).refine(isTimeZone, 'use a time zone name such as Europe/Berlin');

const originEntrySchema = z.string().max(300);

export const challengeKinds = ['none', 'altcha'] as const;
export type ChallengeKind = (typeof challengeKinds)[number];

export const grantlessActions = ['auto', 'end', 'keep'] as const;
export const phoneCallActions = ['keep', 'limit', 'ask'] as const;

/**
 * Where it may lead is in the server's settings (`access/tenants/hook-urls`). A user or a password in it would be visible
 * wherever the URL is shown, and `fetch` refuses them.
 */
export const hookUrlSchema = z
  .url({ protocol: /^https?$/ })
  .max(2048)
  .refine((text) => {
    const url = URL.parse(text);
    return !url?.username && !url?.password;
  }, 'must not name a user or a password');

const beforeCallSchema = z.strictObject({
  url: hookUrlSchema,
  whenUnavailable: z
    .enum(['deny', 'allow'])
    .describe(
      'What happens when it does not answer within 2 seconds or its answer is invalid: an empty body, an unknown field. With `deny` only an explicit `"allow": true` lets the visitor through.',
    ),
});

const alertsSchema = z
  .strictObject({ url: hookUrlSchema.optional(), email: z.email().max(254).optional() })
  .refine((alerts) => alerts.url || alerts.email, 'give a url, an email or both');

/** `whsec_` and 24 to 64 bytes in base64 (standardwebhooks.com). */
const hookSecretSchema = z
  .string()
  .regex(/^whsec_[A-Za-z0-9+/]{32,88}={0,2}$/, 'use whsec_ and 24 to 64 bytes in base64');

const required = {
  name: lineSchema.min(1, 'Required').max(120),
  orgId: vapiIdSchema.describe("The tenant's Vapi organization."),
  privateKey: secretSchema.describe('The private key of the org. Write-only: an answer shows `"…last4"`.'),
  assistantId: vapiIdSchema.describe(
    'Answers on the website. Of an assistant or, in the access mode `proxy`, a squad.',
  ),
};

const optional = {
  publicKey: secretSchema.nullable().describe('Only needed for the access mode `public-key`. Write-only.'),
  accessMode: z.enum(accessModes),
  allowedOrigins: z
    .array(originEntrySchema)
    .max(100)
    .describe(
      '`scheme://host[:port]`; an empty list denies every page. A bare domain (`acme.example`) becomes its https origins with and without `www`.',
    ),
  allowHttpOrigins: z
    .boolean()
    .describe(
      "Permits plain http beyond localhost in `allowedOrigins`; anyone on the network path can then read a visitor's session.",
    ),
  bindSessionToNetwork: z
    .boolean()
    .describe(
      'A session is valid only from the network that requested it; turn it off for visitors whose address keeps changing.',
    ),
  challenge: z.enum(challengeKinds).describe('What a browser must solve before it gets a session.'),
  beforeCall: beforeCallSchema
    .nullable()
    .describe(
      'Asked before each call, and once before the first message of each text conversation; it may deny it or add variables. It answers `{"allow": true}` or `{"allow": false, "message"?}`, optionally with `variableValues`. Null = not asked.',
    ),
  alerts: alertsSchema
    .nullable()
    .describe(
      'Notified at 80 % and 100 % of the budget, on a burst of refused pages, of leads (without what they say), and of unpaid invoices. Null: only of unpaid invoices, by e-mail to their seller (`PUT /v1/billing/seller`). All are listed by `GET /v1/notices`.',
    ),
  modes: z
    .array(z.enum(widgetModes))
    .min(1)
    .max(3)
    .describe(
      'What visitors are offered: `voice` calls, `chat` in text, `hybrid` both. The first is what the snippet and the WordPress plugin write as `mode`; a call without `voice` or `hybrid`, or a message without `chat` or `hybrid`, is denied (`call_denied`).',
    ),
  appearance: appearanceSchema,
  texts: textsSchema,
  consent: consentSchema.nullable().describe('Null = the visitor is asked nothing.'),
  rejoinCalls: z
    .boolean()
    .describe(
      'A visitor who goes to another page of the site in the same tab can continue the call. Only in the access mode `proxy`. The room is then kept when the visitor leaves it, and the server ends the call after 30 s without a visitor.',
    ),
  webCallsWithoutGrant: z
    .enum(grantlessActions)
    .describe(
      'Web calls in progress without a grant of this server: someone else has the key, one grant started several calls, or someone is testing from Vapi’s dashboard. `auto`: in the modes `scoped-key` and `public-key` those with `assistantId` or one of `siteAssistantIds` are ended as soon as they are seen, in `proxy` they continue. `end`: they are ended in every mode, with each assistant of the tenant. `keep`: they continue. Text conversations always do; for calls by phone see `phoneCalls`.',
    ),
  phoneCalls: z
    .enum(phoneCallActions)
    .describe(
      'Calls by phone that did not start here. `keep`: they are counted and billed, and only a pause ends them. `limit`: when one is first reported, the worst price of its maximum length is held, as for a call of a visitor. Without room for it (budget, calls at once, opening hours), and when it has used up what is held, it is ended. `ask`: as `limit`, and a number without an assistant of its own asks this server who answers (`PUT …/phone-numbers/{id}`): what has no room is refused with `phoneRefusal` before it costs.',
    ),
  phoneRefusal: phoneRefusalSchema,
  allowedVariables: z
    .array(
      z
        .string()
        .regex(/^[A-Za-z_][A-Za-z0-9_]{0,63}$/)
        .refine((name) => !name.startsWith(identityPrefix), 'names with identity_ are for signed identities'),
    )
    .max(32)
    .describe(
      'Names of `variableValues` that a page may set; all others are dropped. Anyone can change what a page sets: for what must be true, sign an identity.',
    ),
  pageContext: z
    .boolean()
    .describe(
      'The assistant gets title and address (without query) of the page during a call. Only in `proxy`.',
    ),
  pageTools: pageToolsSchema.describe(
    'Functions of the page that the assistant may call during a call: the page handles the event `vapi-agent-tool`. Only in `proxy`. Replaced as a whole.',
  ),
  limits: limitsSchema.partial().describe('What is left out keeps its value.'),
  clientAccess: changeClientAccessSchema.describe(
    'What the client sees of its own. What is left out stays unchanged; null follows the agency’s default (`PATCH /v1/client-defaults`).',
  ),
  contentRetentionDays: z
    .int()
    .min(1)
    .max(3650)
    .nullable()
    .describe(
      "Transcripts and recordings are deleted at Vapi after this many days. Null = Vapi's own retention.",
    ),
  results: keptResultsSchema.describe(
    'What is kept here of each call’s results, sealed, until the call’s content is deleted. Replaced as a whole.',
  ),
  leads: leadSettingsSchema
    .nullable()
    .describe(
      'A form for visitors whom no one can talk to: outside hours, at the limit, paused, without a microphone, after a failure. Replaced as a whole; null = none.',
    ),
  timeZone: timeZoneSchema.describe(
    "IANA zone of the tenant's days and months, in usage, budget and invoices.",
  ),
  webhookSecret: secretSchema.describe(
    "What Vapi must present on this tenant's webhook (`X-Vapi-Agent-Token`, `X-Vapi-Secret` or a bearer token). Write-only. Generated when left out; the answer to the request that creates it shows it once.",
  ),
  webhookAuth: webhookAuthSchema.describe('How Vapi proves itself with `webhookSecret`.'),
  assistantIds: z
    .array(vapiIdSchema)
    .max(50)
    .describe(
      'Further assistants or squads of the tenant, wired with `assistantId`; of a squad its members are.',
    ),
  siteAssistantIds: z
    .array(vapiIdSchema)
    .max(50)
    .describe(
      'Those of `assistantIds` that the website may start, too: a page names one with the attribute `assistant`. `assistantId` may always be started; all others are refused (`assistant_not_allowed`), from the moment they are taken off the list. What leaves `assistantIds` leaves this list.',
    ),
  wholeOrg: z
    .boolean()
    .describe(
      'Every call of the org is this tenant’s, whatever its assistant, by phone too. When off, only the calls of `assistantId` and `assistantIds` are; all others are reported as unassigned when the ledger is compared with Vapi. Refused while another tenant has the org, or had it within the last three days.',
    ),
  webhookForwardUrl: hookUrlSchema
    .nullable()
    .describe(
      "Where every message from Vapi is forwarded, and its answer returned: the tenant's own server. Wiring sets it to what the assistant's server was. Null = nowhere. Like the other addresses here it leads to the public internet by https, or to what the server's `ALLOW_PRIVATE_TARGETS` lists.",
    ),
  webhookForwardHeaders: forwardHeadersSchema.describe(
    'Sent with what is forwarded. Write-only: an answer shows the names. A new `webhookForwardUrl` starts with none.',
  ),
  hookSecret: hookSecretSchema.describe(
    'Signs what we send to `beforeCall.url` and `alerts.url`, in the Standard Webhooks form. Write-only, generated and shown like `webhookSecret`.',
  ),
};

/** `POST /v1/tenants` */
export const createTenantSchema = z.strictObject({
  slug: slugSchema
    .optional()
    .describe('Made from the name when it is left out, with `-2`, `-3`, … while it is taken.'),
  ...required,
  orgId: required.orgId.optional().describe('Read from Vapi when it is left out.'),
  ...z.strictObject(optional).partial().shape,
});
export type CreateTenant = z.infer<typeof createTenantSchema>;

/** `PATCH /v1/tenants/{slug}`: any subset. `appearance` and `texts` are replaced as a whole. */
export const updateTenantSchema = z
  .strictObject({
    ...required,
    ...optional,
    webhookSecretOverlapSeconds: z
      .number()
      .int()
      .min(0)
      .max(604_800)
      .describe(
        'How long the old `webhookSecret` stays valid beside a new one, so that nothing is lost during the change; default a day.',
      ),
  })
  .partial();
export type UpdateTenant = z.infer<typeof updateTenantSchema>;

/** A tenant as the operator sees it; secrets are shown as `"…last4"`. */
export const tenantViewSchema = z.object({
  slug: z.string(),
  name: z.string(),
  status: z.enum(['active', 'paused']),
  orgId: z.string(),
  privateKey: z.string(),
  publicKey: z.string().nullable(),
  publicKeyId: z
    .string()
    .nullable()
    .describe(
      'Its id at Vapi when this server made it, with `POST …/vapi-key`; null when it was entered by hand.',
    ),
  assistantId: z.string(),
  accessMode: z.enum(accessModes),
  allowedOrigins: z.array(z.string()),
  allowHttpOrigins: z.boolean(),
  bindSessionToNetwork: z.boolean(),
  challenge: z.enum(challengeKinds),
  beforeCall: beforeCallSchema.nullable(),
  alerts: alertsSchema.nullable(),
  modes: z.array(z.enum(widgetModes)),
  appearance: appearanceSchema,
  texts: textsSchema,
  consent: consentSchema.nullable(),
  rejoinCalls: z.boolean(),
  webCallsWithoutGrant: z.enum(grantlessActions),
  phoneCalls: z.enum(phoneCallActions),
  phoneRefusal: phoneRefusalSchema,
  allowedVariables: z.array(z.string()),
  pageContext: z.boolean(),
  pageTools: pageToolsSchema,
  limits: limitsSchema,
  clientAccess: chosenClientAccessSchema.describe('Only what was chosen for this client.'),
  contentRetentionDays: z.int().nullable(),
  results: keptResultsSchema,
  leads: leadSettingsSchema.nullable(),
  timeZone: z.string(),
  webhookSecret: z.string(),
  previousWebhookSecretUntil: timeSchema
    .nullable()
    .describe('The previous secret is also accepted until then; null when there is none.'),
  webhookAuth: webhookAuthSchema,
  assistantIds: z.array(z.string()),
  siteAssistantIds: z.array(z.string()),
  squads: z
    .record(z.string(), z.array(z.string()))
    .describe('Those of these ids that are squads, each with its saved members, as Vapi last showed them.'),
  wholeOrg: z.boolean(),
  webhookForwardUrl: z.string().nullable(),
  webhookForwardHeaders: z.array(z.string()).describe('Names only.'),
  hookSecret: z.string(),
  webhookUrl: z.string().describe("Where the assistant's `server.url` must point."),
  createdAt: timeSchema,
  updatedAt: timeSchema,
});
export type TenantView = z.infer<typeof tenantViewSchema>;

/** The answer to a request that saved a tenant. */
export const savedTenantSchema = tenantViewSchema.extend({
  vapiCheck: z
    .enum(vapiChecks)
    .describe('Only when the key, the org or an assistant was set.')
    .exactOptional(),
  notes: z
    .array(z.string())
    .describe('Only when there are any: the risks that these settings leave open.')
    .exactOptional(),
  clockBehindSeconds: z
    .int()
    .describe(
      "With `vapiCheck`, only when this server's clock is 30 s or more from Vapi's: how far it is behind, negative when it is ahead. Correct the clock: Vapi refuses keys that have expired by its own.",
    )
    .exactOptional(),
});
export type SavedTenant = z.infer<typeof savedTenantSchema>;

/** `POST /v1/tenants/{slug}/allowed-origins`: allows one more page. */
export const allowOriginSchema = z.strictObject({ origin: originEntrySchema });

/** A page that was refused, in `GET /v1/tenants/{slug}/blocked-origins`. */
export const blockedOriginViewSchema = z.object({
  origin: z
    .string()
    .describe(
      'As the browser sent it; `(none)`, `(malformed)` or `(others)` for what is not listed individually.',
    ),
  count: z.int(),
  firstSeen: timeSchema,
  lastSeen: timeSchema,
});
export type BlockedOriginView = z.infer<typeof blockedOriginViewSchema>;
