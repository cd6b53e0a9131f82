/** An invoice as one page to print or save as PDF, in the operator's colours. Only the logo is loaded. Pure. */
import type { InvoiceDocument, InvoiceLine } from '../../contract.ts';
import type { BilledCall } from '../month/earlier-months.ts';
import { type PrintedLine, type PrintedParty, printedOf } from './printed.ts';

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
  const { seller } = document;
  const { title, ...printed } = printedOf(document, sha256, timeZone, leftCents);
  const body = `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(document.number ? title : `${title} (draft)`)}</title>
<style>${invoiceStyle(document)}</style>
</head>
<body>
<header>
<div>${seller?.logoUrl ? `<img src="${escapeHtml(seller.logoUrl)}" alt="">` : ''}${printed.seller ? party(printed.seller) : ''}</div>
<div><span class="muted">To</span>${party(printed.buyer)}</div>
</header>
<main>
<h1>${escapeHtml(title)}</h1>
${document.number ? '' : '<p class="draft">Draft: not an invoice, figures may change.</p>'}
<dl>${printed.facts.map(([name, value]) => `<dt>${escapeHtml(name)}</dt><dd>${escapeHtml(value)}</dd>`).join('')}</dl>
<table>
<thead><tr><th>No.</th><th>What</th><th class="period">Service period</th><th class="amount">Amount</th></tr></thead>
<tbody>
${printed.lines.map(lineRow).join('\n')}
</tbody>
<tfoot>
${printed.sums.map(([name, amount]) => `<tr><td></td><td>${escapeHtml(name)}</td><td class="period"></td><td class="amount">${amount}</td></tr>`).join('\n')}
</tfoot>
</table>
`;
  const foot = `</main>
<footer>
${printed.footer.map((text) => `<p>${escapeHtml(text)}</p>`).join('\n')}
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

function lineRow({ no, description, notes, period, amount }: PrintedLine): string {
  const note = notes.map((text) => `<br><span class="muted">${text}</span>`).join('');
  return `<tr><td>${no}</td><td>${escapeHtml(description)}${note}</td><td class="period">${period}</td><td class="amount">${amount}</td></tr>`;
}

function party({ name, lines }: PrintedParty): string {
  return `<address><strong>${escapeHtml(name)}</strong>${lines.map((line) => `<br>${escapeHtml(line)}`).join('')}</address>`;
}

function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => `&#${character.charCodeAt(0)};`);
}
