import { type ExpressionBuilder, type Selectable, sql } from 'kysely';
import type { LineKind } from '../contract.ts';
import type { InvoiceCallsTable } from './billing-schema.ts';
import type { CallRow } from './calls.ts';
import type { Queries } from './database.ts';
import type { Schema } from './schema.ts';

export type InvoiceCall = Selectable<InvoiceCallsTable>;

/** @throws when a call is billed already: the unique index guarantees it whatever the caller does */
export async function insertInvoiceCalls(db: Queries, rows: InvoiceCall[]): Promise<void> {
  // Both engines limit the parameters of one statement; 12 a row.
  for (let start = 0; start < rows.length; start += 500) {
    await db
      .insertInto('invoiceCalls')
      .values(rows.slice(start, start + 500))
      .execute();
  }
}

/** Its document is void: the calls can be billed again. */
export async function releaseInvoiceCalls(db: Queries, invoiceId: string): Promise<void> {
  await db.updateTable('invoiceCalls').set({ active: 0 }).where('invoiceId', '=', invoiceId).execute();
}

/** What valid documents have billed for these calls, charges first. */
export async function listBilledCalls(
  db: Queries,
  tenantId: string,
  callIds: string[],
): Promise<InvoiceCall[]> {
  if (callIds.length === 0) return [];
  return db
    .selectFrom('invoiceCalls')
    .selectAll()
    .where('tenantId', '=', tenantId)
    .where('callId', 'in', callIds)
    .where('active', '=', sql.lit(1))
    .orderBy('seq')
    .execute();
}

/** What has been billed for the corrected calls of a month and rate, by call and then charge first. */
export async function listCorrectedCalls(
  db: Queries,
  tenantId: string,
  share: { month: string; planId: string; rate: number },
  after: string | null,
  limit: number,
): Promise<InvoiceCall[]> {
  let corrected = db
    .selectFrom('invoiceCalls')
    .select('callId')
    .distinct()
    .where('tenantId', '=', tenantId)
    .where('month', '=', share.month)
    .where('planId', '=', share.planId)
    .where('rate', '=', share.rate)
    .where('active', '=', sql.lit(1))
    .where('seq', '>', 0);
  if (after !== null) corrected = corrected.where('callId', '>', after);
  const ids = await corrected.orderBy('callId').limit(limit).execute();
  const rows = await listBilledCalls(
    db,
    tenantId,
    ids.map(({ callId }) => callId),
  );
  const place = new Map(ids.map(({ callId }, index) => [callId, index]));
  // In the database's order of ids, so that the next page begins after the last one.
  return rows.sort((a, b) => (place.get(a.callId) ?? 0) - (place.get(b.callId) ?? 0) || a.seq - b.seq);
}

export async function hasInvoiceCall(db: Queries, invoiceId: string, callId: string): Promise<boolean> {
  const row = await db
    .selectFrom('invoiceCalls')
    .select('callId')
    .where('invoiceId', '=', invoiceId)
    .where('callId', '=', callId)
    .limit(1)
    .executeTakeFirst();
  return row !== undefined;
}

/** The calls of a line by id, from the one after `after`. */
export async function listLineCalls(
  db: Queries,
  invoiceId: string,
  line: { kind: LineKind; month: string; planId: string; rate: number },
  after: string | null,
  limit: number,
): Promise<InvoiceCall[]> {
  let query = db
    .selectFrom('invoiceCalls')
    .selectAll()
    .where('invoiceId', '=', invoiceId)
    .where('month', '=', line.month)
    .where('planId', '=', line.planId)
    .where('rate', '=', line.rate)
    .where('seq', line.kind === 'correction' ? '>' : '=', 0);
  if (after !== null) query = query.where('callId', '>', after);
  return query.orderBy('callId').limit(limit).execute();
}

