/** Converts between a form field's text and its value in a request body. Pure. */
import { fromUnits, minorDigits, toUnits } from '../../base/currency.ts';

/**
 * `lines`: a list, one entry per line. `cents`: an amount in the currency's smallest unit. `micros`: one in millionths.
 * `percent`: hundredths of a percent; `fine-percent`: the same with one decimal, 887.5 for 8.875. `whole`: an integer.
 */
export type FieldKind = 'text' | 'lines' | 'whole' | 'cents' | 'micros' | 'percent' | 'fine-percent';

export function toText(kind: FieldKind, value: unknown, currency: string): string {
  if (value === null || value === undefined) return '';
  if (kind === 'lines') return (value as string[]).join('\n');
  if (kind === 'cents') return fromUnits(Number(value), minorDigits(currency), minorDigits(currency));
  if (kind === 'micros') return fromUnits(Number(value), 6, minorDigits(currency));
  if (kind === 'percent') return fromUnits(Number(value), 2, 0);
  if (kind === 'fine-percent') return fromUnits(Math.round(Number(value) * 10), 3, 0);
  return String(value);
}

/** @returns the value, or the problem with the text */
export function toValue(
  kind: FieldKind,
  text: string,
  currency: string,
): { value: unknown } | { problem: string } {
  const trimmed = text.trim();
  if (kind === 'text') return { value: trimmed };
  if (kind === 'lines') {
    const lines = trimmed.split('\n').map((line) => line.trim());
    return { value: lines.filter((line) => line !== '') };
  }
  if (kind === 'whole') return amount(toUnits(trimmed, 0), 'Enter a whole number');
  if (kind === 'percent') return amount(toUnits(trimmed, 2), 'Enter a percentage such as 30 or 7.5');
  if (kind === 'fine-percent') {
    const units = toUnits(trimmed, 3);
    return amount(units === null ? null : units / 10, 'Enter a percentage such as 19 or 8.875');
  }
  if (kind === 'micros')
    return amount(toUnits(trimmed, 6), 'Enter an amount such as 0.25, with at most six decimals');
  const example = minorDigits(currency) === 0 ? '1234, without decimals' : '1234.50';
  return amount(toUnits(trimmed, minorDigits(currency)), `Enter an amount such as ${example}`);
}

function amount(value: number | null, problem: string): { value: number } | { problem: string } {
  return value === null ? { problem } : { value };
}
