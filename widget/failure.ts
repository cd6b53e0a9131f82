/** Why a call could not start or was interrupted: one code for each thing that a visitor can do about it. */
import type { ErrorCode } from '../server/contract.ts';

export const failureCodes = [
  'microphone_denied',
  'microphone_forbidden',
  'microphone_missing',
  'microphone_busy',
  'insecure_page',
  'unsupported_browser',
  'misconfigured',
  'origin_not_allowed',
  'tenant_paused',
  'outside_hours',
  'call_denied',
  'budget_exhausted',
  'concurrency_limit',
  'rate_limited',
  'vapi_unavailable',
  'server_error',
  'network',
  'interrupted',
  'page_busy',
  'browser_busy',
] as const;
export type FailureCode = (typeof failureCodes)[number];

export interface Failure {
  readonly code: FailureCode;
  /** Seconds after which a new attempt makes sense, if the server said so. */
  readonly retryAfterSeconds: number | null;
}

/** Thrown by everything that can stop a call from starting. `message` is for developers, never shown. */
export class CallError extends Error {
  readonly failure: Failure;

  constructor(code: FailureCode, message: string = code, retryAfterSeconds: number | null = null) {
    super(message === code ? code : `${code}: ${message}`);
    this.name = 'CallError';
    this.failure = { code, retryAfterSeconds };
  }
}

/** Codes after which trying again cannot help: the page, its settings or the hour must change first. */
const lasting: readonly FailureCode[] = [
  'microphone_forbidden',
  'insecure_page',
  'unsupported_browser',
  'misconfigured',
  'origin_not_allowed',
  'tenant_paused',
  'outside_hours',
  'budget_exhausted',
];

/** Whether "try again" is worth offering. */
export const isWorthRetrying = (code: FailureCode): boolean => !lasting.includes(code);

const ofServer: Partial<Record<ErrorCode, FailureCode>> = {
  invalid_request: 'misconfigured',
  not_found: 'misconfigured',
  payload_too_large: 'misconfigured',
  assistant_not_allowed: 'misconfigured',
  identity_refused: 'misconfigured',
  origin_not_allowed: 'origin_not_allowed',
  tenant_paused: 'tenant_paused',
  outside_hours: 'outside_hours',
  call_denied: 'call_denied',
  forbidden: 'call_denied',
  challenge_required: 'call_denied',
  balance_empty: 'budget_exhausted',
  budget_exhausted: 'budget_exhausted',
  concurrency_limit: 'concurrency_limit',
  rate_limited: 'rate_limited',
  vapi_unavailable: 'vapi_unavailable',
};

/** What our server's refusal means to the visitor; an answer without a known code counts as the server's fault. */
export const failureOfServer = (code: ErrorCode | undefined): FailureCode =>
  (code && ofServer[code]) ?? 'server_error';

/** Any thrown value as a failure; unknown ones count as interruptions. The call chunk throws its own kind of error. */
export const failureOf = (error: unknown): Failure =>
  (error as CallError | null)?.failure ?? { code: 'interrupted', retryAfterSeconds: null };

/** Another page of this browser has the call. */
export const isBusy = (error: unknown): boolean =>
  error instanceof CallError && /^(page|browser)_/.test(error.failure.code);
