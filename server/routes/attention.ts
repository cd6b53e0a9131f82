/** What needs the operator's attention: from stored sums, states and notices; nothing is rated for it. */
import { Router } from 'express';
import { noticeText } from '../access/notices/notice-text.ts';
import { iso } from '../base/iso.ts';
import { centsToDecimal } from '../base/money.ts';
import { currentMonths } from '../billing/month/month-prices.ts';
import type { Context } from '../context.ts';
import {
  type AttentionAnswer,
  type AttentionEntry,
  type AttentionPlace,
  attentionQuerySchema,
  type NoticeKind,
} from '../contract.ts';
import {
  countMonthFindings,
  countOverdue,
  listMonthFindings,
  listOverdue,
  type MonthFinding,
  type OverdueInvoice,
} from '../store/attention.ts';
import { listNotices, type Notice } from '../store/notices.ts';
import { parse } from './parse.ts';

/** A notice is about a moment, and nothing says when it was dealt with: after a week it is only history. */
const noticeMs = 7 * 86_400_000;
const mostNotices = 200;

/** Kinds with something to do that no state or sum shows, and where it is done. */
const placeOf: Partial<Record<NoticeKind, AttentionPlace>> = {
  'budget-80': 'settings',
  'budget-100': 'settings',
  'refused-origins': 'site',
  'not-reporting': 'settings',
  'key-not-changed': 'settings',
  'outbox-full': 'settings',
  'payment-failed': 'invoices',
  'payment-reversed': 'invoices',
  'invoice-strayed': 'invoices',
  'call-unknown': 'calls',
  'cost-refused': 'calls',
};

export function attentionRoutes(ctx: Context): Router {
  const router = Router();
  router.get('/', async (req, res) => {
    const { limit } = parse(attentionQuerySchema, req.query);
    const [month] = currentMonths(ctx.now());
    const [months, monthEntries, overdue, overdueEntries, notices] = await Promise.all([
      listMonthFindings(ctx.store, month, limit),
      countMonthFindings(ctx.store, month),
      listOverdue(ctx.store, limit),
      countOverdue(ctx.store),
      listNotices(ctx.store, null, mostNotices),
    ]);
    const recent = notices.filter(({ createdAt }) => createdAt > ctx.now() - noticeMs).flatMap(ofNotice);
    const all = [...recent, ...overdue.map(ofInvoice), ...months.flatMap(ofMonth)];
    // What has no time comes last.
    all.sort((a, b) => (b.since ?? '').localeCompare(a.since ?? ''));
    const total = recent.length + overdueEntries + monthEntries;
    res.json({ entries: all.slice(0, limit), total } satisfies AttentionAnswer);
  });
  return router;
}

function ofNotice({ kind, period, payload, createdAt }: Notice): AttentionEntry[] {
  const place = placeOf[kind];
  if (!place) return [];
  const { data } = JSON.parse(payload) as { data: { tenant: string; name?: string } };
  const { title, text } = noticeText(kind, period, data, null);
  return [
    {
      kind: kind as AttentionEntry['kind'],
      ...{ tenant: data.tenant, tenantName: data.name ?? data.tenant, since: iso(createdAt) },
      text: `${title.charAt(0).toUpperCase()}${title.slice(1)}. ${text}`,
      ...{ place, item: null },
    },
  ];
}

function ofInvoice({ id, number, dueAt, slug, name }: OverdueInvoice): AttentionEntry {
  return {
    kind: 'invoice-overdue',
    ...{ tenant: slug, tenantName: name, since: dueAt === null ? null : iso(dueAt) },
    text: `Invoice ${number} is overdue. Ask for the payment, or mark it as paid.`,
    ...{ place: 'invoices', item: id },
  };
}

function ofMonth(row: MonthFinding): AttentionEntry[] {
  const { slug, name, callsWithoutCost, problem, isLoss, currency, priceCents, costCents } = row;
  const of = { tenant: slug, tenantName: name, since: null, item: null } as const;
  const amount = (cents: number | null) =>
    `${centsToDecimal(cents ?? 0, currency ?? 'usd')} ${(currency ?? 'usd').toUpperCase()}`;
  const entries: AttentionEntry[] = [];
  if (problem !== null) entries.push({ ...of, kind: 'no-price', text: problem, place: 'billing' });
  if (isLoss === 1) {
    const text = `This month’s calls cost ${amount(costCents)}, but bring in ${amount(priceCents)}. Change its plan.`;
    entries.push({ ...of, kind: 'loss', text, place: 'billing' });
  }
  if (callsWithoutCost > 0) {
    const calls = callsWithoutCost === 1 ? '1 call has' : `${callsWithoutCost} calls have`;
    const text = `${calls} no known cost this month. Vapi is asked again automatically; nothing is billed for them until then.`;
    entries.push({ ...of, kind: 'calls-without-cost', text, place: 'calls' });
  }
  return entries;
}
