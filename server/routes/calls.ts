/** The ledger's calls, one by one. */
import { type Request, type Response, Router } from 'express';
import type { AccessContext } from '../access/access-context.ts';
import { readIdentity } from '../access/start/identity.ts';
import { iso } from '../base/iso.ts';
import { oneAtATime } from '../base/one-at-a-time.ts';
import { monthIn } from '../base/time-zone.ts';
import { pricesOfCalls } from '../billing/month/call-prices.ts';
import type { Context } from '../context.ts';
import {
  type CallDetail,
  type CallFeedback,
  type CallRevision,
  type CallsAnswer,
  type CallsQuery,
  type CallView,
  callQuerySchema,
  callsQuerySchema,
} from '../contract.ts';
import { ApiError, invalidField } from '../errors.ts';
import { noteRead } from '../metering/callers.ts';
import { dismissCall } from '../metering/dismiss.ts';
import { judgedBy } from '../metering/outcomes.ts';
import { viewResults } from '../metering/results.ts';
import { findOwners } from '../store/call-owners.ts';
import { type CallResultsRow, findCallResults } from '../store/call-results.ts';
import { type CallRow, type CallsPage, findCall, listCalls, listRevisions } from '../store/calls.ts';
import { findFeedback } from '../store/feedback.ts';
import { findCallOutcome } from '../store/outcomes.ts';
import { findReservation } from '../store/reservations.ts';
import type { Tenant } from '../store/tenants.ts';
import { figuresOf, filtersIn, resultColumns, withFigures } from './call-results.ts';
import { callColumns, viewCall } from './call-view.ts';
import { actorIn, billedTenant, callerIn, countRead, seesProviderCost } from './caller.ts';
import { accessIn } from './client-access.ts';
import { sendAllAsCsv, wantsCsv } from './csv.ts';
import { readPage } from './cursor.ts';
import { parse } from './parse.ts';

/** A price can depend on all calls of the month before it, so a single one costs as much as the month has calls. */
const readsPerPrice = 10;

export function callRoutes(ctx: AccessContext): Router {
  const router = Router();
  // Even with many requests at once, other work gets its turn between two pages of a month.
  const inTurn = oneAtATime();

  router.get('/:slug/calls', async (req, res) => {
    const query = parse(callsQuerySchema, req.query);
    const tenant = await billedTenant(ctx, req, res);
    const withCost = seesProviderCost(res);
    const withResults = accessIn(res).results;
    for (const name of ['success', 'outcome', 'language'] as const)
      if (query[name] !== undefined && !withResults) throw invalidField(name, 'is not shown to this client');
    const list = async (after: CallsPage['after'], limit: number) =>
      withFigures(ctx.store, await listCalls(ctx.store, tenant.id, { ...filtersOf(query), after, limit }));
    const columns = [...callColumns(withCost), ...(withResults ? resultColumns : [])];
    if (wantsCsv(req)) return sendAllAsCsv(res, `calls-${tenant.slug}`, columns, list);
    const { page, nextCursor } = await readPage(query, 'createdAt', list);
    const prices = query.prices ? await pricesOf(res, tenant, page) : null;
    const view = (row: (typeof page)[number]): CallView => ({
      ...viewCall(row, withCost),
      ...row.figures,
      ...(prices ? { priceMicros: prices.get(row.id) ?? null } : {}),
    });
    res.json({ calls: page.map(view), nextCursor } satisfies CallsAnswer);
  });

  router.get('/:slug/calls/:id', async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const row = await findCall(ctx.store, tenant.id, req.params.id);
    if (!row) throw new ApiError('not_found');
    const { prices } = parse(callQuerySchema, req.query);
    const withCost = seesProviderCost(res);
    const priced = prices ? await pricesOf(res, tenant, [row]) : null;
    const revisions = withCost ? await listRevisions(ctx.store, tenant.id, row.id) : [];
    const feedback = viewFeedback(await findFeedback(ctx.store, tenant.id, row.id));
    const kept = await findCallResults(ctx.store, tenant.id, row.id);
    const outcome = await findCallOutcome(ctx.store, tenant.id, row.id);
    res.json({
      ...viewCall(row, withCost),
      ...figuresOf(kept, outcome),
      judgedBy: await judgedBy(ctx.store, tenant.id, outcome?.version ?? null),
      ...(await resultsShown(req, res, tenant, kept)),
      ...(await identityShown(req, res, tenant, row)),
      ...(priced ? { priceMicros: priced.get(row.id) ?? null } : {}),
      feedback,
      consent: await consentOf(ctx, tenant, row),
      ...(withCost ? { confirmed: await isConfirmed(row), revisions: revisions.map(viewRevision) } : {}),
    });
  });

  /** Written down before it is shown, like a transcript. */
  async function resultsShown(req: Request, res: Response, tenant: Tenant, kept: CallResultsRow | null) {
    if (!callerIn(res).permissions.includes('content.read') || !accessIn(res).results) return {};
    const results = viewResults(ctx, tenant, kept, !seesProviderCost(res));
    if (kept && results) await noteRead(ctx, tenant, kept.callId, 'results', actorIn(req, res));
    return { results };
  }

  async function identityShown(req: Request, res: Response, tenant: Tenant, { id }: CallRow) {
    if (!callerIn(res).permissions.includes('content.read') || !accessIn(res).transcripts) return {};
    const identity = await readIdentity(ctx, tenant.id, id);
    if (identity) await noteRead(ctx, tenant, id, 'identity', actorIn(req, res));
    return { identity };
  }

  router.post('/:slug/calls/:id/dismiss', async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const row = await dismissCall(ctx, tenant, String(req.params.id), actorIn(req, res));
    res.json(viewCall(row, true) satisfies CallView);
  });

  /** A row without an owner predates owners. */
  async function isConfirmed({ tenantId, id }: CallRow): Promise<boolean> {
    const owner = (await findOwners(ctx.store, [id])).get(id);
    return owner === undefined || (owner.tenantId === tenantId && owner.confirmed);
  }

  async function pricesOf(res: Response, tenant: Tenant, rows: CallRow[]): Promise<Map<string, number>> {
    await countRead(ctx, res, readsPerPrice);
    return inTurn(async () => {
      // A caller that has disconnected needs no prices.
      if (res.destroyed) return new Map();
      return pricesOfCalls(ctx.store, tenant.id, rows, monthIn(tenant.timeZone, ctx.now()));
    });
  }

  return router;
}

async function consentOf(ctx: Context, tenant: Tenant, row: CallRow): Promise<CallDetail['consent']> {
  const start = row.sessionId && (await findReservation(ctx.store, tenant.id, row.sessionId));
  if (!start || start.consentVersion === null) return null;
  return { version: start.consentVersion, at: iso(start.createdAt) };
}

function viewFeedback(row: Awaited<ReturnType<typeof findFeedback>>): CallFeedback | null {
  return row && { rating: row.rating, comment: row.comment, at: iso(row.at) };
}

function filtersOf(query: CallsQuery): Omit<CallsPage, 'after' | 'limit'> {
  return {
    from: query.from ? Date.parse(query.from) : null,
    to: query.to ? Date.parse(query.to) : null,
    assistantId: query.assistantId ?? null,
    type: query.type ?? null,
    status: query.status ?? null,
    ...filtersIn(query),
  };
}

function viewRevision(row: Awaited<ReturnType<typeof listRevisions>>[number]): CallRevision {
  const { at, source, seconds, costMicros } = row;
  return { at: iso(at), source, seconds, costMicros };
}
