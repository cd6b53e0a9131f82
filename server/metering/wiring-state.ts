/** What is known about a tenant's assistants: which report here, and why others that should do not. */
import { openTenantSecret } from '../access/secrets/tenant-secrets.ts';
import { assistantsOf, calledAs } from '../access/tenants/squads.ts';
import { iso } from '../base/iso.ts';
import { dayMs } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import type { AssistantWiring, WiringAnswer, WiringTrouble } from '../contract.ts';
import type { Tenant } from '../store/tenants.ts';
import { lastReportAt, listWirings, putWiring, type WiringRow } from '../store/wirings.ts';
import { getAssistantInUse, type SavedAssistant } from '../vapi/assistants.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { webhookUrlOf } from '../vapi/webhook-url.ts';
import { differencesFrom, type WiringPlan } from '../vapi/wiring-plan.ts';
import { adviceOn, type ReportsTo, troubleOf } from '../vapi/wiring-trouble.ts';

const minuteMs = 60_000;
/** How often an assistant is read at Vapi: a problem is noticed within the hour, even one that only its last call shows. */
export const checkEveryMs = 20 * minuteMs;
/** Reports of calls that began longer ago are not looked for, in a ledger that may be long. */
const lookBackMs = 7 * dayMs;

export type ReadBack = Pick<AssistantWiring, 'state' | 'problem' | 'differences'>;

export function reportsTo(ctx: Context, tenant: Tenant): ReportsTo {
  const isPreviousAccepted = (tenant.previousWebhookSecretUntil ?? 0) > ctx.now();
  const names = [
    'webhookSecret',
    ...(isPreviousAccepted ? (['previousWebhookSecret'] as const) : []),
  ] as const;
  const secrets = names.flatMap((name) => openTenantSecret(ctx.box, tenant, name) ?? []);
  return {
    url: webhookUrlOf(ctx.config.publicUrl, tenant.slug),
    secrets: tenant.webhookAuth.kind === 'token' ? secrets : null,
  };
}

/**
 * Reads the assistant after it was changed, in the version that calls use, and stores the result.
 * @param before as it was read before
 * @param isRefused Vapi has answered the change with 409
 * @throws VapiError
 */
export async function readBack(
  ctx: Context,
  tenant: Tenant,
  { assistant: before, plan }: { assistant: SavedAssistant; plan: WiringPlan },
  isRefused: boolean,
): Promise<ReadBack> {
  const known = (await listWirings(ctx.store, tenant.id)).find((row) => row.assistantId === before.id);
  const shown = plan.changed ? await readInUse(ctx, tenant, before.id) : before;
  const version = shown.latestVersion ?? null;
  const seen = troubleOf(shown, reportsTo(ctx, tenant));
  const isDraft = version !== null && version === (before.latestVersion ?? null);
  // What only a call can show is settled by the next call.
  const silent = !plan.changed && known?.trouble === 'silent' ? ('silent' as const) : null;
  const trouble = seen === null ? silent : isRefused ? 'refused' : isDraft ? 'draft' : seen;
  const row: Omit<WiringRow, 'attempts'> = {
    tenantId: tenant.id,
    assistantId: before.id,
    name: shown.name ?? null,
    wiredAt: plan.changed ? ctx.now() : (known?.wiredAt ?? ctx.now()),
    version,
    trouble,
    noticed: trouble === null || plan.changed ? null : (known?.noticed ?? null),
    reportedAt: plan.changed ? null : (known?.reportedAt ?? null),
    checkedAt: ctx.now(),
    nextAttemptAt: ctx.now() + checkEveryMs,
  };
  await putWiring(ctx.store, row);
  return {
    state: stateOf({ ...row, reportedAt: await reportedSince(ctx, tenant, row) }),
    problem: trouble && adviceOn(trouble),
    differences: differencesFrom(plan, shown),
  };
}

/** @throws VapiError */
function readInUse(ctx: Context, tenant: Tenant, assistantId: string): Promise<SavedAssistant> {
  const privateKey = openTenantSecret(ctx.box, tenant, 'privateKey');
  return getAssistantInUse(ctx.config.vapiBaseUrl, privateKey, assistantId);
}

/**
 * @returns null when Vapi does not have it
 * @throws VapiError
 */
export async function readOrNull(
  ctx: Context,
  tenant: Tenant,
  assistantId: string,
): Promise<SavedAssistant | null> {
  try {
    return await readInUse(ctx, tenant, assistantId);
  } catch (error) {
    if (error instanceof VapiError && error.status === 404) return null;
    throw error;
  }
}

/** The current state, without asking Vapi. */
export async function viewWirings(ctx: Context, tenant: Tenant): Promise<WiringAnswer> {
  const rows = new Map((await listWirings(ctx.store, tenant.id)).map((row) => [row.assistantId, row]));
  const ids = new Set([...assistantsOf(tenant), ...rows.keys()]);
  const assistants = await Promise.all(
    [...ids].map(async (assistantId): Promise<WiringAnswer['assistants'][number]> => {
      const row = rows.get(assistantId);
      const reportedAt = row ? await reportedSince(ctx, tenant, row) : null;
      return {
        assistantId,
        name: row?.name ?? null,
        state: row?.wiredAt ? stateOf({ ...row, reportedAt }) : 'not-wired',
        problem: row?.trouble ? adviceOn(row.trouble) : null,
        wiredAt: isoOrNull(row?.wiredAt),
        lastReportAt: isoOrNull(reportedAt),
        checkedAt: isoOrNull(row?.checkedAt),
      };
    }),
  );
  return { assistants };
}

/** When a call that was made since the wiring was last reported, a squad's by any of its members; epoch milliseconds. */
export async function reportedSince(
  ctx: Context,
  tenant: Tenant,
  row: Pick<WiringRow, 'tenantId' | 'assistantId' | 'wiredAt' | 'reportedAt'>,
): Promise<number | null> {
  const recent = await lastReportAt(ctx.store, callsOf(tenant, row), reportsFrom(ctx, row));
  return recent ?? row.reportedAt;
}

/** Which of the tenant's calls say whether the assistant reports. */
export function callsOf(tenant: Tenant, { assistantId }: Pick<WiringRow, 'assistantId'>) {
  return { tenantId: tenant.id, assistantIds: calledAs(tenant, assistantId) };
}

/** The time from which the assistant's calls are considered. */
export function reportsFrom(ctx: Context, { wiredAt }: Pick<WiringRow, 'wiredAt'>): number {
  return Math.max(wiredAt ?? 0, ctx.now() - lookBackMs);
}

type Known = Pick<WiringRow, 'trouble' | 'reportedAt'>;

function stateOf({ trouble, reportedAt }: Known): WiringTrouble | 'waiting' | 'connected' {
  return trouble ?? (reportedAt === null ? 'waiting' : 'connected');
}

const isoOrNull = (ms: number | null | undefined) => (ms === null || ms === undefined ? null : iso(ms));
