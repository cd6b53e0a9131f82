/** Notices when an assistant no longer reports: one request an assistant every 20 minutes, and what the ledger knows. */
import { raiseNotice } from '../access/notices/notices.ts';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import type { WiringTrouble } from '../contract.ts';
import { findTenantById, type Tenant } from '../store/tenants.ts';
import {
  findLastEnded,
  removeWirings,
  takeDueWiring,
  updateWiring,
  type WiringRow,
} from '../store/wirings.ts';
import type { SavedAssistant } from '../vapi/assistants.ts';
import { VapiError } from '../vapi/vapi-api.ts';
import { troubleOf } from '../vapi/wiring-trouble.ts';
import { checkEveryMs, readInUse, reportedSince, reportsFrom, reportsTo } from './wiring-state.ts';

/** A report follows the end of its call within seconds, and is sent again after a failure. */
const reportWithinMs = 10 * 60_000;

/** @returns whether there was one to check */
export async function checkNextWiring(ctx: Context): Promise<boolean> {
  const now = ctx.now();
  const row = await takeDueWiring(ctx.store, now, now + checkEveryMs);
  if (!row) return false;
  const tenant = await findTenantById(ctx.store, row.tenantId);
  if (!tenant || tenant.deletedAt !== null) await removeWirings(ctx.store, row.tenantId);
  else
    await check(ctx, tenant, row).catch((error: unknown) => {
      ctx.log.warn({ err: error, tenant: tenant.slug, assistant: row.assistantId }, 'wiring not checked');
    });
  return true;
}

async function check(ctx: Context, tenant: Tenant, row: WiringRow): Promise<void> {
  const shown = await readOrNull(ctx, tenant, row.assistantId);
  const isNamed = [tenant.assistantId, ...tenant.assistantIds].includes(row.assistantId);
  const trouble = shown === null ? 'gone' : await findTrouble(ctx, tenant, row, shown);
  // Never wired here, or no longer the client's: it may report to anyone.
  if (trouble !== null && (row.wiredAt === null || (trouble === 'gone' && !isNamed))) {
    return removeWirings(ctx.store, row.tenantId, [row.assistantId]);
  }
  const now = ctx.now();
  // Calls made while it reported elsewhere could not be reported.
  const isMended = trouble === null && row.trouble !== null && row.trouble !== 'silent';
  const changes = {
    name: shown ? (shown.name ?? null) : row.name,
    wiredAt: isMended ? now : (row.wiredAt ?? now),
    trouble,
    noticed: trouble,
    reportedAt: await reportedSince(ctx, row),
    checkedAt: now,
  };
  await ctx.store.transaction().execute(async (db) => {
    const isCurrent = await updateWiring(db, row, changes);
    if (!isCurrent || trouble === null || trouble === row.noticed) return;
    const data = { assistant: row.assistantId, name: changes.name, problem: trouble };
    await raiseNotice(db, tenant, 'not-reporting', `${iso(now)} ${row.assistantId}`, data, now);
  });
  if (trouble !== null && trouble !== row.noticed)
    ctx.log.warn(
      { tenant: tenant.slug, assistant: row.assistantId, trouble },
      'an assistant does not report',
    );
}

/** @throws VapiError unless Vapi does not have it */
async function readOrNull(ctx: Context, tenant: Tenant, assistantId: string): Promise<SavedAssistant | null> {
  try {
    return await readInUse(ctx, tenant, assistantId);
  } catch (error) {
    if (error instanceof VapiError && error.status === 404) return null;
    throw error;
  }
}

async function findTrouble(
  ctx: Context,
  tenant: Tenant,
  row: WiringRow,
  shown: SavedAssistant,
): Promise<WiringTrouble | null> {
  const seen = troubleOf(shown, reportsTo(ctx, tenant));
  if (seen !== null) {
    // As long as calls use the version that they used then, it waits for a person to publish.
    const isAwaited = row.trouble === 'draft' || row.trouble === 'refused';
    return isAwaited && row.version === (shown.latestVersion ?? null) ? row.trouble : seen;
  }
  if (row.wiredAt === null || (row.trouble !== null && row.trouble !== 'silent')) return null;
  const last = await findLastEnded(ctx.store, row, reportsFrom(ctx, row), ctx.now() - reportWithinMs);
  // Without a call in the last days nothing has shown that it is over.
  if (last === null) return row.trouble === 'silent' ? 'silent' : null;
  return last.reportedAt === null ? 'silent' : null;
}
