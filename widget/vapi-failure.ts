/** Why a call broke off, read from the SDK's events: unknown values of many shapes. Loaded with the call chunk. */
import type { Failure, FailureCode } from './failure.ts';

type Loose = Record<string, unknown>;
export const asObject = (value: unknown): Loose =>
  typeof value === 'object' && value !== null ? (value as Loose) : {};
export const asText = (value: unknown): string => (typeof value === 'string' ? value : '');

/** Whether the call cannot continue. The other errors concern extras: noise cancelling, levels, recording. */
export function isFatal(event: unknown): boolean {
  const type = asText(asObject(event).type);
  return [
    'daily-error',
    'daily-call-object-creation-error',
    'daily-call-join-error',
    'start-method-error',
    'reconnect-error',
  ].includes(type);
}

/** Daily reports an end by the other side as an ejection. */
export function isNormalEnd(event: unknown): boolean {
  const words = everyText(event);
  return words.includes('ejected') || words.includes('Meeting has ended');
}

/** Texts and numbers of an error, wherever the SDK put them: its `message` is sometimes an object. */
function everyText(value: unknown, depth = 0): string {
  if (depth > 5) return '';
  if (value instanceof Error) return `${value.name} ${value.message}`;
  if (typeof value !== 'object' || value === null) return String(value ?? '');
  return Object.entries(value)
    .filter(([name]) => name !== 'stack' && name !== 'context')
    .map(([, part]) => everyText(part, depth + 1))
    .join(' ');
}

function statusIn(value: unknown, depth = 0): number | null {
  if (depth > 5 || typeof value !== 'object' || value === null) return null;
  const { statusCode, status } = value as Loose;
  for (const candidate of [statusCode, status]) {
    if (typeof candidate === 'number' && candidate >= 400) return candidate;
  }
  for (const part of Object.values(value)) {
    const found = statusIn(part, depth + 1);
    if (found) return found;
  }
  return null;
}

export function failureCode(event: unknown, wasLive: boolean): FailureCode {
  const status = statusIn(event);
  if (status === 429) return 'concurrency_limit';
  if (status === 402) return 'budget_exhausted';
  if (status) return status >= 500 ? 'vapi_unavailable' : 'call_denied';
  if (wasLive) return 'interrupted';
  // The page itself uses Daily, which allows one call per page.
  if (everyText(event).includes('Duplicate DailyIframe')) return 'page_busy';
  return /failed to (fetch|load)|network|load failed/i.test(everyText(event)) || !navigator.onLine
    ? 'network'
    : 'vapi_unavailable';
}

export function deviceFailure(event: unknown): FailureCode {
  const words = everyText(event);
  if (words.includes('permissions')) return 'microphone_denied';
  return words.includes('not-found') ? 'microphone_missing' : 'microphone_busy';
}

/** An end that Vapi calls an error is one for the visitor too, even if the room was closed normally. */
export function failureOfReason(reason: string | null, wasLive: boolean): Failure | null {
  if (reason === 'customer-did-not-give-microphone-permission') {
    return { code: 'microphone_denied', retryAfterSeconds: null };
  }
  const isFault = /error|assistant-not-|assistant-join-timed-out|worker-shutdown/.test(reason ?? '');
  return isFault ? { code: wasLive ? 'interrupted' : 'vapi_unavailable', retryAfterSeconds: null } : null;
}
