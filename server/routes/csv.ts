/** Lists as CSV for spreadsheets: UTF-8 with a byte order mark, CRLF, and no cell that would be read as a formula. */
import type { Request, Response } from 'express';
import { writeOut } from './write-out.ts';

/** An amount is written unescaped; any other text may come from a stranger. */
export interface Amount {
  amount: string;
}
export interface Column<Row> {
  name: string;
  value: (row: Row) => string | number | Amount | null;
}

/** Columns named after what they hold. */
export const plainColumns = <Row>(...names: PlainName<Row>[]): Column<Row>[] =>
  names.map((name) => ({ name, value: (row) => row[name] as string | number | null }));
type PlainName<Row> = {
  [Name in keyof Row & string]: Row[Name] extends string | number | null ? Name : never;
}[keyof Row & string];

export function wantsCsv(req: Request): boolean {
  return req.accepts(['application/json', 'text/csv']) === 'text/csv';
}

/** Micros as dollars with all six places, so that the column adds up. */
export function usd(micros: number | null): Amount | null {
  if (micros === null) return null;
  const digits = String(Math.abs(micros)).padStart(7, '0');
  return { amount: `${micros < 0 ? '-' : ''}${digits.slice(0, -6)}.${digits.slice(-6)}` };
}

export function sendCsv<Row>(res: Response, name: string, columns: Column<Row>[], rows: Row[]): void {
  startCsv(res, name, columns);
  res.end(csvLines(columns, rows));
}

function startCsv<Row>(res: Response, name: string, columns: Column<Row>[]): void {
  res.set('Content-Type', 'text/csv; charset=utf-8');
  res.set('Content-Disposition', `attachment; filename="${name.replace(/[^A-Za-z0-9._-]/g, '_')}.csv"`);
  res.write(`\uFEFF${line(columns.map((column) => column.name))}`);
}

export function csvLines<Row>(columns: Column<Row>[], rows: Row[]): string {
  return rows.map((row) => line(columns.map((column) => cell(column.value(row))))).join('');
}

/** A file has no pages: all rows are sent, as fast as the client reads them. */
export async function sendAllAsCsv<Row>(
  res: Response,
  name: string,
  columns: Column<Row>[],
  list: (after: Row | null, limit: number) => Promise<Row[]>,
): Promise<void> {
  startCsv(res, name, columns);
  let last: Row | null | undefined = null;
  do {
    const rows: Row[] = await list(last, exportPage);
    await writeOut(res, csvLines(columns, rows));
    last = rows.length < exportPage ? null : rows.at(-1);
  } while (last && !res.destroyed);
  res.end();
}

const exportPage = 1000;
const formula = `[\\s"']*[=+\\-@＝＋－＠]`;
/** What a spreadsheet in another locale, or with other quoting rules, takes for the end of a cell. */
const formulaWithin = new RegExp(`[,;|\\t\\r\\n](?=${formula})`, 'g');
const formulaFirst = new RegExp(`^(?:[\\t\\r\\n]|${formula})`);

function line(cells: string[]): string {
  return `${cells.join(',')}\r\n`;
}

function cell(value: ReturnType<Column<unknown>['value']>): string {
  if (value === null) return '';
  if (typeof value === 'number') return String(value);
  if (typeof value === 'object') return value.amount;
  // An apostrophe makes spreadsheets show the rest as text (owasp.org, CSV Injection).
  const inner = value.replace(formulaWithin, "$&'");
  const text = formulaFirst.test(value) ? `'${inner}` : inner;
  return /[",;\t\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
