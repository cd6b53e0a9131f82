/** Notices when an assistant no longer reports: by one request per assistant every 20 minutes, and from the ledger. */
import { raiseNotice } from '../access/notices/notices.ts';
import { assistantsOf } from '../access/tenants/squads.ts';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import type { WiringTrouble } from '../contract.ts';
import { findTenantById, type Tenant } from '../store/tenants.ts';
import {
  lastReports,
  removeWiring,
  removeWirings,
  takeDueWiring,
  updateWiring,
  type WiringRow,
} from '../store/wirings.ts';
import type { SavedAssistant } from '../vapi/assistants.ts';
import { troubleOf } from '../vapi/wiring-trouble.ts';
import { callsOf, checkEveryMs, readOrNull, reportedSince, reportsFrom, reportsTo } from './wiring-state.ts';

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
  const isNamed = assistantsOf(tenant).includes(row.assistantId);
  const trouble = shown === null ? 'gone' : await findTrouble(ctx, tenant, row, shown);
  // Never wired here, or no longer the client's: it may report anywhere.
  if (trouble !== null && (row.wiredAt === null || (trouble === 'gone' && !isNamed))) {
    return removeWiring(ctx.store, row);
  }
  const now = ctx.now();
  // Calls made while it reported elsewhere could not be reported.
  const isMended = trouble === null && row.trouble !== null && row.trouble !== 'silent';
  const changes = {
    name: shown ? (shown.name ?? null) : row.name,
    wiredAt: isMended ? now : (row.wiredAt ?? now),
    trouble,
    noticed: trouble,
    reportedAt: await reportedSince(ctx, tenant, row),
    checkedAt: now,
  };
  await ctx.store.transaction().execute(async (db) => {
    const isCurrent = await updateWiring(db, row, changes);
    if (!isCurrent || trouble === null || trouble === row.noticed) return;
    const data = { assistant: row.assistantId, name: changes.name, problem: trouble };
    const period = `${iso(now)} ${row.assistantId}`;
    await raiseNotice(db, tenant, { kind: 'not-reporting', period, data }, now);
  });
  if (trouble !== null && trouble !== row.noticed)
    ctx.log.warn(
      { tenant: tenant.slug, assistant: row.assistantId, trouble },
      'an assistant does not report',
    );
}

async function findTrouble(
  ctx: Context,
  tenant: Tenant,
  row: WiringRow,
  shown: SavedAssistant,
): Promise<WiringTrouble | null> {
  const seen = troubleOf(shown, reportsTo(ctx, tenant));
  if (seen !== null) {
    // While calls still use the same version, it waits for a person to publish.
    const isAwaited = row.trouble === 'draft' || row.trouble === 'refused';
    return isAwaited && row.version === (shown.latestVersion ?? null) ? row.trouble : seen;
  }
  if (row.wiredAt === null || (row.trouble !== null && row.trouble !== 'silent')) return null;
  const before = ctx.now() - reportWithinMs;
  const [last, oneBefore] = await lastReports(
    ctx.store,
    callsOf(tenant, row),
    reportsFrom(ctx, row),
    before,
    2,
  );
  // Without a recent call nothing shows that it is over.
  if (last === undefined) return row.trouble === 'silent' ? 'silent' : null;
  if (last !== null) return null;
  // One report may be lost, for instance in a restart of ours; a missing first report means that none arrives.
  return oneBefore === null || row.trouble === 'silent' || (await reportedSince(ctx, tenant, row)) === null
    ? 'silent'
    : null;
}
