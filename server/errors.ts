/** The error type for all that a caller may see, and the last handler, which turns it into RFC 9457 problem documents. */
import type { ErrorRequestHandler, RequestHandler } from 'express';
import type {} from 'pino-http';
import { AmountTooLarge } from './base/money.ts';
import { StoreUnavailable } from './base/store-unavailable.ts';
import { type ErrorCode, errorStatus, type Problem } from './contract.ts';

const titles: Record<ErrorCode, string> = {
  invalid_request: 'The request is not valid',
  unauthorized: 'Valid credentials are required',
  session_expired: 'The session is no longer valid',
  balance_empty: 'The prepaid balance does not cover it',
  budget_exhausted: 'The monthly budget is used up',
  origin_not_allowed: 'This page may not use this agent',
  tenant_paused: 'This agent is paused',
  assistant_not_allowed: 'This page may not use this assistant',
  outside_hours: 'This agent is closed at this time',
  challenge_required: 'A challenge must be solved first',
  call_denied: 'This call was denied',
  identity_refused: 'The identity of the visitor was refused',
  forbidden: 'These credentials do not permit this',
  not_found: 'Not found',
  not_ready: 'Not ready yet',
  request_timeout: 'The body took too long to arrive',
  session_used: 'The session has already been used',
  conflict: 'The request conflicts with the current state',
  payload_too_large: 'The request is too large',
  concurrency_limit: 'All lines are busy',
  rate_limited: 'Too many requests',
  internal_error: 'Something went wrong on our side',
  forward_failed: 'The tenant’s own server did not answer',
  vapi_unavailable: 'The voice service cannot be reached',
  stripe_unavailable: 'Stripe did not carry out the request',
  database_unavailable: 'The database is unavailable; try again shortly',
};

export interface ApiErrorOptions {
  /** One sentence for the caller; never an internal message. */
  detail?: string | undefined;
  errors?: Problem['errors'];
  /** Seconds, sent as `Retry-After`. */
  retryAfter?: number | undefined;
  cause?: unknown;
}

/** Thrown anywhere below a route; `code` decides the status. */
export class ApiError extends Error {
  readonly code: ErrorCode;
  readonly options: ApiErrorOptions;
  constructor(code: ErrorCode, options: ApiErrorOptions = {}) {
    super(options.detail ?? titles[code], { cause: options.cause });
    this.code = code;
    this.options = options;
  }
}

/** Of one field of the request. */
export function invalidField(path: string, message: string, cause?: unknown): ApiError {
  return new ApiError('invalid_request', { errors: [{ path, message }], cause });
}

export function conflict(detail: string): ApiError {
  return new ApiError('conflict', { detail });
}

export const notFound: RequestHandler = () => {
  throw new ApiError('not_found');
};

/** Last in the chain. Anything that is not an ApiError is logged and answered as `internal_error`, without its message. */
export const errorHandler: ErrorRequestHandler = (error, req, res, next) => {
  if (res.headersSent) return next(error);
  const apiError = toApiError(error);
  if (apiError.code === 'internal_error' && apiError !== error)
    req.log.error({ err: error }, 'request failed');
  else if (apiError.cause) req.log.warn({ err: apiError.cause, code: apiError.code }, 'request refused');
  if (apiError.options.retryAfter !== undefined) res.set('Retry-After', String(apiError.options.retryAfter));
  if (apiError.code === 'unauthorized') res.set('WWW-Authenticate', 'Bearer');
  res.locals.errorCode = apiError.code;
  const status = errorStatus[apiError.code];
  const problem: Problem = {
    type: 'about:blank',
    title: titles[apiError.code],
    status,
    code: apiError.code,
    ...(apiError.options.detail ? { detail: apiError.options.detail } : {}),
    ...(apiError.options.errors ? { errors: apiError.options.errors } : {}),
    requestId: String(req.id),
  };
  res
    .status(status)
    .set('Cache-Control', 'no-store')
    .type('application/problem+json')
    .send(JSON.stringify(problem));
};

/** As reported to the caller; `internal_error` for what only the log may show. */
export function toApiError(error: unknown): ApiError {
  if (error instanceof ApiError) return error;
  if (error instanceof AmountTooLarge) return conflict(error.message);
  // Its cause is logged once for the whole outage.
  if (error instanceof StoreUnavailable) return new ApiError('database_unavailable', { retryAfter: 5 });
  // Express's own parsers and router report bad input as errors with a 4xx status.
  const status = (error as { status?: unknown } | null)?.status;
  if (status === 413) return new ApiError('payload_too_large');
  if (typeof status === 'number' && status >= 400 && status < 500) return new ApiError('invalid_request');
  return new ApiError('internal_error');
}
