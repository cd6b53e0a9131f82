import { ApiError } from '../errors.ts';
import { VapiError } from './vapi-api.ts';

/** @returns what to throw: `vapi_unavailable` when Vapi failed; anything else as it is */
export function vapiFailure(cause: unknown): unknown {
  if (!(cause instanceof VapiError)) return cause;
  return new ApiError('vapi_unavailable', { retryAfter: cause.retryAfter ?? 5, cause });
}
