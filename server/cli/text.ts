/** Answers as people read them: tables and outlines, `12.50 USD`, `29 Nov 2026 14:00` (UTC). */
import { centsToDecimal, microsToDecimal } from '../base/money.ts';
import type { Request, Row } from './request.ts';

/** @param request whose list is shown, or the whole answer when it has none */
export function readable(answer: Row, { list, columns }: Request): string {
  const currency = currencyOf(answer);
  if (list) return table(answer[list] as Row[], columns ?? [], currency);
  return outline(answer, columns, currency).join('\n') || 'done';
}

/** `2026-11-29T14:00:00.000Z` as `29 Nov 2026 14:00`. */
export function moment(time: string): string {
  return new Date(time).toUTCString().slice(5, 22).replace(/^0/, '');
}

const isRow = (value: unknown): value is Row => typeof value === 'object' && value !== null;
const isRows = (value: unknown): value is Row[] =>
  Array.isArray(value) && value.length > 0 && value.every((entry) => isRow(entry) && !Array.isArray(entry));

function currencyOf({ currency }: Row, around: string | null = null): string | null {
  return typeof currency === 'string' ? currency : around;
}

/** Without the unit, which is in the values. */
const label = (name: string): string => name.replace(/Cents$|Micros$/, '');

function table(rows: Row[], wanted: string[], around: string | null): string {
  if (rows.length === 0) return 'nothing';
  const columns = wanted.filter((name) => rows.some((row) => row[name] !== undefined && row[name] !== null));
  const cells = [
    columns.map(label),
    ...rows.map((row) => columns.map((name) => written(name, row[name], currencyOf(row, around)))),
  ];
  const widths = columns.map((_, index) => Math.max(...cells.map((line) => line[index]?.length ?? 0)));
  const padded = cells.map((line) => line.map((cell, index) => cell.padEnd(widths[index] ?? 0)));
  return padded.map((line) => line.join('  ').trimEnd()).join('\n');
}

function outline(row: Row, columns: string[] | undefined, around: string | null): string[] {
  const currency = currencyOf(row, around);
  return Object.entries(row).flatMap(([name, value]) => {
    if (isRows(value)) return [`${name}:`, ...inner(value, columns, currency)];
    if (isRow(value) && !Array.isArray(value)) {
      // Its parts are named without their unit.
      const parts = name === 'cost' ? renamed(value, (part) => `${part}Micros`) : value;
      return [`${name}:`, ...indent(outline(parts, columns, currency))];
    }
    return `${label(name)}: ${written(name, value, currency) || '-'}`;
  });
}

function inner(rows: Row[], columns: string[] | undefined, around: string | null): string[] {
  const isFlat = rows.every((row) => !Object.values(row).some(isRow));
  const wanted = columns?.some((name) => rows[0] && name in rows[0]) ? columns : Object.keys(rows[0] ?? {});
  if (isFlat) return indent(table(rows, wanted, around).split('\n'));
  return rows.flatMap((row) => {
    const [first = '', ...rest] = outline(row, columns, around);
    return [`- ${first}`, ...indent(rest)];
  });
}

const renamed = (row: Row, rename: (name: string) => string): Row =>
  Object.fromEntries(Object.entries(row).map(([name, value]) => [rename(name), value]));

const indent = (lines: string[]): string[] => lines.map((line) => `  ${line}`);

function written(name: string, value: unknown, currency: string | null): string {
  if (value === null || value === undefined) return '';
  if (typeof value === 'number') return amount(name, value, currency);
  if (typeof value === 'object') return Array.isArray(value) ? value.join(', ') : JSON.stringify(value);
  const text = String(value);
  if (/^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(text)) return moment(text);
  if (/^\d{4}-\d\d-\d\d$/.test(text)) return moment(text).slice(0, -6);
  // A terminal obeys control characters, and some texts are a visitor's.
  return text.replaceAll(/\p{Cc}/gu, ' ');
}

function amount(name: string, value: number, currency: string | null): string {
  if (/Cents$/.test(name) && currency) return `${centsToDecimal(value, currency)} ${currency.toUpperCase()}`;
  if (!/Micros/.test(name)) return String(value);
  // Cost and limits are dollars; a price is in the plan's currency, which a list of calls does not say.
  const isPrice = /^(price|perMinute|perCall|usdRate)/.test(name);
  const unit = isPrice ? currency : 'usd';
  return `${microsToDecimal(value, unit ?? 'usd')}${unit ? ` ${unit.toUpperCase()}` : ''}`;
}
