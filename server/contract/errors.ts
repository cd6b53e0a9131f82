/** What a refused request is answered. */

/** Stable error codes; the number is the HTTP status that carries them. */
export const errorStatus = {
  invalid_request: 400,
  unauthorized: 401,
  session_expired: 401,
  budget_exhausted: 402,
  origin_not_allowed: 403,
  tenant_paused: 403,
  outside_hours: 403,
  challenge_required: 403,
  call_denied: 403,
  forbidden: 403,
  not_found: 404,
  session_used: 409,
  conflict: 409,
  payload_too_large: 413,
  concurrency_limit: 429,
  rate_limited: 429,
  internal_error: 500,
  forward_failed: 502,
  vapi_unavailable: 503,
  stripe_unavailable: 503,
} as const;
export type ErrorCode = keyof typeof errorStatus;

/** RFC 9457 problem document: the body of every error answer (`application/problem+json`). */
export interface Problem {
  type: string;
  title: string;
  status: number;
  code: ErrorCode;
  /** One sentence for a person; never an internal message. */
  detail?: string;
  /** For `invalid_request`: which field and why. */
  errors?: { path: string; message: string }[];
  requestId: string;
}
