/** New and changed tenants: checks beyond the schema, sealing of secrets, and the view in answers. */
import { randomBytes } from 'node:crypto';
import { iso } from '../../base/iso.ts';
import { maskSecret } from '../../base/secret-box.ts';
import type { Context } from '../../context.ts';
import {
  type CreateTenant,
  changedClientAccess,
  type TenantView,
  type UpdateTenant,
} from '../../contract.ts';
import { ApiError, invalidField } from '../../errors.ts';
import { defaultTarget, type ForwardTarget } from '../../store/forward-targets.ts';
import { defaultSettings, newTenantId, settingsOf, type Tenant } from '../../store/tenants.ts';
import { isOurWebhook, webhookUrlOf } from '../../vapi/webhook-url.ts';
import { newHookSecret } from '../notices/hooks.ts';
import { openTenantSecret, sealTenantSecret, type TenantSecret } from '../secrets/tenant-secrets.ts';
import { entriesMeantBy, parseAllowedOrigin } from './allowed-origins.ts';
import { checkHookUrls } from './hook-urls.ts';
import { siteAssistantsAfter } from './site-assistants.ts';
import { type Kinds, refuseSquadsForBrowsers, squadsAfter } from './squads.ts';

/**
 * @returns the tenant, and the secrets that were generated for it: they are shown only once
 * @throws ApiError `invalid_request`
 */
export function newTenant(
  ctx: Context,
  input: CreateTenant & { slug: string; orgId: string },
  kinds: Kinds = new Map(),
): { tenant: Tenant; generated: { webhookSecret?: string; hookSecret?: string } } {
  const generated = {
    ...(input.webhookSecret ? {} : { webhookSecret: randomBytes(24).toString('base64url') }),
    ...(input.hookSecret ? {} : { hookSecret: newHookSecret() }),
  };
  const { slug, name, orgId, assistantId, ...changes } = { ...input, ...generated };
  const now = ctx.now();
  const empty: Tenant = {
    ...structuredClone(defaultSettings),
    accessMode: 'proxy',
    wholeOrg: false,
    timeZone: 'UTC',
    id: newTenantId(),
    slug,
    name,
    orgId,
    assistantId,
    squads: {},
    outcomeSince: null,
    status: 'active',
    pausedUnpaidAt: null,
    generation: 1,
    privateKeySealed: '',
    publicKeySealed: null,
    publicKeyId: null,
    webhookSecretSealed: '',
    previousWebhookSecretSealed: null,
    previousWebhookSecretUntil: null,
    webhookForwardSealed: null,
    hookSecretSealed: '',
    walletOn: 0,
    snippetSeenAt: null,
    snippetSeenOn: null,
    invitedAt: null,
    createdAt: now,
    updatedAt: now,
    deletedAt: null,
  };
  return { tenant: applyTenantChanges(ctx, empty, changes, kinds), generated };
}

/**
 * @param kinds what Vapi has just said about the ids
 * @throws ApiError `invalid_request`
 */
export function applyTenantChanges(
  ctx: Context,
  tenant: Tenant,
  changes: UpdateTenant,
  kinds: Kinds = new Map(),
): Tenant {
  const {
    privateKey,
    publicKey,
    webhookSecret,
    webhookSecretOverlapSeconds,
    webhookForwardHeaders,
    hookSecret,
    allowedOrigins,
    limits,
    clientAccess,
    ...plain
  } = changes;
  const next: Tenant = { ...tenant, ...given(plain), updatedAt: ctx.now() };
  next.squads = squadsAfter(next, kinds);
  next.siteAssistantIds = siteAssistantsAfter(next, changes.siteAssistantIds);
  next.limits = { ...tenant.limits, ...given(limits ?? {}) };
  next.clientAccess = changedClientAccess(tenant.clientAccess, clientAccess);
  const seal = (name: TenantSecret, value: string) => sealTenantSecret(ctx.box, tenant.id, name, value);
  if (privateKey !== undefined) next.privateKeySealed = seal('privateKey', privateKey);
  // The same key again stays the one that this server made; any other was entered by hand.
  if (publicKey !== undefined && publicKey !== openTenantSecret(ctx.box, tenant, 'publicKey')) {
    next.publicKeySealed = publicKey === null ? null : seal('publicKey', publicKey);
    next.publicKeyId = null;
  }
  if (hookSecret !== undefined) next.hookSecretSealed = seal('hookSecret', hookSecret);
  Object.assign(next, rotation(ctx, tenant, webhookSecret, webhookSecretOverlapSeconds));
  checkHookUrls(ctx.config, changes);
  Object.assign(next, forwarding(ctx, tenant, changes));
  // Also when only `allowHttpOrigins` changes: origins that it permitted must not remain.
  next.allowedOrigins = parseOrigins(allowedOrigins ?? tenant.allowedOrigins, next.allowHttpOrigins);
  checkTogether(next);
  return next;
}

const defaultOverlapSeconds = 86_400;

