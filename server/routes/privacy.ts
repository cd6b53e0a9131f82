/** A caller's data across all calls of a client, and who has read or heard which call. */
import express, { type Response, Router } from 'express';
import { removeLeads } from '../access/leads/kept-leads.ts';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import {
  type CallReadsAnswer,
  callerRequestSchema,
  callReadsQuerySchema,
  type ErasedCaller,
  eraseCallerSchema,
  type FoundCaller,
  findCallerSchema,
} from '../contract.ts';
import { callsOfCaller, eraseCalls, exportCaller, leadsOfCaller } from '../metering/callers.ts';
import { listCallReads } from '../store/call-reads.ts';
import { actorIn, billedTenant, seesProviderCost } from './caller.ts';
import { accessIn } from './client-access.ts';
import { readPage } from './cursor.ts';
import { parse } from './parse.ts';
import { writeOut } from './write-out.ts';

export function privacyRoutes(ctx: Context): Router {
  const router = Router();
  const body = express.json({ limit: '4kb' });

  router.get('/:slug/call-reads', async (req, res) => {
    const { call, ...query } = parse(callReadsQuerySchema, req.query);
    const tenant = await billedTenant(ctx, req, res);
    const { page, nextCursor } = await readPage(query, 'at', (after, limit) =>
      listCallReads(ctx.store, tenant.id, call ?? null, after, limit),
    );
    const reads = page.map(({ at, callId, kind, actor }) => ({ at: iso(at), call: callId, kind, actor }));
    res.json({ reads, nextCursor, keptDays: ctx.config.keepDays } satisfies CallReadsAnswer);
  });

  // In a body, not in the address: addresses are logged.
  router.post('/:slug/callers/find', body, async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const { caller, ...query } = parse(findCallerSchema, req.body);
    const { page, nextCursor } = await readPage(query, 'createdAt', (after, limit) =>
      callsOfCaller(ctx, tenant, caller, after, limit),
    );
    const calls = page.map(({ id, type, createdAt, seconds }) => ({
      ...{ id, type, seconds },
      createdAt: iso(createdAt),
    }));
    const { contentRetentionDays } = tenant;
    const found = query.cursor === undefined ? await leadsOfCaller(ctx, tenant, caller) : [];
    const leads = found.map(({ id, at, state }) => ({ id, at, state }));
    res.json({ calls, leads, nextCursor, contentRetentionDays } satisfies FoundCaller);
  });

  router.post('/:slug/callers/export', body, async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const { caller } = parse(callerRequestSchema, req.body);
    const sees = seesProviderCost(res) ? 'all' : accessIn(res).results ? 'shown' : 'none';
    const calls = exportCaller(ctx, tenant, caller, actorIn(req, res), sees);
    const leads = accessIn(res).leads ? await leadsOfCaller(ctx, tenant, caller) : [];
    // Before the head: a refusal is still answered as one.
    let next = await calls.next();
    res.type('application/json').set('Content-Disposition', 'attachment; filename="caller.json"');
    const head = { tenant: tenant.slug, caller, exportedAt: iso(ctx.now()), leads };
    await writeOut(res, `${JSON.stringify(head).slice(0, -1)},"calls":[`);
    for (let separator = ''; !next.done && !res.destroyed; separator = ',') {
      await writeOut(res, separator + JSON.stringify(next.value));
      next = await nextOrBreakOff(calls, res);
    }
    if (!res.destroyed) res.end(']}');
  });

  router.post('/:slug/callers/erase', body, async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const { caller, ...query } = parse(eraseCallerSchema, req.body);
    // A call that is deleted is no longer found, so that a page begins where the one before ended.
    const { page, nextCursor } = await readPage(query, 'createdAt', (after, limit) =>
      callsOfCaller(ctx, tenant, caller, after, limit),
    );
    // First: unlike Vapi, the store does not fail for one of them.
    const leads = await leadsOfCaller(ctx, tenant, caller);
    const ids = leads.map(({ id }) => id);
    const deletedLeads = await removeLeads(ctx, tenant, ids, actorIn(req, res));
    const erased = await eraseCalls(ctx, tenant, page, actorIn(req, res));
    res.json({ ...erased, deletedLeads, nextCursor } satisfies ErasedCaller);
  });

  return router;
}

/** Half a file must not look like a whole one. */
async function nextOrBreakOff<Row>(rows: AsyncGenerator<Row, void>, res: Response) {
  try {
    return await rows.next();
  } catch (error) {
    res.destroy();
    throw error;
  }
}
