/** An invoice as one page to print or save as PDF, in the operator's colours. Only the logo is loaded. Pure. */
import { centsToDecimal, microsToDecimal } from '../../base/money.ts';
import { dayIn } from '../../base/time-zone.ts';
import type { InvoiceDocument, InvoiceLine, Party } from '../../contract.ts';
import type { BilledCall } from '../month/earlier-months.ts';
import { addDays } from '../plan/period.ts';

/** The page's whole stylesheet, exported so that the content security policy can allow its hash. */
export function invoiceStyle({ seller }: InvoiceDocument): string {
  return `
:root { color-scheme: light; --accent: ${seller?.accentColor ?? '#1f2937'}; }
* { box-sizing: border-box; }
body { margin: 0 auto; padding: 3rem 1.5rem; max-width: 52rem; background: #fff; color: #1f2937;
  font: 15px/1.5 system-ui, sans-serif; overflow-wrap: break-word; }
header { display: flex; flex-wrap: wrap; gap: 1rem 3rem; justify-content: space-between; }
header img { max-height: 3.5rem; max-width: 14rem; }
h1 { margin: 2.5rem 0 1rem; border-bottom: 3px solid var(--accent); font-size: 1.6rem; line-height: 1.2; }
address { font-style: normal; }
dl { display: grid; grid-template-columns: auto 1fr; gap: 0.1rem 1.5rem; margin: 0 0 2rem; }
dt, .muted { color: #52606f; }
dd { margin: 0; }
table { width: 100%; border-collapse: collapse; }
th { text-align: left; border-bottom: 2px solid currentColor; }
th, td { padding: 0.45rem 0.75rem 0.45rem 0; vertical-align: top; }
td { border-bottom: 1px solid #d8dee6; }
.amount { padding-right: 0; text-align: right; white-space: nowrap; font-variant-numeric: tabular-nums; }
tfoot td { border: 0; }
tfoot tr:last-child td { border-top: 2px solid currentColor; font-weight: 700; }
footer { margin-top: 2.5rem; font-size: 0.85rem; color: #52606f; }
.draft { padding: 0.5rem 1rem; border: 2px solid #b45309; color: #92400e; }
@media (max-width: 34rem) { body { padding: 1.5rem 1rem; } .period { display: none; } }
@media print { body { padding: 0; max-width: none; } tr { break-inside: avoid; } @page { margin: 18mm; } }
`;
}

/**
 * @param sha256 of the frozen document; null for a draft
 * @param timeZone the tenant's, for the days of a document that does not contain one
 * @param leftCents what is left to pay after credit notes; null when there are none
 */