/** Vapi keeps presenting the old secret until every assistant has the new one, so both are accepted for a while. */
function rotation(
  ctx: Context,
  tenant: Tenant,
  secret: string | undefined,
  overlapSeconds: number | undefined,
): Partial<Tenant> {
  const seal = (name: TenantSecret, value: string) => sealTenantSecret(ctx.box, tenant.id, name, value);
  const until = ctx.now() + (overlapSeconds ?? defaultOverlapSeconds) * 1000;
  const current = tenant.webhookSecretSealed && openTenantSecret(ctx.box, tenant, 'webhookSecret');
  if (secret === undefined || secret === current) {
    // Without a new secret the overlap can only be shortened.
    const end = tenant.previousWebhookSecretUntil;
    if (overlapSeconds === undefined || end === null) return {};
    return { previousWebhookSecretUntil: Math.min(end, until) };
  }
  const webhookSecretSealed = seal('webhookSecret', secret);
  if (!current || overlapSeconds === 0) {
    return { webhookSecretSealed, previousWebhookSecretSealed: null, previousWebhookSecretUntil: null };
  }
  return {
    webhookSecretSealed,
    previousWebhookSecretSealed: seal('previousWebhookSecret', current),
    previousWebhookSecretUntil: until,
  };
}

/** @throws ApiError `invalid_request` */
function forwarding(
  ctx: Context,
  tenant: Tenant,
  { webhookForwardUrl: entered, webhookForwardHeaders: headers }: UpdateTenant,
): Partial<Tenant> {
  const url = entered === undefined ? tenant.webhookForwardUrl : entered;
  if (url !== null && isOurWebhook(ctx.config.publicUrl, url)) {
    throw invalidField('webhookForwardUrl', 'is this server: the messages would loop');
  }
  if (url === null && headers) throw invalidField('webhookForwardHeaders', 'requires a webhookForwardUrl');
  if (entered === undefined && headers === undefined) return {};
  if (url === null) return { webhookForwardSealed: null };
  const before = keptTarget(ctx, tenant);
  // The old headers belong to the old server and may contain its secrets.
  const kept =
    url === tenant.webhookForwardUrl && headers === undefined
      ? before
      : { ...defaultTarget, headers: headers ?? {} };
  const target = { ...kept, entered: entered !== undefined || before.entered === true };
  return {
    webhookForwardSealed: sealTenantSecret(ctx.box, tenant.id, 'webhookForward', JSON.stringify(target)),
  };
}

/** What belongs to `webhookForwardUrl`. */
function keptTarget(ctx: Context, tenant: Tenant): Omit<ForwardTarget, 'url'> {
  const sealed = openTenantSecret(ctx.box, tenant, 'webhookForward');
  return sealed === null ? defaultTarget : (JSON.parse(sealed) as Omit<ForwardTarget, 'url'>);
}

/** Names only: the values may be secrets. */
function forwardHeaderNames(ctx: Context, tenant: Tenant): string[] {
  return Object.keys(keptTarget(ctx, tenant).headers).sort();
}

type Given<Values> = { [Name in keyof Values]: Exclude<Values[Name], undefined> };

/** Drops undefined values, which would overwrite existing ones. */
function given<Values extends object>(values: Values): Given<Values> {
  return Object.fromEntries(
    Object.entries(values).filter(([, value]) => value !== undefined),
  ) as Given<Values>;
}

/** @throws ApiError `invalid_request`, naming each bad entry and why */
export function parseOrigins(entries: string[], allowHttp: boolean): string[] {
  const parsed = entries.flatMap((entry, index) =>
    entriesMeantBy(entry).map((meant) => ({ entry, index, result: parseAllowedOrigin(meant, allowHttp) })),
  );
  const errors = parsed.flatMap(({ entry, index, result }) =>
    result.ok ? [] : [{ path: `allowedOrigins.${index}`, message: `"${entry}": ${result.reason}` }],
  );
  if (errors.length > 0) throw new ApiError('invalid_request', { errors });
  return [...new Set(parsed.flatMap(({ result }) => (result.ok ? [result.origin] : [])))];
}

function checkTogether(tenant: Tenant): void {
  if (tenant.accessMode === 'public-key' && tenant.publicKeySealed === null) {
    throw invalidField('publicKey', 'is required for the access mode "public-key"');
  }
  refuseSquadsForBrowsers(tenant);
}

/** Secrets are shown by their last four characters. */
export function viewTenant(ctx: Context, tenant: Tenant): TenantView {
  const masked = (name: TenantSecret) => maskSecret(openTenantSecret(ctx.box, tenant, name) ?? '');
  return {
    slug: tenant.slug,
    name: tenant.name,
    status: tenant.status,
    orgId: tenant.orgId,
    privateKey: masked('privateKey'),
    publicKey: tenant.publicKeySealed === null ? null : masked('publicKey'),
    publicKeyId: tenant.publicKeyId,
    assistantId: tenant.assistantId,
    accessMode: tenant.accessMode,
    ...settingsOf(tenant),
    timeZone: tenant.timeZone,
    webhookSecret: masked('webhookSecret'),
    previousWebhookSecretUntil:
      (tenant.previousWebhookSecretUntil ?? 0) > ctx.now()
        ? iso(tenant.previousWebhookSecretUntil ?? 0)
        : null,
    squads: tenant.squads,
    wholeOrg: tenant.wholeOrg,
    webhookForwardHeaders: forwardHeaderNames(ctx, tenant),
    hookSecret: masked('hookSecret'),
    webhookUrl: webhookUrlOf(ctx.config.publicUrl, tenant.slug),
    createdAt: iso(tenant.createdAt),
    updatedAt: iso(tenant.updatedAt),
  };
}
