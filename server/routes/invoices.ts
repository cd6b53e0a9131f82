/** Invoices: the operator issues them, a client reads its own. */
import { createHash } from 'node:crypto';
import express, { type Request, type Response, Router } from 'express';
import { centsToDecimal } from '../base/money.ts';
import { monthIn } from '../base/time-zone.ts';
import { issueCreditNote } from '../billing/books/credit-note.ts';
import { eInvoiceOf } from '../billing/books/e-invoice/e-invoice.ts';
import { annexFoot, annexHead, annexRows, invoiceHtml, invoiceStyle } from '../billing/books/invoice-html.ts';
import { invoicePdf } from '../billing/books/invoice-pdf.ts';
import { draftInvoice, finalizeInvoice, nothingToBill } from '../billing/books/invoicing.ts';
import {
  documentOf,
  issuedDocument,
  viewInvoice,
  viewInvoiceCall,
  viewSummary,
} from '../billing/books/views.ts';
import type { BilledCall } from '../billing/month/earlier-months.ts';
import { rateMonth } from '../billing/month/rated-month.ts';
import { monthInstants, monthOfDay } from '../billing/plan/period.ts';
import type { BillingContext } from '../billing/stripe/billing-context.ts';
import { bookPaid } from '../billing/stripe/paid-outside.ts';
import { paymentPageOf } from '../billing/stripe/payment-page.ts';
import { pushInvoice } from '../billing/stripe/stripe-push.ts';
import { voidEverywhere } from '../billing/stripe/stripe-withdraw.ts';
import {
  creditNoteSchema,
  draftInvoiceSchema,
  eInvoiceQuerySchema,
  type InvoiceLine,
  type InvoiceSummary,
  invoiceCallsQuerySchema,
  invoiceQuerySchema,
  type PaymentPageAnswer,
  pageQuerySchema,
  voidInvoiceSchema,
} from '../contract.ts';
import { ApiError, invalidField } from '../errors.ts';
import { createLedgerCheck } from '../metering/ledger-check.ts';
import { findCall } from '../store/calls.ts';
import { hasInvoiceCall, listLineCalls, pagesOfLine } from '../store/invoice-calls.ts';
import { listInvoices } from '../store/invoice-lists.ts';
import { findInvoice, type InvoiceRow, leftToPayCents } from '../store/invoices.ts';
import type { Tenant } from '../store/tenants.ts';
import { actorIn, billedTenant, seesProviderCost } from './caller.ts';
import { accessIn } from './client-access.ts';
import { type Column, plainColumns, sendCsv, wantsCsv } from './csv.ts';
import { readPage, strangeCursor } from './cursor.ts';
import { parse } from './parse.ts';
import { writeOut } from './write-out.ts';

