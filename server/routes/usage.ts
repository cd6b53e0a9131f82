/** What a tenant used and what it cost, by day, month, assistant or component. */
import { Router } from 'express';
import { monthIn, nextMonth } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import { costComponents, type UsageAnswer, type UsageRow, usageQuerySchema } from '../contract.ts';
import { ApiError, invalidField } from '../errors.ts';
import { columnOf } from '../ledger/usage.ts';
import { sumUsage } from '../store/usage.ts';
import { billedTenant, seesProviderCost } from './caller.ts';
import { type Column, sendCsv, usd, wantsCsv } from './csv.ts';
import { parse } from './parse.ts';

export function usageRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/:slug/usage', async (req, res) => {
    const query = parse(usageQuerySchema, req.query);
    const tenant = await billedTenant(ctx, req, res);
    const month = monthIn(tenant.timeZone, ctx.now());
    const from = query.from ?? `${month}-01`;
    const to = query.to ?? `${nextMonth(month)}-01`;
    if (from >= to) throw invalidField('to', 'must be after "from"');
    const withCost = seesProviderCost(res);
    if (query.by === 'component' && !withCost) throw new ApiError('forbidden');
    const [sum] = await sumUsage(ctx.store, tenant.id, from, to, 'all');
    const { calls = 0, seconds = 0, costMicros = 0, callsWithoutCost = 0 } = sum ?? {};
    const rows =
      query.by === 'component'
        ? costComponents.map((component) => ({ key: component, costMicros: sum?.[columnOf(component)] ?? 0 }))
        : (await sumUsage(ctx.store, tenant.id, from, to, query.by)).map(
            ({ key, calls, seconds, costMicros }): UsageRow => ({
              ...{ key, calls, seconds },
              ...(withCost ? { costMicros } : {}),
            }),
          );
    if (wantsCsv(req)) {
      sendCsv(res, `usage-${tenant.slug}-${from}-${to}`, usageColumns(query.by, withCost), rows);
      return;
    }
    res.json({
      tenant: tenant.slug,
      from,
      to,
      by: query.by,
      rows,
      total: { calls, seconds, ...(withCost ? { costMicros, callsWithoutCost } : {}) },
    } satisfies UsageAnswer);
  });

  return router;
}

function usageColumns(by: UsageAnswer['by'], withCost: boolean): Column<UsageRow>[] {
  return [
    { name: by, value: (row) => row.key },
    ...(by === 'component'
      ? []
      : [
          { name: 'calls', value: (row: UsageRow) => row.calls ?? 0 },
          { name: 'seconds', value: (row: UsageRow) => row.seconds ?? 0 },
        ]),
    ...(withCost ? [{ name: 'cost_usd', value: (row: UsageRow) => usd(row.costMicros ?? 0) }] : []),
  ];
}
