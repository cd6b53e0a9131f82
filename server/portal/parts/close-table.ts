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
  const made = issued(report);
  const sums = new Map<string, number>();
  for (const { totalCents, currency } of made) {
    if (currency !== null) sums.set(currency, (sums.get(currency) ?? 0) + (totalCents ?? 0));
  }
  const amounts = [...sums].map(([currency, cents]) => money(cents, currency)).join(' and ');
  return `${plural(made.length, 'invoice')}${amounts ? `: ${amounts}` : ''}`;
}