export function invoiceRoutes(ctx: BillingContext): Router {
  const router = Router();
  const body = express.json({ limit: '16kb' });
  const view = (row: InvoiceRow) => viewInvoice(ctx.store, row);

  router.get('/:slug/invoices', async (req, res) => {
    const query = parse(pageQuerySchema, req.query);
    const tenant = await billedTenant(ctx, req, res);
    const { page, nextCursor } = await readPage(query, 'createdAt', (after, limit) =>
      listInvoices(ctx.store, tenant.id, after, limit, seesProviderCost(res)),
    );
    const invoices = page.map(viewSummary);
    if (wantsCsv(req)) {
      if (nextCursor !== null) res.set('X-Next-Cursor', nextCursor);
      sendCsv(res, `invoices-${tenant.slug}`, invoiceColumns, invoices);
    } else {
      res.json({ invoices, nextCursor });
    }
  });

  router.get('/:slug/invoices/:id', async (req, res) => {
    const { calls } = parse(invoiceQuerySchema, req.query);
    const { tenant, row } = await visibleInvoice(req, res);
    if (req.accepts(['application/json', 'text/html']) !== 'text/html') {
      res.json(await view(row));
      return;
    }
    const document = documentOf(row);
    const styleHash = createHash('sha256').update(invoiceStyle(document)).digest('base64');
    const policy = `default-src 'none'; style-src 'sha256-${styleHash}'; img-src https:; frame-ancestors 'none'`;
    const left = await leftToPayCents(ctx.store, row);
    const isCredited = row.kind === 'invoice' && row.status !== 'draft' && left < row.dueCents;
    const leftCents = isCredited ? left : null;
    const { body, foot } = invoiceHtml(document, row.sha256, tenant.timeZone, leftCents);
    res.set('Content-Security-Policy', policy).type('html');
    if (calls !== 'yes' || row.status === 'draft' || !accessIn(res).callPrices) {
      res.send(body + foot);
      return;
    }
    res.write(body);
    for (const line of document.lines) {
      const { kind, planId, rate } = line;
      if (rate === null || line.calls === 0) continue;
      res.write(annexHead(line));
      const which = { kind, month: monthOfDay(line.from), planId, rate };
      for await (const page of pagesOfLine(ctx.store, row.id, which)) {
        await writeOut(res, annexRows(page));
        if (res.destroyed) return;
      }
      res.write(annexFoot);
    }
    res.end(foot);
  });

  router.get('/:slug/invoices/:id/lines/:no/calls', async (req, res) => {
    const { cursor, limit } = parse(invoiceCallsQuerySchema, req.query);
    const { tenant, row } = await visibleInvoice(req, res);
    const line = documentOf(row).lines.find(({ no }) => String(no) === req.params.no);
    if (!line) throw new ApiError('not_found');
    const calls = await callsOf(row, line, cursor ?? null, limit + 1);
    if (cursor !== undefined && !(await isCallOf(tenant, row, cursor))) throw strangeCursor();
    const withCost = seesProviderCost(res);
    const page = calls.slice(0, limit).map((call) => viewInvoiceCall(call, withCost));
    const nextCursor = calls.length > limit ? (page.at(-1)?.callId ?? null) : null;
    if (wantsCsv(req)) {
      if (nextCursor !== null) res.set('X-Next-Cursor', nextCursor);
      sendCsv(res, `invoice-${row.number ?? row.id}-line-${line.no}`, callColumns(withCost), page);
    } else {
      res.json({ calls: page, nextCursor });
    }
  });

  router.get('/:slug/invoices/:id/payment-page', async (req, res) => {
    const { row } = await visibleInvoice(req, res);
    res.json({ url: await paymentPageOf(ctx, row) } satisfies PaymentPageAnswer);
  });

  router.get('/:slug/invoices/:id/e-invoice', async (req, res) => {
    const { format } = parse(eInvoiceQuerySchema, req.query);
    const { row } = await visibleInvoice(req, res);
    const xml = eInvoiceOf(row, format);
    res.set('Content-Disposition', `attachment; filename="${row.number ?? row.id}-${format}.xml"`);
    res.type('application/xml').send(xml);
  });

  router.get('/:slug/invoices/:id/pdf', async (req, res) => {
    const { tenant, row } = await visibleInvoice(req, res);
    const { document, sha256 } = issuedDocument(row);
    const pdf = await invoicePdf(document, sha256, tenant.timeZone);
    res.set('Content-Disposition', `attachment; filename="${row.number ?? row.id}.pdf"`);
    res.type('application/pdf').send(pdf);
  });

  router.post('/:slug/invoices', body, async (req, res) => {
    const { period } = parse(draftInvoiceSchema, req.body);
    const tenant = await billedTenant(ctx, req, res);
    if (period > monthIn(tenant.timeZone, ctx.now())) {
      throw invalidField('period', `${period} has not begun yet`);
    }
    const draft = await draftInvoice(ctx, tenant, period, actorIn(req, res));
    if (!draft) throw nothingToBill(period);
    const { row, open } = draft;
    res.status(201).location(`/v1/tenants/${tenant.slug}/invoices/${row.id}`);
    res.json({
      ...(await view(row)),
      openCalls: open.slice(0, 100),
      openCount: open.length,
    });
  });

  router.post('/:slug/invoices/:id/finalize', async (req, res) => {
    const { tenant, row } = await visibleInvoice(req, res);
    const notCompared =
      row.status === 'draft'
        ? await createLedgerCheck(ctx)(tenant, monthInstants(tenant.timeZone, row.month))
        : null;
    const frozen = await finalizeInvoice(ctx, tenant, row.id, actorIn(req, res));
    res.json({ ...(await view(frozen)), ...(notCompared === null ? {} : { notCompared }) });
  });

  /** To Stripe; safe to repeat. */
  router.post('/:slug/invoices/:id/push', async (req, res) => {
    const { tenant, row } = await visibleInvoice(req, res);
    res.json(await view(await pushInvoice(ctx, tenant, row.id, actorIn(req, res))));
  });

  router.post('/:slug/invoices/:id/void', body, async (req, res) => {
    const { reason } = parse(voidInvoiceSchema, req.body ?? {});
    const { tenant, row } = await visibleInvoice(req, res);
    res.json(await view(await voidEverywhere(ctx, tenant, row, { ...actorIn(req, res), reason })));
  });

  router.post('/:slug/invoices/:id/credit-notes', body, async (req, res) => {
    const request = parse(creditNoteSchema, req.body);
    const { tenant, row } = await visibleInvoice(req, res);
    const by = actorIn(req, res);
    const note = await issueCreditNote(ctx, tenant, { invoiceId: row.id, request, by });
    res.status(201).json(await view(note));
  });

  /** For payments made outside Stripe, however the invoice is collected. */
  router.post('/:slug/invoices/:id/paid', async (req, res) => {
    const { tenant, row } = await visibleInvoice(req, res);
    res.json(await view(await bookPaid(ctx, tenant, row, actorIn(req, res))));
  });

  /** Clients do not see drafts: they may be wrong. */
  async function visibleInvoice(req: Request, res: Response): Promise<{ tenant: Tenant; row: InvoiceRow }> {
    const tenant = await billedTenant(ctx, req, res);
    const row = await findInvoice(ctx.store, tenant.id, String(req.params.id));
    if (!row || (row.status === 'draft' && !seesProviderCost(res))) throw new ApiError('not_found');
    return { tenant, row };
  }

  async function isCallOf(tenant: Tenant, row: InvoiceRow, callId: string): Promise<boolean> {
    if (row.status === 'draft') return (await findCall(ctx.store, tenant.id, callId)) !== null;
    return hasInvoiceCall(ctx.store, row.id, callId);
  }

  /** In order of id; those of a draft are computed, because it has no document yet. */
  async function callsOf(
    row: InvoiceRow,
    line: InvoiceLine,
    after: string | null,
    limit: number,
  ): Promise<BilledCall[]> {
    const { kind, planId, rate } = line;
    if (rate === null || kind === 'credited-before') return [];
    const month = monthOfDay(line.from);
    if (row.status !== 'draft') {
      return listLineCalls(ctx.store, row.id, { kind, month, planId, rate }, after, limit);
    }
    const found: BilledCall[] = [];
    await rateMonth(ctx.store, row.tenantId, row.month, async (calls) => {
      for (const call of calls) {
        const own = call.month === month && call.planId === planId && call.rate === rate;
        if (own && call.seq > 0 === (kind === 'correction')) found.push(call);
      }
    });
    return found
      .filter(({ callId }) => after === null || callId > after)
      .sort((a, b) => (a.callId < b.callId ? -1 : 1))
      .slice(0, limit);
  }

  return router;
}

const money = (
  name: string,
  cents: 'totalCents' | 'dueCents' | 'leftToPayCents',
): Column<InvoiceSummary> => ({
  name,
  value: (invoice) => ({ amount: centsToDecimal(invoice[cents], invoice.currency) }),
});

const invoiceColumns: Column<InvoiceSummary>[] = [
  ...plainColumns<InvoiceSummary>(
    'number',
    'kind',
    'status',
    'month',
    'issuedAt',
    'dueAt',
    'paidAt',
    'currency',
  ),
  money('total', 'totalCents'),
  money('due', 'dueCents'),
  ...plainColumns<InvoiceSummary>('id', 'state'),
  money('left', 'leftToPayCents'),
];

type CallOfLine = ReturnType<typeof viewInvoiceCall>;
function callColumns(withCost: boolean): Column<CallOfLine>[] {
  return [
    { name: 'call', value: (call) => call.callId },
    ...plainColumns<CallOfLine>('correction', 'seconds', 'billedSeconds', 'priceMicros'),
    ...(withCost ? [{ name: 'costMicros', value: (call: CallOfLine) => call.costMicros ?? null }] : []),
  ];
}
