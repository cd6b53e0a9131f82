/** The operator's clients with a month's figures. */
import { Router } from 'express';
import { z } from 'zod';
import { iso } from '../base/iso.ts';
import { currentMonths, refreshFew } from '../billing/month/month-prices.ts';
import type { Context } from '../context.ts';
import {
  type ClientRow,
  type ClientSort,
  type ClientsAnswer,
  clientSorts,
  clientsQuerySchema,
} from '../contract.ts';
import { invalidField } from '../errors.ts';
import {
  type ClientMonth,
  type ClientPosition,
  type ClientSums,
  listClients,
  sumClients,
} from '../store/client-list.ts';
import { cursorOf, positionIn, strangeCursor } from './cursor.ts';
import { parse } from './parse.ts';

export function clientListRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/tenants', async (req, res) => {
    const { month: asked, search, sort, order, filter, cursor, limit } = parse(clientsQuerySchema, req.query);
    const months = currentMonths(ctx.now());
    const month = asked ?? months[0];
    if (!months.includes(month))
      throw invalidField('month', 'has no list: GET /v1/billing/margin has every month');
    const wanted = { month, search: search || null, filter: filter ?? null };
    const isDescending = (order ?? (sort === 'name' ? 'asc' : 'desc')) === 'desc';
    const after = readCursor(cursor, sort);
    let sums = await sumClients(ctx.store, wanted);
    const changed = sums.reduce((sum, { old }) => sum + old, 0);
    if (await refreshFew(ctx, month, changed)) sums = await sumClients(ctx.store, wanted);
    const rows = await listClients(ctx.store, wanted, { sort, isDescending, after, limit: limit + 1 });
    const page = rows.slice(0, limit);
    const last = page.at(-1);
    res.json({
      month,
      tenants: page.map(rowOf),
      totals: totalsOf(sums),
      nextCursor: rows.length > limit && last ? cursorOf([sort, last.key, last.id]) : null,
    } satisfies ClientsAnswer);
  });

  return router;
}

function rowOf(client: ClientMonth): ClientRow {
  const { slug, name, status, calls, seconds, costMicros, callsWithoutCost } = client;
  const { currency, priceCents, costCents, billed, pricedAt, problem } = client;
  return {
    ...{ tenant: slug, name, status, calls, seconds, costMicros, callsWithoutCost },
    ...{ currency, priceCents, costCents, problem },
    marginCents: priceCents === null || costCents === null ? null : priceCents - costCents,
    billed: billed === 1,
    pricedAt: pricedAt === null ? null : iso(pricedAt),
    current: client.isCurrent === 1,
    attention: [
      ...(callsWithoutCost > 0 ? (['calls-without-cost'] as const) : []),
      ...(client.isOverdue === 1 ? (['invoice-overdue'] as const) : []),
      ...(problem === null ? [] : (['no-price'] as const)),
    ],
  };
}

function totalsOf(sums: ClientSums[]): ClientsAnswer['totals'] {
  const total = (column: 'tenants' | 'calls' | 'seconds' | 'costMicros' | 'callsWithoutCost') =>
    sums.reduce((sum, row) => sum + row[column], 0);
  const asOf = sums.flatMap((row) => row.asOf ?? []).sort((a, b) => a - b)[0];
  return {
    tenants: total('tenants'),
    calls: total('calls'),
    seconds: total('seconds'),
    costMicros: total('costMicros'),
    callsWithoutCost: total('callsWithoutCost'),
    prices: sums.flatMap(({ currency, tenants, priceCents, costCents }) =>
      currency === null ? [] : [{ currency, tenants, priceCents, marginCents: priceCents - costCents }],
    ),
    unpriced: sums.find(({ currency }) => currency === null)?.tenants ?? 0,
    asOf: asOf === undefined ? null : iso(asOf),
  };
}

/** PostgreSQL cannot compare with a zero byte, and no name has one. */
const text = z.string().regex(/^[^\0]*$/);
const positionSchema = z.tuple([z.enum(clientSorts), z.union([z.int(), text]), text]);

/** @throws ApiError `invalid_request` also for the cursor of a list in another order */
function readCursor(cursor: string | undefined, sort: ClientSort): ClientPosition | null {
  if (cursor === undefined) return null;
  const [of, key, id] = positionIn(cursor, positionSchema);
  if (of !== sort || (typeof key === 'string') !== (sort === 'name')) throw strangeCursor();
  return { key, id };
}
