/** The month's close: begin it, follow it, stop and resume it, and read what it has done. */
import express, { Router } from 'express';
import { beginDrive } from '../billing/clerk/close-drive.ts';
import { beginClose, closeMonths, resumeClose, runOf, stopClose } from '../billing/clerk/close-job.ts';
import { readEntries, reportsOf } from '../billing/clerk/close-report.ts';
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import {
  type CloseClientsAnswer,
  type CloseReport,
  closeClientsQuerySchema,
  closeQuerySchema,
  closeRequestSchema,
  runsQuerySchema,
} from '../contract.ts';
import { listClients } from '../store/close-clients.ts';
import { type CloseRunRow, listCloseRuns } from '../store/close-runs.ts';
import { actorIn } from './caller.ts';
import { strangeCursor } from './cursor.ts';
import { parse } from './parse.ts';

export function closeRoutes(ctx: BillingContext): Router {
  const router = Router();
  const body = express.json({ limit: '16kb' });
  const report = async (run: CloseRunRow) => (await reportsOf(ctx.store, [run]))[0] as CloseReport;

  router.post('/close', body, async (req, res) => {
    const { wait } = parse(closeQuerySchema, req.query);
    const request = parse(closeRequestSchema, req.body ?? {});
    const { actor } = actorIn(req, res);
    if (wait === 'true') {
      res.json(await closeMonths(ctx, request, actor));
      return;
    }
    const id = await beginClose(ctx, request, actor);
    beginDrive(ctx, id);
    res.location(`runs/${id}`);
    res.status(202).json(await report(await runOf(ctx.store, id)));
  });

  router.get('/runs', async (req, res) => {
    const { 'dry-runs': dryRuns } = parse(runsQuerySchema, req.query);
    res.json({ runs: await reportsOf(ctx.store, await listCloseRuns(ctx.store, 50, dryRuns === 'true')) });
  });

  router.get('/runs/:id', async (req, res) => {
    res.json(await report(await runOf(ctx.store, req.params.id)));
  });

  router.get('/runs/:id/clients', async (req, res) => {
    const { state, cursor, limit } = parse(closeClientsQuerySchema, req.query);
    if (cursor !== undefined && !/^\d{1,9}$/.test(cursor)) throw strangeCursor();
    const { id } = await runOf(ctx.store, req.params.id);
    const after = Number(cursor ?? 0);
    const rows = await listClients(ctx.store, id, { after, limit: limit + 1, state });
    const page = rows.slice(0, limit);
    const clients = page.map((row) => ({ tenant: row.handle, state: row.state, entries: readEntries(row) }));
    const nextCursor = rows.length > limit ? String(page.at(-1)?.no) : null;
    res.json({ clients, nextCursor } satisfies CloseClientsAnswer);
  });

  router.post('/runs/:id/stop', async (req, res) => {
    res.json(await report(await stopClose(ctx.store, req.params.id)));
  });

  router.post('/runs/:id/resume', async (req, res) => {
    const run = await resumeClose(ctx, req.params.id);
    beginDrive(ctx, run.id);
    res.status(202).json(await report(run));
  });

  return router;
}
