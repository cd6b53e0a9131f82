/** The answer to a refused request. */
import { z } from 'zod';

/** Stable error codes; the number is the HTTP status that carries them. */
export const errorStatus = {
  invalid_request: 400,
  unauthorized: 401,
  session_expired: 401,
  balance_empty: 402,
  budget_exhausted: 402,
  origin_not_allowed: 403,
  tenant_paused: 403,
  assistant_not_allowed: 403,
  outside_hours: 403,
  challenge_required: 403,
  call_denied: 403,
  identity_refused: 403,
  forbidden: 403,
  not_found: 404,
  not_ready: 404,
  request_timeout: 408,
  session_used: 409,
  conflict: 409,
  payload_too_large: 413,
  concurrency_limit: 429,
  rate_limited: 429,
  internal_error: 500,
  forward_failed: 502,
  vapi_unavailable: 503,
  database_unavailable: 503,
  stripe_unavailable: 503,
} as const;
export type ErrorCode = keyof typeof errorStatus;
const errorCodes = Object.keys(errorStatus) as [ErrorCode, ...ErrorCode[]];

/** RFC 9457 problem document: the body of every error answer (`application/problem+json`). */
export const problemSchema = z.object({
  type: z.string(),
  title: z.string(),
  status: z.int(),
  code: z.enum(errorCodes),
  detail: z.string().describe('One sentence for a person; never an internal message.').exactOptional(),
  errors: z
    .array(
      z.object({
        path: z.string(),
        message: z.string(),
      }),
    )
    .describe('For `invalid_request`, and for a `conflict` with what is set: which field and why.')
    .exactOptional(),
  requestId: z.string(),
});
export type Problem = z.infer<typeof problemSchema>;
