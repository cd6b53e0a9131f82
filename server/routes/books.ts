/** The invoices of all clients in one list, for the operator. */
import { once } from 'node:events';
import { type Response, Router } from 'express';
import { centsToDecimal } from '../base/money.ts';
import { viewSummary } from '../billing/books/views.ts';
import type { Context } from '../context.ts';
import { type BookedInvoice, type BooksAnswer, booksQuerySchema } from '../contract.ts';
import { type BookedRow, type BooksPage, listAllInvoices } from '../store/invoice-lists.ts';
import { handleOf } from '../store/tenants.ts';
import { type Column, csvLines, startCsv, wantsCsv } from './csv.ts';
import { cutPage, readCursor } from './cursor.ts';
import { parse } from './parse.ts';

const exportPage = 1000;

export function booksRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/invoices', async (req, res) => {
    const { cursor, limit, month = null, status = null, state = null } = parse(booksQuerySchema, req.query);
    const filter = { month, status, state };
    if (wantsCsv(req)) return sendAll(res, filter);
    const after = readCursor(cursor);
    const position = after && { createdAt: after.time, id: after.id };
    const rows = await listAllInvoices(ctx.store, { ...filter, after: position, limit: limit + 1 });
    const { page, nextCursor } = cutPage(rows, limit, (row) => ({ time: row.createdAt, id: row.id }));
    res.json({ invoices: page.map(view), nextCursor } satisfies BooksAnswer);
  });

  /** A file has no pages. */
  async function sendAll(
    res: Response,
    filter: Pick<BooksPage, 'month' | 'status' | 'state'>,
  ): Promise<void> {
    startCsv(res, filter.month === null ? 'invoices' : `invoices-${filter.month}`, columns);
    let after: BooksPage['after'] = null;
    for (;;) {
      const rows = await listAllInvoices(ctx.store, { ...filter, after, limit: exportPage });
      if (!res.write(csvLines(columns, rows.map(view))) && !res.writableEnded) {
        await Promise.race([once(res, 'drain'), once(res, 'close')]);
      }
      const last = rows.at(-1);
      if (rows.length < exportPage || !last || res.destroyed) break;
      after = { createdAt: last.createdAt, id: last.id };
    }
    res.end();
  }

  return router;
}

function view({ slug, name, timeZone, deletedAt, ...row }: BookedRow): BookedInvoice {
  const tenant = handleOf({ id: row.tenantId, slug, deletedAt });
  return { ...viewSummary(row), tenant, tenantName: name, timeZone };
}

const amount = (cents: number, { currency }: BookedInvoice) => ({ amount: centsToDecimal(cents, currency) });
const columns: Column<BookedInvoice>[] = [
  { name: 'number', value: (row) => row.number },
  { name: 'kind', value: (row) => row.kind },
  { name: 'status', value: (row) => row.status },
  { name: 'tenant', value: (row) => row.tenant },
  { name: 'name', value: (row) => row.tenantName },
  { name: 'month', value: (row) => row.month },
  { name: 'issuedAt', value: (row) => row.issuedAt },
  { name: 'dueAt', value: (row) => row.dueAt },
  { name: 'paidAt', value: (row) => row.paidAt },
  { name: 'currency', value: (row) => row.currency },
  { name: 'total', value: (row) => amount(row.totalCents, row) },
  { name: 'due', value: (row) => amount(row.dueCents, row) },
  { name: 'stripeId', value: (row) => row.stripeId },
  { name: 'id', value: (row) => row.id },
  { name: 'state', value: (row) => row.state },
  { name: 'left', value: (row) => amount(row.leftToPayCents, row) },
];
