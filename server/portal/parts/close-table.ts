/** What a month-end run did or would do, client by client. */
import { html } from 'lit';
import type { CloseEntry, CloseReport } from '../../contract.ts';
import { money, monthName, plural } from '../pure/format.ts';
import { table } from './table.ts';

/** @param names clients' names by slug */
export function closeTable({ entries, dryRun }: CloseReport, names: Map<string, string>) {
  return table(
    dryRun ? 'What would be issued' : 'What was issued',
    ['Client', ['Month', 'wide'], !dryRun && 'Invoice', ['Total', 'number']],
    entries.map(
      (entry) => html`<tr>
        <th scope="row">
          <a href="#/tenants/${entry.tenant}/invoices">${names.get(entry.tenant) ?? entry.tenant}</a>
          <span class="narrow muted small">${monthName(entry.month)}</span>
          ${remark(entry, dryRun)}
        </th>
        <td class="wide">${monthName(entry.month)}</td>
        ${dryRun ? '' : html`<td><span class="nowrap">${entry.number ?? '–'}</span>${entry.outcome === 'pushed' ? ', in Stripe' : ''}</td>`}
        <td class="number">${entry.totalCents === null ? '–' : money(entry.totalCents, entry.currency ?? 'usd')}</td>
      </tr>`,
    ),
  );
}

/** What someone must know or do. Dry runs never ask Vapi; a note above the table says so once. */
function remark({ outcome, problem, notCompared }: CloseEntry, dryRun: boolean) {
  return html`${problem ? html`<div class="${outcome === 'failed' ? 'bad' : 'warn'} small">${problem}</div>` : ''}
    ${notCompared && !dryRun ? html`<div class="muted small">Not compared with Vapi’s records: ${notCompared}</div>` : ''}`;
}

/** Entries that got an invoice, or would. */
export function issued({ entries }: CloseReport): CloseEntry[] {
  return entries.filter(({ outcome }) => /^(would-finalize|finalized|pushed)$/.test(outcome));
}

/** `3 invoices: $60.90 and €12.00` */
export function summary(report: CloseReport): string {
  // A list has only the first entries of a large run.
  const totals = report.entriesLeftOut ? report.totals : totalsOf(issued(report));
  const made = totals.reduce((sum, { invoices }) => sum + invoices, 0);
  const amounts = totals.map(({ currency, totalCents }) => money(totalCents, currency)).join(' and ');
  return `${plural(made, 'invoice')}${amounts ? `: ${amounts}` : ''}`;
}

function totalsOf(entries: CloseEntry[]): CloseReport['totals'] {
  return [...Map.groupBy(entries, ({ currency }) => currency ?? 'usd')].map(([currency, its]) => ({
    currency,
    invoices: its.length,
    totalCents: its.reduce((sum, { totalCents }) => sum + (totalCents ?? 0), 0),
  }));
}
