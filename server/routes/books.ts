/** The invoices of all clients in one list, for the operator. */
import { Router } from 'express';
import { centsToDecimal } from '../base/money.ts';
import { viewSummary } from '../billing/books/views.ts';
import type { Context } from '../context.ts';
import { type BookedInvoice, type BooksAnswer, booksQuerySchema } from '../contract.ts';
import { type BookedRow, type BooksPage, listAllInvoices } from '../store/invoice-lists.ts';
import { handleOf } from '../store/tenants.ts';
import { type Column, sendAllAsCsv, wantsCsv } from './csv.ts';
import { readPage } from './cursor.ts';
import { parse } from './parse.ts';

export function booksRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/invoices', async (req, res) => {
    const query = parse(booksQuerySchema, req.query);
    const { month = null, status = null, state = null } = query;
    const list = (after: BooksPage['after'], limit: number) =>
      listAllInvoices(ctx.store, { month, status, state, after, limit });
    if (wantsCsv(req)) {
      return sendAllAsCsv(res, month === null ? 'invoices' : `invoices-${month}`, bookedColumns, list);
    }
    const { page, nextCursor } = await readPage(query, 'createdAt', list);
    res.json({ invoices: page.map(view), nextCursor } satisfies BooksAnswer);
  });

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
const bookedColumns = columns.map(
  ({ name, value }): Column<BookedRow> => ({ name, value: (row) => value(view(row)) }),
);
