/** The figures of a call's results, as lists and files show them, and filters by them. */
import type { CallView, ResultFiltersQuery } from '../contract.ts';
import { measuresOf } from '../metering/results.ts';
import type { ResultFilters } from '../store/call-filters.ts';
import { type CallResultsRow, findOutcomesOf, findResultsOf } from '../store/call-results.ts';
import type { CallRow } from '../store/calls.ts';
import type { Queries } from '../store/database.ts';
import { endedRules } from '../vapi/ended-class.ts';
import type { Column } from './csv.ts';

type Figures = Required<Pick<CallView, 'success' | 'latency' | 'language' | 'outcome'>>;
/** @param row null when nothing was reported of them @param outcome null when it was not judged */
export function figuresOf(row: CallResultsRow | null, outcome: { counts: number } | null): Figures {
  const success = row?.success ?? null;
  return {
    ...{ success: success === null ? null : success === 1, ...measuresOf(row) },
    outcome: outcome && outcome.counts === 1,
  };
}

/** Each with the figures of its results: two statements for a page. */
export async function withFigures<Row extends CallRow>(
  db: Queries,
  rows: Row[],
): Promise<(Row & { figures: Figures })[]> {
  const resultsOf = await findResultsOf(db, rows);
  const outcomeOf = await findOutcomesOf(db, rows);
  return rows.map((row) => ({ ...row, figures: figuresOf(resultsOf(row), outcomeOf(row)) }));
}

export function filtersIn(query: ResultFiltersQuery): ResultFilters {
  return {
    ended: query.endedClass ? { is: query.endedClass, rules: endedRules } : null,
    success: query.success ? query.success === 'yes' : null,
    counts: query.outcome ? query.outcome === 'yes' : null,
    language: query.language ?? null,
    rating: query.rating ?? null,
    minSeconds: query.minSeconds ?? null,
  };
}

const yesOrNo = (value: boolean | null) => (value === null ? null : value ? 'yes' : 'no');

export const resultColumns: Column<{ figures: Figures }>[] = [
  { name: 'success', value: ({ figures }) => yesOrNo(figures.success) },
  { name: 'latency_median_ms', value: ({ figures }) => figures.latency?.medianMs ?? null },
  { name: 'latency_p95_ms', value: ({ figures }) => figures.latency?.p95Ms ?? null },
  { name: 'language', value: ({ figures }) => figures.language },
  { name: 'outcome', value: ({ figures }) => yesOrNo(figures.outcome) },
];
