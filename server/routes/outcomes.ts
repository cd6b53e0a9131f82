/** Which calls of a client count as its outcome, and how many do. */
import express, { Router } from 'express';
import { monthIn, nextMonth } from '../base/time-zone.ts';
import type { Context } from '../context.ts';
import { type OutcomesAnswer, outcomesQuerySchema, setOutcomeSchema, tryOutcomeSchema } from '../contract.ts';
import { invalidField } from '../errors.ts';
import { readOutcome, setOutcome, tryOutcome } from '../metering/outcomes.ts';
import { listOutcomeDays, listOutcomeRules } from '../store/outcomes.ts';
import { actorIn, billedTenant, seesProviderCost, visibleTenant } from './caller.ts';
import { type Column, sendCsv, usd, wantsCsv } from './csv.ts';
import { parse } from './parse.ts';

type Row = OutcomesAnswer['rows'][number];

export function outcomeRoutes(ctx: Context): Router {
  const router = Router();
  const body = express.json({ limit: '64kb' });

  router.get('/:slug/outcomes', async (req, res) => {
    const query = parse(outcomesQuerySchema, req.query);
    const tenant = await billedTenant(ctx, req, res);
    const month = monthIn(tenant.timeZone, ctx.now());
    const { from = `${month}-01`, to = `${nextMonth(month)}-01` } = query;
    if (from >= to) throw invalidField('to', 'must be after "from"');
    const withCost = seesProviderCost(res);
    const rows = (await listOutcomeDays(ctx.store, tenant.id, { from, to })).map(
      ({ day, outcomes, judged, costMicros }): Row => ({
        ...{ day, outcomes, judged },
        ...(withCost ? { costMicros } : {}),
      }),
    );
    if (wantsCsv(req)) return sendCsv(res, `outcomes-${tenant.slug}-${from}-${to}`, columns(withCost), rows);
    const sum = (of: 'outcomes' | 'judged' | 'costMicros') =>
      rows.reduce((total, row) => total + (row[of] ?? 0), 0);
    const [outcomes, costMicros] = [sum('outcomes'), sum('costMicros')];
    const costPerOutcomeMicros = outcomes === 0 ? null : Math.round(costMicros / outcomes);
    const [last] = await listOutcomeRules(ctx.store, tenant.id, 1);
    res.json({
      ...{ tenant: tenant.slug, name: last?.name ?? null, from, to, rows },
      total: {
        ...{ outcomes, judged: sum('judged') },
        ...(withCost ? { costMicros, costPerOutcomeMicros } : {}),
      },
    } satisfies OutcomesAnswer);
  });

  router.get('/:slug/outcome', async (req, res) => {
    res.json(await readOutcome(ctx, await visibleTenant(ctx, req, res)));
  });

  router.put('/:slug/outcome', body, async (req, res) => {
    const outcome = parse(setOutcomeSchema, req.body);
    const tenant = await visibleTenant(ctx, req, res);
    res.json(await setOutcome(ctx, tenant, outcome, actorIn(req, res)));
  });

  router.delete('/:slug/outcome', async (req, res) => {
    const tenant = await visibleTenant(ctx, req, res);
    res.json(await setOutcome(ctx, tenant, null, actorIn(req, res)));
  });

  router.post('/:slug/outcome/try', body, async (req, res) => {
    const tried = parse(tryOutcomeSchema, req.body);
    const tenant = await visibleTenant(ctx, req, res);
    res.json(await tryOutcome(ctx, tenant, tried, actorIn(req, res)));
  });

  return router;
}

function columns(withCost: boolean): Column<Row>[] {
  return [
    { name: 'day', value: (row) => row.day },
    { name: 'outcomes', value: (row) => row.outcomes },
    { name: 'judged', value: (row) => row.judged },
    ...(withCost ? [{ name: 'cost_usd', value: (row: Row) => usd(row.costMicros ?? 0) }] : []),
  ];
}
