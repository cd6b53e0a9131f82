/**
 * What billed months still owe: calls that came late and calls whose figures have changed. The next invoice bills them
 * on lines of their own month and plan; the frozen invoice stays as it is.
 */
import type { Queries } from '../../store/database.ts';
import { type InvoiceCall, listBilledCalls, readChanged } from '../../store/invoice-calls.ts';
import { type BilledSum, sumBilled } from '../../store/invoice-lines.ts';
import { listBilledMonths } from '../../store/invoices.ts';
import type { PlanVersion } from '../../store/plans.ts';
import { monthOfDay, monthPeriod } from '../plan/period.ts';
import { type Segment, segmentOn, segmentsOf } from '../plan/plan.ts';
import { type BillableCall, type Charge, chargeFor, correctionFor } from '../plan/price.ts';
import { addCharge, type MonthLine, noTotals, type OpenCall, type RatedCall } from '../plan/rating.ts';
import { type Credited, listCredited, loadFalls, type MonthFalls, shareOf } from './credited.ts';
import { type BilledMonth, linesOfMonth } from './earlier-lines.ts';
import { pagesOfCalls } from './ledger.ts';

/** A call on a document. */
export interface BilledCall extends RatedCall {
  seq: number;
}

export interface EarlierMonths {
  lines: MonthLine[];
  open: OpenCall[];
}

/** A write that was in progress when the last invoice was finalized has an earlier timestamp. */
const overlapMs = 3_600_000;

interface EarlierThan {
  month: string;
  versions: PlanVersion[];
  /** Receives each page of calls that go on the document. */
  take: (calls: BilledCall[]) => Promise<void>;
}

export async function rateEarlierMonths(
  db: Queries,
  tenantId: string,
  { month, versions, take }: EarlierThan,
): Promise<EarlierMonths> {
  const billed = (await listBilledMonths(db, tenantId)).filter((entry) => entry.month < month);
  const last = billed.at(-1);
  if (!last) return { lines: [], open: [] };
  const known = new Set(billed.map((entry) => entry.month));
  // The last month's document covered all months before it; an earlier month's, even if issued later, did not.
  const since = last.finalizedAt - overlapMs;
  const months = new Map<string, BilledMonth>();
  let credited: Credited[] | null = null;
  const open: OpenCall[] = [];

  const which = { beforeDay: monthPeriod(month).from, sinceMs: since };
  const pages = pagesOfCalls((page) => readChanged(db, tenantId, which, page));
  for await (const page of pages) {
    const rated: BilledCall[] = [];
    for (const { call, history } of await withHistory(db, tenantId, page)) {
      const its = history.at(-1)?.month ?? monthOfDay(call.day);
      // A month without its own invoice will get one.
      if (!known.has(its)) continue;
      let state = months.get(its);
      if (!state) {
        credited ??= await listCredited(db, tenantId);
        const falls = await loadFalls(db, tenantId, its, credited);
        state = toBilledMonth(its, segmentsOf(versions, its), await sumBilled(db, tenantId, its), falls);
        months.set(its, state);
      }
      const result = rateOne(state, call, history);
      if (result === null) continue;
      if (!('open' in result)) rated.push(result);
      else if (result.open !== 'no-plan') open.push(result);
    }
    await take(rated);
  }
  const lines = [...months.values()]
    .sort((a, b) => (a.month < b.month ? -1 : 1))
    .flatMap((state) => linesOfMonth(state).map((line) => ({ ...line, month: state.month })));
  return { lines, open };
}

async function withHistory(
  db: Queries,
  tenantId: string,
  page: BillableCall[],
): Promise<{ call: BillableCall; history: InvoiceCall[] }[]> {
  const histories = new Map<string, InvoiceCall[]>();
  for (let start = 0; start < page.length; start += 500) {
    const ids = page.slice(start, start + 500).map(({ id }) => id);
    for (const row of await listBilledCalls(db, tenantId, ids)) {
      const history = histories.get(row.callId);
      if (history) history.push(row);
      else histories.set(row.callId, [row]);
    }
  }
  return page.map((call) => ({ call, history: histories.get(call.id) ?? [] }));
}

function toBilledMonth(
  month: string,
  segments: Segment[],
  sums: BilledSum[],
  falls: MonthFalls,
): BilledMonth {
  const used = new Map<string, number>();
  for (const { planId, rate, billedSeconds } of sums) {
    if (rate === null) continue;
    const key = `${planId} ${rate}`;
    used.set(key, (used.get(key) ?? 0) + billedSeconds);
  }
  return { month, segments, sums, used, added: new Map(), falls };
}

/** @returns null when the price is what has been billed, which only rating the call again can show */
function rateOne(
  state: BilledMonth,
  call: BillableCall,
  history: InvoiceCall[],
): BilledCall | OpenCall | null {
  const last = history.at(-1);
  const segment = last
    ? state.segments.find(({ planId }) => planId === last.planId)
    : segmentOn(state.segments, call.day);
  if (!segment) return { callId: call.id, open: 'no-plan' };
  const rate = last?.rate ?? segment.plan.rates.findIndex(({ channels }) => channels.includes(call.channel));
  const price = segment.plan.rates[rate]?.price;
  if (!price) return { callId: call.id, open: 'no-plan' };
  const key = `${segment.planId} ${rate}`;
  const usedSeconds = state.used.get(key) ?? 0;
  const charge = last
    ? correctionFor({ segment, price, usedSeconds }, sumOf(history), call)
    : chargeFor(segment, price, usedSeconds, call);
  if (typeof charge === 'string') return { callId: call.id, open: charge };
  if (last && charge.billedSeconds === 0 && charge.priceMicros === 0) return null;

  const kind = last ? 'correction' : 'late-usage';
  const totals = state.added.get(`${kind} ${key}`) ?? { kind, segment, rate, ...noTotals() };
  addCharge(totals, charge);
  state.added.set(`${kind} ${key}`, totals);
  state.used.set(key, usedSeconds + charge.billedSeconds);
  if (last) state.falls.change(shareOf({ kind, planId: segment.planId, rate }), history, charge.priceMicros);
  return {
    callId: call.id,
    seq: last ? last.seq + 1 : 0,
    month: state.month,
    planId: segment.planId,
    rate,
    seconds: call.seconds,
    costMicros: call.costMicros,
    ...charge,
  };
}

function sumOf(history: InvoiceCall[]): Charge {
  const sum = noTotals();
  for (const charge of history) addCharge(sum, charge);
  return sum;
}