/** All of them, page by page, as `listLineCalls`. */
export async function* pagesOfLine(
  db: Queries,
  invoiceId: string,
  line: { kind: LineKind; month: string; planId: string; rate: number },
): AsyncGenerator<InvoiceCall[]> {
  let after: string | null = null;
  for (;;) {
    const page: InvoiceCall[] = await listLineCalls(db, invoiceId, line, after, 1000);
    if (page.length === 0) return;
    yield page;
    after = page.at(-1)?.callId ?? null;
  }
}

/** What billing reads of a call. */
const columns = [
  'calls.id',
  'calls.type',
  'calls.createdAt',
  'calls.usageDay',
  'calls.seconds',
  'calls.costMicros',
  'calls.transportMicros',
  'calls.sttMicros',
  'calls.llmMicros',
  'calls.ttsMicros',
  'calls.vapiMicros',
  'calls.analysisMicros',
  'calls.knowledgeBaseMicros',
  'calls.otherMicros',
] as const;
type Column = (typeof columns)[number] extends `calls.${infer Name}` ? Name : never;
export type LedgerCall = Pick<CallRow, Column & keyof CallRow>;

export interface LedgerPage {
  /** The last call of the page before. */
  after: { day: string; createdAt: number; id: string } | null;
  limit: number;
}

/**
 * One page of the ended calls of some days, in billing order. By default without those that are billed or that wait for
 * Vapi to confirm them.
 */
export async function readLedger(
  db: Queries,
  tenantId: string,
  { from, to, withBilled }: { from: string; to: string; withBilled: boolean },
  page: LedgerPage,
): Promise<LedgerCall[]> {
  const ended = endedCalls(db, tenantId, page)
    .where('calls.usageDay', '>=', from)
    .where('calls.usageDay', '<', to);
  const query = withBilled
    ? ended
    : ended.where((expression) =>
        expression.and([expression.not(isBilled(expression)), expression.not(isUnconfirmed(expression))]),
      );
  return query.execute();
}

/**
 * One page of the ended calls that were written since then and concern earlier documents: calls of earlier days, and
 * billed calls, whatever their day is now. In billing order; no new ones that wait for Vapi to confirm them.
 */
export async function readChanged(
  db: Queries,
  tenantId: string,
  { beforeDay, sinceMs }: { beforeDay: string; sinceMs: number },
  page: LedgerPage,
): Promise<LedgerCall[]> {
  return endedCalls(db, tenantId, page)
    .where('calls.updatedAt', '>=', sinceMs)
    .where((expression) =>
      expression.or([
        expression.and([
          expression('calls.usageDay', '<', beforeDay),
          expression.not(isUnconfirmed(expression)),
        ]),
        isBilled(expression),
      ]),
    )
    .execute();
}

/** The first day with an ended call; null before there is one. */
export async function firstCallDay(db: Queries, tenantId: string): Promise<string | null> {
  const row = await db
    .selectFrom('calls')
    .select('usageDay')
    .where('tenantId', '=', tenantId)
    .where('usageDay', 'is not', null)
    .orderBy('usageDay')
    .limit(1)
    .executeTakeFirst();
  return row?.usageDay ?? null;
}

/** Ended calls that are on no document, grouped by what pricing needs. */
export interface UnbilledCalls {
  day: string;
  type: string;
  hasSeconds: boolean;
  hasCost: boolean;
  calls: number;
}

/** Those of days before `toDay` whose duration or cost is unknown. */
export async function countWithoutFigures(
  db: Queries,
  tenantId: string,
  toDay: string,
): Promise<UnbilledCalls[]> {
  const flag = (column: 'seconds' | 'costMicros') =>
    sql<number>`case when ${sql.ref(`calls.${column}`)} is null then 0 else 1 end`;
  const rows = await db
    .selectFrom('calls')
    .select(({ fn }) => [
      'calls.usageDay',
      'calls.type',
      flag('seconds').as('hasSeconds'),
      flag('costMicros').as('hasCost'),
      fn.countAll<number>().as('calls'),
    ])
    .where('calls.tenantId', '=', tenantId)
    .where('calls.usageDay', '<', toDay)
    // As the index states it.
    .where('calls.usageDay', 'is not', null)
    .where((expression) =>
      expression.or([expression('calls.seconds', 'is', null), expression('calls.costMicros', 'is', null)]),
    )
    .where((expression) => expression.not(isBilled(expression)))
    .groupBy(['calls.usageDay', 'calls.type', flag('seconds'), flag('costMicros')])
    .execute();
  return rows.map(({ usageDay, type, hasSeconds, hasCost, calls }) => ({
    ...{ day: usageDay ?? '', type, calls },
    ...{ hasSeconds: hasSeconds === 1, hasCost: hasCost === 1 },
  }));
}

