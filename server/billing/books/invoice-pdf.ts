/**
 * A frozen document as a PDF: the text of the printed page, tagged for screen readers, its fonts embedded. From the document
 * alone, so that the same document always has the same bytes. The packages are loaded only when a PDF is requested.
 */
import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import type { InvoiceDocument } from '../../contract.ts';
import { conflict } from '../../errors.ts';
import { type Printed, type PrintedLine, type PrintedParty, printedOf } from './printed.ts';

type Pdf = PDFKit.PDFDocument;

const margin = 54;
/** A4, in points. */
const width = 595.28 - 2 * margin;
const bottom = 841.89 - margin;
const columns = { no: 0, description: 28, period: 240, amount: 380 };
const ink = '#1f2937';
const muted = '#52606f';

/**
 * @param document finalized
 * @param timeZone the tenant's, for the days of a document that does not contain one
 * @throws ApiError `conflict` for text that the font cannot show in full or not in its reading order
 */
export async function invoicePdf(
  document: InvoiceDocument,
  sha256: string,
  timeZone: string,
): Promise<Buffer> {
  const { default: PdfDocument } = await import('pdfkit');
  const [regular, bold] = await fonts();
  const printed = printedOf(document, sha256, timeZone, null);
  const issued = new Date(document.issuedAt ?? 0);
  const pdf = new PdfDocument({
    ...{ size: 'A4', margin, pdfVersion: '1.7', tagged: true, lang: 'en', displayTitle: true },
    info: {
      ...{ Title: printed.title, Author: printed.seller?.name ?? '', Subject: `SHA-256 ${sha256}` },
      ...{ Creator: 'vapi-agent', Producer: 'vapi-agent', CreationDate: issued, ModDate: issued },
    },
  });
  pdf.registerFont('regular', regular).registerFont('bold', bold).font('regular');
  checkText(pdf, printed);
  const whole = buffer(pdf);
  layOut(pdf, printed, document.seller?.accentColor ?? ink);
  pdf.end();
  return whole;
}

let loaded: Promise<[Buffer, Buffer]> | null = null;
function fonts(): Promise<[Buffer, Buffer]> {
  loaded ??= Promise.all(
    [
      import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans.ttf'),
      import.meta.resolve('dejavu-fonts-ttf/ttf/DejaVuSans-Bold.ttf'),
    ].map((url) => readFile(new URL(url))),
  ) as Promise<[Buffer, Buffer]>;
  return loaded;
}

