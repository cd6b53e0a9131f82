/** Converts amounts as people write them to integers and back, never through a floating-point number. Pure. */

/**
 * @param digits how many decimals the integer has: 2 for cents and hundredths of a percent, 6 for micros
 * @returns null when the text is not plain digits with at most that many decimals
 */
export function toUnits(text: string, digits: number): number | null {
  const match = /^(\d+)(?:\.(\d*))?$/.exec(text.trim());
  const [, whole = '', fraction = ''] = match ?? [];
  if (!match || fraction.length > digits) return null;
  const units = Number(`${whole}${fraction.padEnd(digits, '0')}`);
  return Number.isSafeInteger(units) ? units : null;
}

/** @param units not negative @param least the minimum number of decimals */
export function fromUnits(units: number, digits: number, least: number): string {
  const text = String(units).padStart(digits + 1, '0');
  const whole = text.slice(0, text.length - digits);
  let fraction = text.slice(text.length - digits);
  while (fraction.length > least && fraction.endsWith('0')) fraction = fraction.slice(0, -1);
  return fraction ? `${whole}.${fraction}` : whole;
}