/**
 * Ended calls of days before `toDay` that only a webhook has reported and that are on no document: anyone who knows a
 * tenant's webhook secret can forge them, so they are not billed before Vapi's API has shown them.
 */
export async function listUnconfirmed(
  db: Queries,
  tenantId: string,
  toDay: string,
): Promise<{ id: string; day: string }[]> {
  const rows = await db
    .selectFrom('callOwners')
    .innerJoin('calls', (join) =>
      join.onRef('calls.tenantId', '=', 'callOwners.tenantId').onRef('calls.id', '=', 'callOwners.callId'),
    )
    .select(['calls.id', 'calls.usageDay'])
    .where('callOwners.tenantId', '=', tenantId)
    // As the index states it.
    .where('callOwners.confirmed', '=', sql.lit(0))
    .where('calls.usageDay', '<', toDay)
    .where('calls.status', '=', 'ended')
    .where((expression) => expression.not(isBilled(expression)))
    .orderBy('calls.usageDay')
    .orderBy('calls.id')
    .execute();
  return rows.map(({ id, usageDay }) => ({ id, day: usageDay ?? '' }));
}

/** Ended calls of some days that are on no document, by day. */
export async function countUnbilled(
  db: Queries,
  tenantId: string,
  days: { from: string; to: string },
): Promise<{ day: string; calls: number }[]> {
  const rows = await db
    .selectFrom('calls')
    .select(({ fn }) => ['calls.usageDay', fn.countAll<number>().as('calls')])
    .where('calls.tenantId', '=', tenantId)
    .where('calls.usageDay', '>=', days.from)
    .where('calls.usageDay', '<', days.to)
    .where((expression) => expression.not(isBilled(expression)))
    .groupBy('calls.usageDay')
    .execute();
  return rows.map(({ usageDay, calls }) => ({ day: usageDay ?? '', calls }));
}

function endedCalls(db: Queries, tenantId: string, { after, limit }: LedgerPage) {
  let query = db
    .selectFrom('calls')
    .select(columns)
    .where('calls.tenantId', '=', tenantId)
    .where('calls.status', '=', 'ended')
    .where('calls.usageDay', 'is not', null);
  if (after) {
    query = query.where((expression) =>
      expression(
        expression.refTuple('calls.usageDay', 'calls.createdAt', 'calls.id'),
        '>',
        expression.tuple(after.day, after.createdAt, after.id),
      ),
    );
  }
  return query.orderBy('calls.usageDay').orderBy('calls.createdAt').orderBy('calls.id').limit(limit);
}

/** A row without an owner is from before owners existed, and counts as confirmed. */
function isUnconfirmed({ exists, selectFrom }: ExpressionBuilder<Schema, 'calls'>) {
  return exists(
    selectFrom('callOwners')
      .select('callOwners.callId')
      .whereRef('callOwners.callId', '=', 'calls.id')
      .where('callOwners.confirmed', '=', sql.lit(0)),
  );
}

function isBilled({ exists, selectFrom }: ExpressionBuilder<Schema, 'calls'>) {
  return exists(
    selectFrom('invoiceCalls')
      .select('invoiceCalls.callId')
      .whereRef('invoiceCalls.tenantId', '=', 'calls.tenantId')
      .whereRef('invoiceCalls.callId', '=', 'calls.id')
      .where('invoiceCalls.active', '=', sql.lit(1)),
  );
}
