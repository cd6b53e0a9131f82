/** What a tenant used and what it cost: the ledger and its sums. */
import { Router } from 'express';
import { z } from 'zod';
import type { Context } from '../context.ts';
import {
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
import { type CallsPage, findCall, listCalls } from '../store/calls.ts';
import { sumUsage } from '../store/usage.ts';
import { monthIn, nextMonth } from '../time-zone.ts';
import { parse } from './parse.ts';
import { tenantNamed } from './tenant-named.ts';

export function usageRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/:slug/usage', async (req, res) => {
    const query = parse(usageQuerySchema, req.query);
    const tenant = await tenantNamed(ctx, req.params.slug);
    const month = monthIn(tenant.timeZone, ctx.now());
    const from = query.from ?? `${month}-01`;
    const to = query.to ?? `${nextMonth(month)}-01`;
    if (from >= to) {
      throw new ApiError('invalid_request', { errors: [{ path: 'to', message: 'must be after "from"' }] });
    }
    const [sum] = await sumUsage(ctx.store, tenant.id, from, to, 'all');
    let rows: UsageRow[];
    if (query.by === 'component') {
      rows = costComponents.map((component) => ({
        key: component,
        costMicros: sum?.[columnOf(component)] ?? 0,
      }));
    } else {
      const groups = await sumUsage(ctx.store, tenant.id, from, to, query.by);
      rows = groups.map(({ key, calls, seconds, costMicros }) => ({ key, calls, seconds, costMicros }));
    }
    const { calls = 0, seconds = 0, costMicros = 0, callsWithoutCost = 0 } = sum ?? {};
    const total = { calls, seconds, costMicros, callsWithoutCost };
    res.json({ tenant: tenant.slug, from, to, by: query.by, rows, total } satisfies UsageAnswer);
  });

  router.get('/:slug/calls', async (req, res) => {
    const query = parse(callsQuerySchema, req.query);
    const tenant = await tenantNamed(ctx, req.params.slug);
    const rows = await listCalls(ctx.store, tenant.id, {
      from: query.from ? Date.parse(query.from) : null,
      to: query.to ? Date.parse(query.to) : null,
      after: query.cursor ? readCursor(query.cursor) : null,
      limit: query.limit + 1,
    });
    const page = rows.slice(0, query.limit);
    const last = page.at(-1);
    res.json({
      calls: page.map(viewCall),
      nextCursor: rows.length > query.limit && last ? writeCursor(last) : null,
    } satisfies CallsAnswer);
  });

  router.get('/:slug/calls/:id', async (req, res) => {
    const tenant = await tenantNamed(ctx, req.params.slug);
    const row = await findCall(ctx.store, tenant.id, req.params.id);
    if (!row) throw new ApiError('not_found');
    res.json(viewCall(row));
  });

  return router;
}

export function viewCall(row: CallRow): CallView {
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
    costMicros: row.costMicros,
    cost:
      row.costMicros === null
        ? null
        : (Object.fromEntries(
            costComponents.map((component) => [component, row[columnOf(component)] ?? 0]),
          ) as NonNullable<CallView['cost']>),
  };
}

const cursorSchema = z.tuple([z.int(), z.string().max(100)]);

function writeCursor(row: { createdAt: number; id: string }): string {
  return Buffer.from(JSON.stringify([row.createdAt, row.id])).toString('base64url');
}

function readCursor(cursor: string): CallsPage['after'] {
  try {
    const [createdAt, id] = cursorSchema.parse(JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8')));
    return { createdAt, id };
  } catch {
    throw new ApiError('invalid_request', { errors: [{ path: 'cursor', message: 'is not one of ours' }] });
  }
}
