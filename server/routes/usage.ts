/** What a tenant used and what it cost: the ledger and its sums. */
import { Router } from 'express';
import type { Context } from '../context.ts';
import {
  type CallRevision,
  type CallsAnswer,
  type CallView,
  callsQuerySchema,
  costComponents,
  type UsageAnswer,
  type UsageRow,
  usageQuerySchema,
} from '../contract.ts';
import { ApiError } from '../errors.ts';
import { type CallRow, columnOf } from '../metering/usage.ts';
import { findCall, listCalls, listRevisions } from '../store/calls.ts';
import { sumUsage } from '../store/usage.ts';
import { monthIn, nextMonth } from '../time-zone.ts';
import { seesProviderCost, visibleTenant } from './caller.ts';
import { cutPage, readCursor } from './cursor.ts';
import { parse } from './parse.ts';

export function usageRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/:slug/usage', async (req, res) => {
    const query = parse(usageQuerySchema, req.query);
    const tenant = await visibleTenant(ctx, req, res);
    const month = monthIn(tenant.timeZone, ctx.now());
    const from = query.from ?? `${month}-01`;
    const to = query.to ?? `${nextMonth(month)}-01`;
    if (from >= to) {
      throw new ApiError('invalid_request', { errors: [{ path: 'to', message: 'must be after "from"' }] });
    }
    const withCost = seesProviderCost(res);
    if (query.by === 'component' && !withCost) throw new ApiError('forbidden');
    const [sum] = await sumUsage(ctx.store, tenant.id, from, to, 'all');
    const { calls = 0, seconds = 0, costMicros = 0, callsWithoutCost = 0 } = sum ?? {};
    const rows =
      query.by === 'component'
        ? costComponents.map((component) => ({ key: component, costMicros: sum?.[columnOf(component)] ?? 0 }))
        : await groupedUsage(ctx, tenant.id, from, to, query.by, withCost);
    res.json({
      tenant: tenant.slug,
      from,
      to,
      by: query.by,
      rows,
      total: { calls, seconds, ...(withCost ? { costMicros, callsWithoutCost } : {}) },
    } satisfies UsageAnswer);
  });

  router.get('/:slug/calls', async (req, res) => {
    const query = parse(callsQuerySchema, req.query);
    const tenant = await visibleTenant(ctx, req, res);
    const after = readCursor(query.cursor);
    const rows = await listCalls(ctx.store, tenant.id, {
      from: query.from ? Date.parse(query.from) : null,
      to: query.to ? Date.parse(query.to) : null,
      after: after && { createdAt: after.time, id: after.id },
      limit: query.limit + 1,
    });
    const { page, nextCursor } = cutPage(rows, query.limit, (row) => ({ time: row.createdAt, id: row.id }));
    const withCost = seesProviderCost(res);
    res.json({ calls: page.map((row) => viewCall(row, withCost)), nextCursor } satisfies CallsAnswer);
  });

  router.get('/:slug/calls/:id', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    const row = await findCall(ctx.store, tenant.id, req.params.id);
    if (!row) throw new ApiError('not_found');
    const withCost = seesProviderCost(res);
    const revisions = withCost ? await listRevisions(ctx.store, tenant.id, row.id) : [];
    res.json({ ...viewCall(row, withCost), ...(withCost ? { revisions: revisions.map(viewRevision) } : {}) });
  });

  return router;
}

async function groupedUsage(
  ctx: Context,
  tenantId: string,
  from: string,
  to: string,
  by: 'day' | 'month' | 'assistant',
  withCost: boolean,
): Promise<UsageRow[]> {
  const groups = await sumUsage(ctx.store, tenantId, from, to, by);
  return groups.map(({ key, calls, seconds, costMicros }) => ({
    key,
    calls,
    seconds,
    ...(withCost ? { costMicros } : {}),
  }));
}

function viewCall(row: CallRow, withCost: boolean): CallView {
  const iso = (ms: number | null) => (ms === null ? null : new Date(ms).toISOString());
  return {
    id: row.id,
    type: row.type,
    status: row.status,
    accessMode: row.accessMode,
    assistantId: row.assistantId,
    createdAt: new Date(row.createdAt).toISOString(),
    startedAt: iso(row.startedAt),
    endedAt: iso(row.endedAt),
    seconds: row.seconds,
    endedReason: row.endedReason,
    costMicros: withCost ? row.costMicros : null,
    cost:
      !withCost || row.costMicros === null
        ? null
        : (Object.fromEntries(
            costComponents.map((component) => [component, row[columnOf(component)] ?? 0]),
          ) as NonNullable<CallView['cost']>),
  };
}

function viewRevision(row: Awaited<ReturnType<typeof listRevisions>>[number]): CallRevision {
  const { at, source, seconds, costMicros } = row;
  return { at: new Date(at).toISOString(), source, seconds, costMicros };
}
