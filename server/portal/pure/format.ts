/** Formats figures for people to read. Pure. */
import { minorDigits } from '../../base/currency.ts';
import type { EndedClass } from '../../contract.ts';
import type { WordKey } from '../language/en.ts';
import { dateLocale, isEnglish, numberLocale, say } from '../language/words.ts';

/** @param cents the currency's smallest units as the server counts them; the browser's decimals can differ */
export function money(cents: number, currency: string): string {
  const digits = minorDigits(currency);
  const decimals = { minimumFractionDigits: digits, maximumFractionDigits: digits };
  return new Intl.NumberFormat(numberLocale(), { style: 'currency', currency, ...decimals }).format(
    cents / 10 ** digits,
  );
}

/** A small amount, up to six decimals. */
export function exactMoney(micros: number, currency: string): string {
  return new Intl.NumberFormat(numberLocale(), {
    style: 'currency',
    currency,
    minimumFractionDigits: 4,
    maximumFractionDigits: 6,
  }).format(micros / 1_000_000);
}

/** A sum of Vapi's dollars, to the cent. */
export function dollars(micros: number): string {
  return money(Math.round(micros / 10_000), 'usd');
}

export function count(value: number): string {
  return value.toLocaleString(numberLocale());
}

/**
 * How a number of things compares with the one before: in whole percent where that says something, which it does not of
 * a handful, nor where it is many times as much. Both are whole and not negative.
 */
export function change(now: number, before: number): string {
  const was = say('was', { value: count(before) });
  if (before < 10 || now >= before * 10) return was;
  const percent = Math.round(((now - before) / before) * 100);
  return `${percent > 0 ? '+' : percent < 0 ? '−' : ''}${Math.abs(percent)} % (${was})`;
}

/** `1 call`, `1,234 calls` */
export function plural(number: number, noun: string): string {
  return `${count(number)} ${noun}${number === 1 ? '' : 's'}`;
}

/** What one call costs: two or three decimals, where `exactMoney` has all. */
export function shortMoney(micros: number, currency: string): string {
  const decimals = { minimumFractionDigits: 2, maximumFractionDigits: 3 };
  return new Intl.NumberFormat(numberLocale(), { style: 'currency', currency, ...decimals }).format(
    micros / 1_000_000,
  );
}

/** `45 s`, `12 min 30 s`, from an hour on without seconds: `1 h 23 m` */
export function duration(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds) / 60);
  const rest = Math.abs(seconds) % 60;
  const sign = seconds < 0 ? '-' : '';
  if (whole >= 60) return sign + say('hoursMinutes', { h: count(Math.floor(whole / 60)), m: whole % 60 });
  if (whole === 0) return sign + say('seconds', { s: rest });
  return sign + (rest > 0 ? say('minutesSeconds', { m: whole, s: rest }) : say('minutes', { m: whole }));
}

/** A moment on the wall clock of that zone. @param iso ISO-8601 */
export function moment(iso: string, timeZone: string): string {
  const options = { timeZone, dateStyle: 'medium', timeStyle: 'short' } as const;
  return new Intl.DateTimeFormat(dateLocale(), options).format(Date.parse(iso));
}

/** The day of a moment in that zone. */
export function dayOf(iso: string, timeZone: string): string {
  return new Intl.DateTimeFormat(dateLocale(), { timeZone, dateStyle: 'medium' }).format(Date.parse(iso));
}

/** @param day `YYYY-MM-DD` */
export function dayName(day: string): string {
  return dayOf(`${day}T00:00:00Z`, 'UTC');
}

/** A period with its last day, as people write it. @param to the day after it */
export function period(from: string, to: string): string {
  const last = new Date(Date.parse(`${to}T00:00:00Z`) - 86_400_000).toISOString().slice(0, 10);
  return say('periodOf', { from: dayName(from), to: dayName(last) });
}

/** @param month `YYYY-MM` @returns for instance `November 2026` */
export function monthName(month: string): string {
  const options = { timeZone: 'UTC', month: 'long', year: 'numeric' } as const;
  return new Intl.DateTimeFormat(dateLocale(), options).format(Date.parse(`${month}-01T00:00:00Z`));
}

/** The kinds that a list can be filtered by. */
export const callTypes = ['webCall', 'inboundPhoneCall', 'outboundPhoneCall', 'chat'] as const;
export const callStates = ['ended', 'in-progress', 'queued'];
export function kindOf(type: string): string {
  const known = callTypes.find((one) => one === type);
  return known ? say(known) : type;
}

const classes: Record<EndedClass, WordKey> = {
  talked: 'classTalked',
  'hung-up': 'classHungUp',
  missed: 'classMissed',
  failed: 'classFailed',
  refused: 'classRefused',
  transferred: 'classTransferred',
  voicemail: 'classVoicemail',
};
/** How calls end, in classes. */
export const endedClasses = Object.keys(classes) as EndedClass[];
export const endedWord = (one: EndedClass): string => say(classes[one]);

const endings: Record<string, WordKey> = {
  'customer-ended-call': 'endedByCaller',
  'assistant-ended-call': 'endedByAgent',
  'silence-timed-out': 'endedBySilence',
  'exceeded-max-duration': 'endedByLength',
  'customer-did-not-answer': 'endedUnanswered',
  ended: 'ended',
  'in-progress': 'inProgress',
};
/** @param reason why a call ended, or its status: `in-progress` → `In progress`; Vapi's other reasons are in English only */
export function ending(reason: string): string {
  const key = endings[reason] ?? (isEnglish() ? null : 'endedOtherwise');
  return key ? say(key) : `${reason.charAt(0).toUpperCase()}${reason.slice(1).replace(/[-_]/g, ' ')}`;
}

/** @param code as of a call: `de`, `en-US` */
export function languageName(code: string): string {
  try {
    return new Intl.DisplayNames(dateLocale(), { type: 'language' }).of(code) ?? code;
  } catch {
    return code;
  }
}
