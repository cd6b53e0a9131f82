/** The figures of a call's results, as lists and files show them, and filters by them. */
import type { CallView, ResultFiltersQuery } from '../contract.ts';
import { measuresOf } from '../metering/results.ts';
import type { ResultFilters } from '../store/call-filters.ts';
import { type CallResultsRow, findResultsOf } from '../store/call-results.ts';
import type { CallRow } from '../store/calls.ts';
import type { Queries } from '../store/database.ts';
import { endedRules } from '../vapi/ended-class.ts';
import type { Column } from './csv.ts';

type Figures = Required<Pick<CallView, 'success' | 'latency' | 'language'>>;
/** @param row null when nothing was reported of them */
export function figuresOf(row: CallResultsRow | null | undefined): Figures {
  const success = row?.success ?? null;
  return { success: success === null ? null : success === 1, ...measuresOf(row ?? null) };
}

/** Each with the figures of its results: one statement for a page. */
export async function withFigures<Row extends CallRow>(
  db: Queries,
  rows: Row[],
): Promise<(Row & { figures: Figures })[]> {
  const resultsOf = await findResultsOf(db, rows);
  return rows.map((row) => ({ ...row, figures: figuresOf(resultsOf(row)) }));
}

export function filtersIn(query: ResultFiltersQuery): ResultFilters {
  return {
    ended: query.endedClass ? { is: query.endedClass, rules: endedRules } : null,
    success: query.success ? query.success === 'yes' : null,
    language: query.language ?? null,
    rating: query.rating ?? null,
    minSeconds: query.minSeconds ?? null,
  };
}

export const resultColumns: Column<{ figures: Figures }>[] = [
  {
    name: 'success',
    value: ({ figures: { success } }) => (success === null ? null : success ? 'yes' : 'no'),
  },
  { name: 'latency_median_ms', value: ({ figures }) => figures.latency?.medianMs ?? null },
  { name: 'latency_p95_ms', value: ({ figures }) => figures.latency?.p95Ms ?? null },
  { name: 'language', value: ({ figures }) => figures.language },
];