export function invoiceHtml(
  document: InvoiceDocument,
  sha256: string | null,
  timeZone: string,
  leftCents: number | null = null,
): { body: string; foot: string } {
  const { seller, buyer, currency, corrects, tax, creditCents, dueCents } = document;
  const title = document.kind === 'invoice' ? 'Invoice' : 'Credit note';
  const money = (cents: number) => `${centsToDecimal(cents, currency)} ${currency.toUpperCase()}`;
  const day = (instant: string) => dayIn(document.timeZone ?? timeZone, Date.parse(instant));
  const facts: [string, string][] = [];
  if (document.number) facts.push(['Number', document.number]);
  if (document.issuedAt) facts.push(['Date', day(document.issuedAt)]);
  facts.push(['Service period', days(document.period.from, document.period.to)]);
  if (document.dueAt && dueCents > 0) facts.push(['Due', day(document.dueAt)]);
  if (corrects) facts.push(['Corrects', `${corrects.number}: ${corrects.reason}`]);
  const sums: [string, number][] = [];
  if (tax) sums.push(['Sum', document.linesCents], [`${tax.label} ${percent(tax.bps)} %`, tax.amountCents]);
  if (creditCents > 0) sums.push(['Total', document.totalCents], ['Paid from prepaid credit', -creditCents]);
  if (leftCents === null) sums.push([dueCents < 0 ? 'Credited to you' : 'To pay', dueCents]);
  else {
    sums.push(['Credited since', leftCents - dueCents]);
    sums.push([leftCents === 0 ? 'Credited: to pay' : 'Left to pay', leftCents]);
  }
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(`${title} ${document.number ?? '(draft)'}`)}</title>
<style>${invoiceStyle(document)}</style>
</head>
<body>
<header>
<div>${seller?.logoUrl ? `<img src="${escapeHtml(seller.logoUrl)}" alt="">` : ''}${seller ? party(seller) : ''}</div>
<div><span class="muted">To</span>${party(buyer)}</div>
</header>
<main>
<h1>${escapeHtml(`${title} ${document.number ?? ''}`.trim())}</h1>
${document.number ? '' : '<p class="draft">Draft: not an invoice, figures may change.</p>'}
<dl>${facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>
<table>
<thead><tr><th>No.</th><th>What</th><th class="period">Service period</th><th class="amount">Amount</th></tr></thead>
<tbody>
${document.lines.map((line) => lineRow(line, currency, money)).join('\n')}
</tbody>
<tfoot>
${sums.map(([name, cents]) => `<tr><td></td><td>${escapeHtml(name)}</td><td class="period"></td><td class="amount">${money(cents)}</td></tr>`).join('\n')}
</tfoot>
</table>
`;
  const foot = `</main>
<footer>
${tax?.reason ? `<p>${escapeHtml(tax.reason)}</p>` : ''}
${document.plans.map(({ name, terms }) => `<p>${escapeHtml(`${name}. ${terms.join('. ')}.`)}</p>`).join('\n')}
${seller?.footer ? `<p>${escapeHtml(seller.footer)}</p>` : ''}
${sha256 ? `<p>SHA-256 ${sha256}</p>` : ''}
</footer>
</body>
</html>
`;
  return { body, foot };
}

/** The start of the list of a line's calls: the fields that are hashed, in the order of the hash. */
export function annexHead({ no, description }: InvoiceLine): string {
  return `<h2>Calls of line ${no}: ${escapeHtml(description)}</h2>
<table>
<thead><tr><th>Call</th><th>Correction</th><th>Seconds</th><th>Billed seconds</th><th>Price in millionths</th></tr></thead>
<tbody>
`;
}

export function annexRows(calls: BilledCall[]): string {
  return calls
    .map(({ callId, seq, seconds, billedSeconds, priceMicros }) => {
      const cells = [callId, seq, seconds ?? '', billedSeconds, priceMicros];
      return `<tr>${cells.map((cell) => `<td>${escapeHtml(String(cell))}</td>`).join('')}</tr>\n`;
    })
    .join('');
}

export const annexFoot = '</tbody>\n</table>\n';

function lineRow(line: InvoiceLine, currency: string, money: (cents: number) => string): string {
  const exact =
    line.priceMicros === null ? '' : `${microsToDecimal(line.priceMicros, currency)} before rounding`;
  const hash = line.callsSha256 ? `calls: SHA-256 ${line.callsSha256}` : '';
  const note = [exact, hash].map((text) => (text ? `<br><span class="muted">${text}</span>` : '')).join('');
  return `<tr><td>${line.no}</td><td>${escapeHtml(line.description)}${note}</td><td class="period">${days(line.from, line.to)}</td><td class="amount">${money(line.amountCents)}</td></tr>`;
}

function party({ name, address, postCode, city, country, taxId, registration, email }: Party): string {
  const place = [postCode, city].filter(Boolean).join(' ');
  const lines = [
    ...address,
    ...(place ? [place] : []),
    ...(country ? [country] : []),
    ...(taxId ? [`Tax id ${taxId}`] : []),
    ...(registration ? [`Registration ${registration}`] : []),
    ...(email ? [email] : []),
  ];
  return `<address><strong>${escapeHtml(name)}</strong>${lines.map((line) => `<br>${escapeHtml(line)}`).join('')}</address>`;
}

/** A period as people write it: with its last day. */
function days(from: string, to: string): string {
  return `${from} to ${addDays(to, -1)}`;
}

function percent(bps: number): string {
  return String(Math.round(bps * 10) / 1000);
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
