/** The figures of a call's results, as lists and files show them. */
import type { Context } from '../context.ts';
import type { CallView } from '../contract.ts';
import { measuresOf } from '../metering/results.ts';
import { type CallResultsRow, findResultsOf } from '../store/call-results.ts';
import type { CallRow } from '../store/calls.ts';
import type { Tenant } from '../store/tenants.ts';
import type { Column } from './csv.ts';

type Figures = Required<Pick<CallView, 'success' | 'latency' | 'language'>>;
type WithFigures = CallRow & { figures: Figures };

/** @param row null when nothing was reported of them */
export function figuresOf(row: CallResultsRow | null | undefined): Figures {
  const success = row?.success ?? null;
  return { success: success === null ? null : success === 1, ...measuresOf(row ?? null) };
}

export async function withFigures(ctx: Context, tenant: Tenant, rows: CallRow[]): Promise<WithFigures[]> {
  const ids = rows.map(({ id }) => id);
  const results = await findResultsOf(ctx.store, tenant.id, ids);
  return rows.map((row) => ({ ...row, figures: figuresOf(results.get(row.id)) }));
}

export const resultColumns: Column<WithFigures>[] = [
  {
    name: 'success',
    value: ({ figures: { success } }) => (success === null ? null : success ? 'yes' : 'no'),
  },
  { name: 'latency_median_ms', value: ({ figures }) => figures.latency?.medianMs ?? null },
  { name: 'latency_p95_ms', value: ({ figures }) => figures.latency?.p95Ms ?? null },
  { name: 'language', value: ({ figures }) => figures.language },
];
