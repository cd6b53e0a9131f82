/** `POST /analytics` over calls: what a cross-check of sums needs (vapi-facts 4.4). */
import { Router } from 'express';
import { z } from 'zod';
import { requirePrivate } from '../auth.ts';
import { currentView } from '../call.ts';
import { parse } from '../shapes.ts';
import type { Json } from '../types.ts';
import type { Call, World } from '../world.ts';
import { durationOf, findCalls, shownCost } from './lists.ts';

const operationSchema = z.strictObject({
  operation: z.enum(['sum', 'avg', 'count', 'min', 'max']),
  column: z.string(),
  alias: z.string().max(40).optional(),
});

const querySchema = z.strictObject({
  queries: z
    .array(
      z.strictObject({
        name: z.string().max(40),
        table: z.literal('call'),
        timeRange: z
          .strictObject({
            step: z.enum(['minute', 'hour', 'day', 'week', 'month', 'year']).optional(),
            start: z.iso.datetime({ offset: true }).optional(),
            end: z.iso.datetime({ offset: true }).optional(),
            timezone: z.string().optional(),
          })
          .optional(),
        groupBy: z.array(z.enum(['type', 'assistantId', 'endedReason', 'status'])).optional(),
        groupByVariableValue: z.array(z.strictObject({ key: z.string() })).optional(),
        operations: z.array(operationSchema).min(1),
      }),
    )
    .min(1),
});
type Query = z.infer<typeof querySchema>['queries'][number];
type Operation = z.infer<typeof operationSchema>;

const week = 7 * 24 * 3600 * 1000;
/** How much of an ISO date names the step; weeks are cut as days. */
const stepLength = { minute: 16, hour: 13, day: 10, week: 10, month: 7, year: 4 };

export function analyticsRoutes(world: World): Router {
  const router = Router();
  router.post('/analytics', (request, response) => {
    const org = requirePrivate(world, request.headers.authorization);
    const { queries } = parse(querySchema, request.body);
    response.status(201).json(queries.map((query) => answer(world, org.orgId, query)));
  });
  return router;
}

function answer(world: World, orgId: string, query: Query): Json {
  const { step, timezone = 'UTC' } = query.timeRange ?? {};
  const start = query.timeRange?.start ?? new Date(world.now() - week).toISOString();
  const end = query.timeRange?.end ?? new Date(world.now()).toISOString();
  const groups = new Map<string, { keys: Json; calls: Call[] }>();
  for (const call of findCalls(world, orgId, { createdAtGe: start, createdAtLt: end })) {
    const keys = keysOf(currentView(world, call), call, query, step);
    const name = JSON.stringify(keys);
    const group = groups.get(name) ?? { keys, calls: [] };
    groups.set(name, group);
    group.calls.push(call);
  }
  const result = [...groups.values()].map(({ keys, calls }) => ({
    ...keys,
    ...Object.fromEntries(
      query.operations.map((operation) => [nameOf(operation), compute(operation, calls)]),
    ),
  }));
  return {
    name: query.name,
    timeRange: { ...(step === undefined ? {} : { step }), start, end, timezone },
    result,
  };
}

function keysOf(view: Json, call: Call, query: Query, step: keyof typeof stepLength | undefined): Json {
  const keys: Json = {};
  if (step !== undefined) keys.date = new Date(call.createdAt).toISOString().slice(0, stepLength[step]);
  for (const field of query.groupBy ?? []) keys[field] = view[field] ?? null;
  for (const { key } of query.groupByVariableValue ?? [])
    keys[key] = (call.overrides.variableValues as Json | undefined)?.[key] ?? null;
  return keys;
}

const nameOf = ({ alias, operation, column }: Operation): string =>
  alias ?? operation + column.charAt(0).toUpperCase() + column.slice(1);

/** Durations are minutes, as in the service's examples. */
function columnOf(call: Call, column: string): number {
  if (column === 'cost') return shownCost(call);
  if (column === 'duration' || column === 'minutesUsed') return durationOf(call) / 60;
  const part = /^costBreakdown\.(\w+)$/.exec(column)?.[1];
  return part === undefined || !call.costShown ? 0 : Number(call.cost?.costBreakdown[part] ?? 0);
}

const operations: Record<Operation['operation'], (values: number[]) => number> = {
  sum: (values) => values.reduce((total, value) => total + value, 0),
  avg: (values) =>
    values.length === 0 ? 0 : values.reduce((total, value) => total + value, 0) / values.length,
  count: (values) => values.length,
  min: (values) => Math.min(...values),
  max: (values) => Math.max(...values),
};

const compute = ({ operation, column }: Operation, calls: Call[]): number =>
  Math.round(operations[operation](calls.map((call) => columnOf(call, column))) * 1e6) / 1e6;
