/** The operator's palette: clients, invoices and calls by what is typed. */
import { Router } from 'express';
import { iso } from '../base/iso.ts';
import type { Context } from '../context.ts';
import { type SearchAnswer, searchQuerySchema } from '../contract.ts';
import { searchCalls, searchClients, searchInvoices } from '../store/search.ts';
import { handleOf } from '../store/tenants.ts';
import { parse } from './parse.ts';

const ofEach = 6;

export function searchRoutes(ctx: Context): Router {
  const router = Router();
  router.get('/search', async (req, res) => {
    const { q } = parse(searchQuerySchema, req.query);
    const [clients, invoices, calls] = await Promise.all([
      searchClients(ctx.store, q, ofEach),
      searchInvoices(ctx.store, q, ofEach),
      searchCalls(ctx.store, q),
    ]);
    const tenantOf = ({ tenantId, slug, deletedAt }: (typeof clients)[number]) =>
      handleOf({ id: tenantId, slug, deletedAt });
    res.json({
      found: [
        ...clients.map((row) => ({
          kind: 'client' as const,
          ...{ tenant: row.slug, id: row.slug, title: row.name, detail: row.slug },
        })),
        ...invoices.map((row) => ({
          kind: 'invoice' as const,
          ...{
            tenant: tenantOf(row),
            id: row.id,
            title: row.number ?? '',
            detail: `${row.name}, ${row.month}`,
          },
        })),
        ...calls.map((row) => ({
          kind: 'call' as const,
          ...{ tenant: tenantOf(row), id: row.id, title: row.id },
          detail: `${row.name}, ${iso(row.createdAt).slice(0, 10)}`,
        })),
      ],
    } satisfies SearchAnswer);
  });
  return router;
}
