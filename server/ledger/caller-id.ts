/** Phone numbers and e-mail addresses in one spelling, so that one is found however it was written. Pure. */

const address = /^[^\s@]{1,64}@[^\s@.]+(\.[^\s@.]+)+$/;
const number = /^(?:\+|00)?[\d\s().\-/]{7,25}$/;

/** @returns null for what is neither; a number is its digits from the country code on */
export function callerIdOf(text: string): string | null {
  const trimmed = text.trim().replace(/^(?:mailto|tel):/i, '');
  if (trimmed.length <= 254 && address.test(trimmed)) return trimmed.toLowerCase();
  if (!number.test(trimmed)) return null;
  const digits = trimmed.replace(/^00/, '').replace(/\D/g, '');
  return digits.length >= 7 && digits.length <= 15 ? digits : null;
}
