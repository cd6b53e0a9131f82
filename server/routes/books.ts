/** The invoices of all clients in one list, for the operator. */
import { Router } from 'express';
import { z } from 'zod';
import { centsToDecimal } from '../base/money.ts';
import { viewSummary } from '../billing/books/views.ts';
import type { Context } from '../context.ts';
import {
  type BookedInvoice,
  type BookSort,
  type BooksAnswer,
  bookSorts,
  booksQuerySchema,
} from '../contract.ts';
import { type BookedRow, type BooksPage, listAllInvoices, sumAllInvoices } from '../store/invoice-lists.ts';
import { handleOf } from '../store/tenants.ts';
import { type Column, sendAllAsCsv, wantsCsv } from './csv.ts';
import { cursorOf, positionIn, strangeCursor } from './cursor.ts';
import { parse } from './parse.ts';

/** How many documents are summed: more would keep the database busy for a figure that no one waits for. */
const mostSummed = 20_000;

export function booksRoutes(ctx: Context): Router {
  const router = Router();

  router.get('/invoices', async (req, res) => {
    const query = parse(booksQuerySchema, req.query);
    const { month = null, status = null, state = null, search = null, sort, order, limit } = query;
    const wanted = { month, status, state, search };
    if (wantsCsv(req)) {
      const inTime = { sort: 'time', isDescending: true } as const;
      const list = (after: BooksPage['after'], most: number) =>
        listAllInvoices(ctx.store, wanted, { ...inTime, after, limit: most });
      return sendAllAsCsv(res, month === null ? 'invoices' : `invoices-${month}`, bookedColumns, list);
    }
    const after = readCursor(query.cursor, sort);
    const page = { sort, isDescending: order === 'desc', after, limit: limit + 1 };
    const rows = await listAllInvoices(ctx.store, wanted, page);
    const amounts = await sumAllInvoices(ctx.store, wanted, mostSummed);
    const documents = amounts.reduce((sum, one) => sum + one.documents, 0);
    const shown = rows.slice(0, limit);
    const last = shown.at(-1);
    res.json({
      invoices: shown.map(view),
      totals: { documents, amounts, complete: documents < mostSummed },
      nextCursor: rows.length > limit && last ? cursorOf([sort, last.key, last.id]) : null,
    } satisfies BooksAnswer);
  });

  return router;
}

/** PostgreSQL cannot compare with a zero byte, and no id has one. */
const id = z
  .string()
  .max(100)
  .regex(/^[^\0]*$/);
const positionSchema = z.tuple([z.enum(bookSorts), z.int(), id]);

/** @throws ApiError `invalid_request` also for the cursor of a list in another order */
function readCursor(cursor: string | undefined, of: BookSort): BooksPage['after'] {
  if (cursor === undefined) return null;
  const [sort, key, last] = positionIn(cursor, positionSchema);
  if (sort !== of) throw strangeCursor();
  return { key, id: last };
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
  ({ name, value }): Column<BookedRow & { key: number }> => ({ name, value: (row) => value(view(row)) }),
);
