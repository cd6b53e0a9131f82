/** What visitors left when no one could talk to them, for the people who answer. */
import express, { Router } from 'express';
import { removeLead, updateLead } from '../access/leads/kept-leads.ts';
import { viewLead } from '../access/secrets/lead-content.ts';
import type { Context } from '../context.ts';
import { changeLeadSchema, type LeadsAnswer, type LeadView, leadsQuerySchema } from '../contract.ts';
import { listLeads } from '../store/leads.ts';
import { actorIn, billedTenant } from './caller.ts';
import { type Column, sendAllAsCsv, wantsCsv } from './csv.ts';
import { readPage } from './cursor.ts';
import { parse } from './parse.ts';

export function leadRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/:slug/leads', async (req, res) => {
    const { state = null, ...query } = parse(leadsQuerySchema, req.query);
    const tenant = await billedTenant(ctx, req, res);
    const list = async (after: { createdAt: number; id: string } | null, limit: number) => {
      const rows = await listLeads(ctx.store, tenant.id, state, after, limit);
      return rows.map((row) => ({ ...viewLead(ctx, row), createdAt: row.createdAt }));
    };
    if (wantsCsv(req)) return sendAllAsCsv(res, `leads-${tenant.slug}`, columns, list);
    const { page, nextCursor } = await readPage(query, 'createdAt', list);
    const leads = page.map(({ createdAt: _createdAt, ...view }): LeadView => view);
    res.json({ leads, isOn: tenant.leads !== null, nextCursor } satisfies LeadsAnswer);
  });

  router.patch('/:slug/leads/:id', express.json({ limit: '16kb' }), async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    const changes = parse(changeLeadSchema, req.body);
    const lead = await updateLead(ctx, tenant, String(req.params.id), changes, actorIn(req, res));
    res.json(lead satisfies LeadView);
  });

  router.delete('/:slug/leads/:id', async (req, res) => {
    const tenant = await billedTenant(ctx, req, res);
    await removeLead(ctx, tenant, String(req.params.id), actorIn(req, res));
    res.status(204).end();
  });

  return router;
}

type Row = LeadView & { createdAt: number };
const of = (name: 'name' | 'phone' | 'email' | 'message' | 'page'): Column<Row> => ({
  name,
  value: ({ content }) => content?.[name] ?? null,
});
const columns: Column<Row>[] = [
  { name: 'at', value: ({ at }) => at },
  { name: 'state', value: ({ state }) => state },
  { name: 'reason', value: ({ reason }) => reason },
  ...(['name', 'phone', 'email', 'message', 'page'] as const).map(of),
  { name: 'consent', value: ({ content }) => content?.consent.version ?? null },
  { name: 'note', value: ({ note }) => note },
  { name: 'id', value: ({ id }) => id },
];