/** Scripts that the library writes in the wrong order or without joining their letters. */
const unsupported = /[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

interface Glyphs {
  hasGlyphForCodePoint(codePoint: number): boolean;
}

function checkText(pdf: Pdf, printed: Printed): void {
  const has = (name: string, codePoint: number) => {
    // The type of the font is not among the library's.
    const { _font } = pdf.font(name) as unknown as { _font: { font: Glyphs } };
    return _font.font.hasGlyphForCodePoint(codePoint);
  };
  for (const character of new Set(textsIn(printed).join(''))) {
    if (character === '\n' || character === '\t' || character === '\r') continue;
    const codePoint = character.codePointAt(0) ?? 0;
    if (unsupported.test(character) || !has('regular', codePoint) || !has('bold', codePoint)) {
      throw conflict(`The PDF's font has no “${character}”: use the printable version.`);
    }
  }
}

function textsIn(value: unknown): string[] {
  if (typeof value === 'string') return [value];
  return value === null ? [] : Object.values(value as object).flatMap(textsIn);
}

function layOut(
  pdf: Pdf,
  { title, seller, buyer, facts, lines, sums, footer }: Printed,
  accent: string,
): void {
  const root = pdf.struct('Document');
  pdf.addStructure(root);
  const add = (kind: string, work: () => void) => root.add(pdf.struct(kind, {}, work));
  const top = pdf.y;
  if (seller) add('P', () => party(pdf, seller, margin, top));
  const afterSeller = pdf.y;
  add('P', () => party(pdf, buyer, margin + width / 2, top, 'To'));
  pdf.y = Math.max(afterSeller, pdf.y) + 28;
  add('H1', () => write(pdf, title, margin, width, { font: 'bold', size: 17 }));
  rule(pdf, accent, 2.5);
  pdf.y += 12;
  for (const [name, value] of facts) {
    add('P', () => {
      const y = pdf.y;
      write(pdf, `${name}: `, margin, 110, { color: muted });
      pdf.y = y;
      write(pdf, value, margin + 110, width - 110);
    });
  }
  pdf.y += 16;
  const table = (rows: (row: (height: number, cells: Cell[]) => void) => void) => {
    const whole = pdf.struct('Table');
    root.add(whole);
    rows((height, cells) => {
      const { y } = pdf;
      const one = pdf.struct('TR');
      whole.add(one);
      for (const { kind, draw } of cells) {
        one.add(pdf.struct(kind, {}, draw));
        pdf.y = y;
      }
      one.end();
      pdf.y = y + height;
    });
    whole.end();
  };
  table((row) => {
    row(
      14,
      ['No.', 'What', 'Service period', 'Amount'].map((text, index) =>
        cell(pdf, 'TH', text, (['no', 'description', 'period', 'amount'] as const)[index] ?? 'no', 'bold'),
      ),
    );
    rule(pdf, ink, 1);
    for (const line of lines) {
      const height = heightOf(pdf, line);
      room(pdf, height + 8);
      row(height, [
        cell(pdf, 'TD', line.no, 'no'),
        { kind: 'TD', draw: () => describe(pdf, line) },
        cell(pdf, 'TD', line.period, 'period'),
        cell(pdf, 'TD', line.amount, 'amount'),
      ]);
      rule(pdf, '#d8dee6', 0.5);
    }
  });
  table((row) => {
    for (const [index, [name, amount]] of sums.entries()) {
      const isLast = index === sums.length - 1;
      const font = isLast ? 'bold' : 'regular';
      room(pdf, 24);
      if (isLast) rule(pdf, ink, 1);
      const height = pdf
        .font(font)
        .fontSize(9)
        .heightOfString(name, { width: widths.description, lineGap: 1.5 });
      row(Math.max(15, height + 3), [
        cell(pdf, 'TH', name, 'description', font),
        cell(pdf, 'TD', amount, 'amount', font),
      ]);
    }
  });
  pdf.y += 18;
  for (const text of footer) {
    add('P', () => write(pdf, text, margin, width, { size: 8, color: muted }));
    pdf.y += 4;
  }
  root.end();
}

interface Look {
  font?: 'regular' | 'bold';
  size?: number;
  color?: string;
  align?: 'left' | 'right';
}

function write(pdf: Pdf, text: string, x: number, most: number, look: Look = {}): void {
  const { font = 'regular', size = 9.5, color = ink, align = 'left' } = look;
  pdf.font(font).fontSize(size).fillColor(color).text(text, x, pdf.y, { width: most, align, lineGap: 1.5 });
}

function party(pdf: Pdf, { name, lines }: PrintedParty, x: number, y: number, above?: string): void {
  pdf.y = y;
  const most = width / 2 - 16;
  if (above) write(pdf, above, x, most, { color: muted });
  write(pdf, name, x, most, { font: 'bold' });
  for (const line of lines) write(pdf, line, x, most);
}

const widths = { no: 24, description: 204, period: 136, amount: width - columns.amount };

interface Cell {
  kind: 'TH' | 'TD';
  draw(): void;
}

function cell(
  pdf: Pdf,
  kind: Cell['kind'],
  text: string,
  column: keyof typeof columns,
  font: Look['font'] = 'regular',
): Cell {
  const align = column === 'amount' ? 'right' : 'left';
  const draw = () => write(pdf, text, margin + columns[column], widths[column], { font, align, size: 9 });
  return { kind, draw };
}

const noteSize = 6.5;

function describe(pdf: Pdf, { description, notes }: PrintedLine): void {
  const x = margin + columns.description;
  write(pdf, description, x, widths.description, { size: 9 });
  for (const note of notes) write(pdf, note, x, widths.description, { size: noteSize, color: muted });
}

function heightOf(pdf: Pdf, { description, notes, period }: PrintedLine): number {
  const of = (text: string, most: number, size: number) =>
    pdf.font('regular').fontSize(size).heightOfString(text, { width: most, lineGap: 1.5 });
  const texts = notes.reduce((sum, note) => sum + of(note, widths.description, noteSize), 0);
  return Math.max(of(description, widths.description, 9) + texts, of(period, widths.period, 9));
}

/** A row that does not fit begins the next page. */
function room(pdf: Pdf, height: number): void {
  if (pdf.y + height > bottom) pdf.addPage();
}

function rule(pdf: Pdf, color: string, thickness: number): void {
  pdf.markContent('Artifact', { type: 'Layout' });
  pdf.y += 3;
  pdf
    .moveTo(margin, pdf.y)
    .lineTo(margin + width, pdf.y)
    .lineWidth(thickness)
    .strokeColor(color)
    .stroke();
  pdf.y += 5;
  pdf.endMarkedContent();
}
