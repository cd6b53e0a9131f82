/**
 * Points the assistants of a deleted tenant back at their previous server, so that its tools keep working without us.
 */
import type { Actor } from '../access/audit.ts';
import { allWebhookSecretsOf, openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { isRefusedKey } from '../access/tenants/orgs.ts';
import { giveBackPhoneNumbers } from '../access/tenants/phone-numbers.ts';
import { changeTenant } from '../access/tenants/saved-tenants.ts';
import { growingPauses } from '../base/pauses.ts';
import type { Context } from '../context.ts';
import type { UnwireAnswer } from '../contract.ts';
import type { ForwardTarget } from '../store/forward-targets.ts';
import { findTenant, findTenantById, type Tenant } from '../store/tenants.ts';
import { removeUnwiring, takeDueUnwiring } from '../store/unwirings.ts';
import { removeWirings } from '../store/wirings.ts';
import {
  getAssistantInUse,
  listAssistants,
  type SavedAssistant,
  setAssistantServer,
} from '../vapi/assistants.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { vapiFailure } from '../vapi/vapi-failure.ts';
import { webhookTokenHeader } from '../vapi/webhook-auth.ts';
import { webhookUrlOf } from '../vapi/webhook-url.ts';
import { restoredServer } from '../vapi/wiring-plan.ts';
import { adviceOn } from '../vapi/wiring-trouble.ts';
import { forwardTargetOf } from './forward-target.ts';

const minuteMs = 60_000;
/** 1 min, 2 min, 4 min, … up to 6 hours. */
const pauseAfter = growingPauses(minuteMs, 360 * minuteMs);
const giveUpAfterMs = 7 * 24 * 60 * minuteMs;

/** When to try again after the first attempt. */
export const firstRetryMs = pauseAfter(1);

export interface Unwired {
  /** Ids of the assistants that were given back. */
  assistants: string[];
  /** All that reported to us. */
  results: UnwireAnswer['assistants'];
  /** Why some may still send to us; null when none does. */
  failure: unknown;
}

/**
 * All assistants of the org are looked at, since a squad's members were wired too.
 * @param ownsSlug whether our webhook's address is still this tenant's; otherwise only its token identifies it
 */
export async function unwireTenant(ctx: Context, tenant: Tenant, ownsSlug: boolean): Promise<Unwired> {
  const results: Unwired['results'] = [];
  let failure: unknown = null;
  try {
    const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
    const all = await listAssistants(ctx.config.vapiBaseUrl, privateKey);
    const isOurs = (assistant: SavedAssistant) => sendsTo(ctx, tenant, assistant, ownsSlug);
    const settled = await Promise.allSettled(
      all.filter(isOurs).map(async (assistant) => {
        const { id: assistantId, name = null } = assistant;
        const target = await forwardTargetOf(ctx, tenant, assistantId);
        const given = await giveBack(ctx, privateKey, assistant, target, isOurs).catch((error: unknown) => {
          results.push({ assistantId, name, url: null, problem: 'Vapi did not answer. Try again.' });
          throw error;
        });
        results.push({ assistantId, name, ...given });
      }),
    );
    failure = settled.find((result) => result.status === 'rejected')?.reason ?? null;
  } catch (error) {
    failure = error;
  }
  const kept = results.find(({ problem }) => problem !== null);
  if (kept) failure ??= new VapiError(`assistant ${kept.assistantId}: ${kept.problem}`);
  const assistants = results.flatMap(({ assistantId, problem }) => (problem === null ? assistantId : []));
  return { assistants, results, failure };
}

/**
 * Changes the assistant and reads it again, in the version that calls use.
 * @throws VapiError
 */
async function giveBack(
  ctx: Context,
  privateKey: string,
  assistant: SavedAssistant,
  target: ForwardTarget | null,
  isOurs: (assistant: SavedAssistant) => boolean,
): Promise<{ url: string | null; problem: string | null }> {
  const { vapiBaseUrl } = ctx.config;
  const server = restoredServer(assistant.server ?? {}, target);
  let isRefused = false;
  await setAssistantServer(vapiBaseUrl, privateKey, assistant.id, { server }).catch((error: unknown) => {
    isRefused = error instanceof VapiError && error.status === 409;
    if (!isRefused) throw error;
  });
  const shown = await getAssistantInUse(vapiBaseUrl, privateKey, assistant.id);
  if (!isOurs(shown)) return { url: shown.server?.url ?? null, problem: null };
  const isDraft = Boolean(shown.latestVersion) && shown.latestVersion === assistant.latestVersion;
  const problem = isRefused ? adviceOn('refused') : isDraft ? adviceOn('draft') : stillHere;
  return { url: shown.server?.url ?? null, problem };
}

const stillHere =
  'Vapi still shows it as reporting here. Try again, or change its server in Vapi’s dashboard.';

/**
 * For a tenant that stays: its assistants report where they did before, and are no longer watched.
 * @throws ApiError `not_found`, `invalid_request`, `vapi_unavailable` when none could be changed
 */
export async function releaseAssistants(ctx: Context, tenant: Tenant, by: Actor): Promise<UnwireAnswer> {
  const { assistants, results, failure } = await unwireTenant(ctx, tenant, true);
  if (results.length === 0 && failure !== null) throw vapiFailure(failure);
  await changeTenant(ctx, tenant.slug, { ...by, action: 'tenant.unwire' }, async (db, { id }) => {
    await removeWirings(db, id);
    return { assistants };
  });
  return { assistants: results };
}

function sendsTo(ctx: Context, tenant: Tenant, { server }: SavedAssistant, ownsSlug: boolean): boolean {
  const token = server?.headers?.[webhookTokenHeader];
  const secrets = allWebhookSecretsOf(ctx.box, tenant);
  if (token !== undefined && secrets.includes(String(token))) return true;
  return ownsSlug && server?.url === webhookUrlOf(ctx.config.publicUrl, tenant.slug);
}

/** @returns whether there was a tenant to retry */
export async function retryUnwiring(ctx: Context): Promise<boolean> {
  const now = ctx.now();
  const due = await takeDueUnwiring(ctx.store, now, (attempts) => now + pauseAfter(attempts + 1));
  if (!due) return false;
  const tenant = await findTenantById(ctx.store, due.tenantId);
  if (!tenant) return true;
  const ownsSlug = (await findTenant(ctx.store, tenant.slug)) === null;
  const { assistants, failure: unwired } = await unwireTenant(ctx, tenant, ownsSlug);
  const failure = unwired ?? (await giveBackPhoneNumbers(ctx, tenant));
  const about = { tenant: tenant.id, assistants, attempt: due.attempts };
  const isOver = isRefusedKey(failure) || now - (tenant.deletedAt ?? now) > giveUpAfterMs;
  if (failure === null) ctx.log.info(about, 'assistants of a deleted tenant given back');
  else if (isOver)
    ctx.log.error({ ...about, err: failure }, 'assistants of a deleted tenant still send to us');
  else ctx.log.warn({ ...about, err: failure }, 'assistants of a deleted tenant not given back yet');
  if (failure === null || isOver) await removeUnwiring(ctx.store, tenant.id);
  return true;
}
