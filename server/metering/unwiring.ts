/**
 * Points the assistants of a deleted tenant back at the server that they sent to before, so that its tools keep working
 * without us.
 */
import { allWebhookSecretsOf, openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { isRefusedKey } from '../access/tenants/orgs.ts';
import { growingPauses } from '../base/pauses.ts';
import type { Context } from '../context.ts';
import { findTenant, findTenantById, type Tenant } from '../store/tenants.ts';
import { removeUnwiring, takeDueUnwiring } from '../store/unwirings.ts';
import { listAssistants, type SavedAssistant, setAssistantServer } from '../vapi/assistants.ts';
import { webhookTokenHeader } from '../vapi/webhook-auth.ts';
import { webhookUrlOf } from '../vapi/webhook-url.ts';
import { restoredServer } from '../vapi/wiring-plan.ts';
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
  /** Why some may still send to us; null when none does. */
  failure: unknown;
}

/**
 * All assistants of the org are looked at, since a squad's members were wired too.
 * @param ownsSlug whether our webhook's address is still this tenant's; otherwise only its token identifies it
 */
export async function unwireTenant(ctx: Context, tenant: Tenant, ownsSlug: boolean): Promise<Unwired> {
  const { vapiBaseUrl } = ctx.config;
  const assistants: string[] = [];
  let failure: unknown = null;
  try {
    const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
    const all = await listAssistants(vapiBaseUrl, privateKey);
    const ours = all.filter((assistant) => sendsTo(ctx, tenant, assistant, ownsSlug));
    const results = await Promise.allSettled(
      ours.map(async ({ id, server }) => {
        const target = await forwardTargetOf(ctx, tenant, id);
        await setAssistantServer(vapiBaseUrl, privateKey, id, {
          server: restoredServer(server ?? {}, target),
        });
        assistants.push(id);
      }),
    );
    failure = results.find((result) => result.status === 'rejected')?.reason ?? null;
  } catch (error) {
    failure = error;
  }
  return { assistants, failure };
}

function sendsTo(ctx: Context, tenant: Tenant, { server }: SavedAssistant, ownsSlug: boolean): boolean {
  const token = server?.headers?.[webhookTokenHeader];
  const secrets = allWebhookSecretsOf(ctx.box, tenant);
  if (token !== undefined && secrets.includes(String(token))) return true;
  return ownsSlug && server?.url === webhookUrlOf(ctx.config.publicUrl, tenant.slug);
}

/** @returns whether there was a tenant to try again for */
export async function retryUnwiring(ctx: Context): Promise<boolean> {
  const now = ctx.now();
  const due = await takeDueUnwiring(ctx.store, now, (attempts) => now + pauseAfter(attempts + 1));
  if (!due) return false;
  const tenant = await findTenantById(ctx.store, due.tenantId);
  if (!tenant) return true;
  const ownsSlug = (await findTenant(ctx.store, tenant.slug)) === null;
  const { assistants, failure } = await unwireTenant(ctx, tenant, ownsSlug);
  const about = { tenant: tenant.id, assistants, attempt: due.attempts };
  const isOver = isRefusedKey(failure) || now - (tenant.deletedAt ?? now) > giveUpAfterMs;
  if (failure === null) ctx.log.info(about, 'assistants of a deleted tenant given back');
  else if (isOver)
    ctx.log.error({ ...about, err: failure }, 'assistants of a deleted tenant still send to us');
  else ctx.log.warn({ ...about, err: failure }, 'assistants of a deleted tenant not given back yet');
  if (failure === null || isOver) await removeUnwiring(ctx.store, tenant.id);
  return true;
}
