/** Sums of an org's calls as Vapi's analytics has them (docs.vapi.ai/api-reference/analytics/get). Pure. */
import { z } from 'zod';
import { iso } from '../base/iso.ts';
import { usdToMicros } from './cost.ts';

/** Calls of one assistant that have, or have not, ended. */
export interface CallSum {
  /** Null for calls without a saved assistant. */
  assistantId: string | null;
  isEnded: boolean;
  calls: number;
  costMicros: number;
}

/** Most periods in one request. */
export const mostPeriods = 31;

const nameOf = (index: number) => `p${index}`;

/** @param periods half-open, epoch milliseconds, by the calls' creation */
export function sumsQuery(periods: { from: number; to: number }[]): object {
  return {
    queries: periods.map(({ from, to }, index) => ({
      name: nameOf(index),
      table: 'call',
      timeRange: { start: iso(from), end: iso(to), timezone: 'UTC' },
      groupBy: ['assistantId', 'status'],
      operations: [
        { operation: 'count', column: 'id', alias: 'calls' },
        { operation: 'sum', column: 'cost', alias: 'cost' },
      ],
    })),
  };
}

/** A sum may arrive as text, and as null when there was nothing to add. */
const numberSchema = z.coerce.number().min(0).max(1e9);
const answerSchema = z.array(
  z.looseObject({
    name: z.string(),
    result: z.array(
      z.looseObject({
        assistantId: z.string().nullish(),
        status: z.string(),
        calls: numberSchema.pipe(z.int()),
        cost: numberSchema,
      }),
    ),
  }),
);

/** @returns the sums of each period; null when the answer does not fit the request */
export function readSums(body: unknown, periods: number): CallSum[][] | null {
  const parsed = answerSchema.safeParse(body);
  if (!parsed.success) return null;
  const sums: CallSum[][] = [];
  for (let index = 0; index < periods; index += 1) {
    const [answer, ...more] = parsed.data.filter(({ name }) => name === nameOf(index));
    if (!answer || more.length > 0) return null;
    sums.push(
      answer.result.map(({ assistantId, status, calls, cost }) => ({
        assistantId: assistantId || null,
        isEnded: status === 'ended',
        calls,
        costMicros: usdToMicros(cost),
      })),
    );
  }
  return sums;
}
