/** The calls of all clients, for the operator. */
import { Router } from 'express';
import { z } from 'zod';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import {
  type AllCallsAnswer,
  type AllCallsQuery,
  allCallsQuerySchema,
  type CallSort,
  callListDays,
  callSorts,
  type ListedCall,
} from '../contract.ts';
import { invalidField } from '../errors.ts';
import {
  type CallPosition,
  type CallsWanted,
  type ListedCallRow,
  listAllCalls,
  sumAllCalls,
} from '../store/call-list.ts';
import { findTenantByHandle, handleOf } from '../store/tenants.ts';
import { filtersIn, resultColumns, withFigures } from './call-results.ts';
import { callColumns, viewCall } from './call-view.ts';
import { type Column, sendAllAsCsv, wantsCsv } from './csv.ts';
import { cursorOf, positionIn, strangeCursor } from './cursor.ts';
import { parse } from './parse.ts';

const dayMs = 86_400_000;
/** How many calls are summed: more would keep the database busy for a figure that no one waits for. */
const mostSummed = 20_000;

export function allCallsRoutes(ctx: Context): Router {
  const router = Router();
  const figured = (rows: ListedCallRow[]) => withFigures(ctx.store, rows);

  router.get('/calls', async (req, res) => {
    const query = parse(allCallsQuerySchema, req.query);
    const { sort, order, limit } = query;
    const wanted = await wantedBy(ctx, query);
    if (wantsCsv(req)) {
      const inTime = { sort: 'time', isDescending: true } as const;
      const list = (after: FiguredRow | null, most: number) =>
        listAllCalls(ctx.store, wanted, { ...inTime, after, limit: most }).then(figured);
      return sendAllAsCsv(res, 'calls', columns, list);
    }
    const after = readCursor(query.cursor, sort);
    const page = { sort, isDescending: order === 'desc', after, limit: limit + 1 };
    const rows = await listAllCalls(ctx.store, wanted, page);
    const totals = await sumAllCalls(ctx.store, wanted, mostSummed);
    const shown = await figured(rows.slice(0, limit));
    const last = shown.at(-1);
    res.json({
      calls: shown.map(view),
      from: iso(wanted.from),
      to: iso(wanted.to),
      totals: { ...totals, complete: totals.calls < mostSummed },
      nextCursor: rows.length > limit && last ? cursorOf([sort, last.key, last.id, last.tenantId]) : null,
    } satisfies AllCallsAnswer);
  });

  return router;
}

/** @throws ApiError `invalid_request` when the period is too long, or no client has that handle */
async function wantedBy(ctx: Context, query: AllCallsQuery): Promise<CallsWanted> {
  const { tenant: handle, id = null, type = null, status = null, endedReason = null } = query;
  const tenant = handle === undefined ? null : await findTenantByHandle(ctx.store, handle);
  if (handle !== undefined && !tenant) throw invalidField('tenant', 'no client has this handle');
  return {
    ...{ id, type, status, endedReason, tenantId: tenant?.id ?? null },
    ...filtersIn(query),
    minCostMicros: query.minCostMicros ?? null,
    maxCostMicros: query.maxCostMicros ?? null,
    ...periodOf(query, ctx.now()),
  };
}

function periodOf({ id, ...query }: AllCallsQuery, nowMs: number): Pick<CallsWanted, 'from' | 'to'> {
  const given = query.from === undefined ? null : Date.parse(query.from);
  // Vapi's clock can be ahead of ours.
  const newest = nowMs + dayMs;
  if (id !== undefined && given === null && query.to === undefined) return { from: 0, to: newest };
  const most = callListDays.most * dayMs;
  const to = query.to ? Date.parse(query.to) : given === null ? newest : Math.min(newest, given + most);
  const from = given ?? to - callListDays.usual * dayMs;
  if (to - from > most) throw invalidField('from', `must be at most ${callListDays.most} days before "to"`);
  return { from, to };
}

type FiguredRow = Awaited<ReturnType<typeof withFigures<ListedCallRow>>>[number];

function view(row: FiguredRow): ListedCall {
  const tenant = handleOf({ id: row.tenantId, slug: row.slug, deletedAt: row.deletedAt });
  const { tenantName, timeZone, figures } = row;
  return { ...viewCall(row, true), ...figures, tenant, tenantName, timeZone };
}

const columns: Column<FiguredRow>[] = [
  {
    name: 'tenant',
    value: (row) => handleOf({ id: row.tenantId, slug: row.slug, deletedAt: row.deletedAt }),
  },
  { name: 'name', value: (row) => row.tenantName },
  ...callColumns(true),
  ...resultColumns,
];

/** PostgreSQL cannot compare with a zero byte, and no id has one. */
const text = z
  .string()
  .max(100)
  .regex(/^[^\0]*$/);
const positionSchema = z.tuple([z.enum(callSorts), z.int(), text, text]);

/** @throws ApiError `invalid_request` also for the cursor of a list in another order */
function readCursor(cursor: string | undefined, of: CallSort): CallPosition | null {
  if (cursor === undefined) return null;
  const [sort, key, id, tenantId] = positionIn(cursor, positionSchema);
  if (sort !== of) throw strangeCursor();
  return { key, id, tenantId };
}
