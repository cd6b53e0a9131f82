/** Vapi's refusals, with the exact bodies if they are known (vapi-facts 1.3, 4.5, 6). */

const reasons: Record<number, string> = {
  400: 'Bad Request',
  401: 'Unauthorized',
  402: 'Payment Required',
  403: 'Forbidden',
  404: 'Not Found',
  409: 'Conflict',
};

/** Thrown anywhere in a request; the app answers with this status, these headers and `{message, error?, statusCode}`. */
export class Refusal extends Error {
  readonly status: number;
  readonly body: Record<string, unknown>;
  readonly headers: Record<string, string>;

  constructor(status: number, message: string | string[], headers: Record<string, string> = {}) {
    super(String(message));
    this.status = status;
    this.headers = headers;
    const error = reasons[status];
    this.body =
      error === undefined ? { statusCode: status, message } : { message, error, statusCode: status };
  }
}

export const invalidKey = (): Refusal =>
  new Refusal(
    401,
    'Invalid Key. Hot tip, you may be using the private key instead of the public key, or vice versa.',
  );

export const jwtWithoutToken = (): Refusal =>
  new Refusal(403, "JWT doesn't permit access. Hot tip, you may be missing `token` in your JWT.");

/** The real service's own fault. */
export const internalError = (): Refusal =>
  new Refusal(500, 'Internal server error. Contact support@vapi.ai for help.');

/** @param seconds until a retry is worthwhile */
export const rateLimited = (seconds = 2): Refusal =>
  new Refusal(429, 'Rate limit exceeded. Please try again later.', { 'Retry-After': String(seconds) });

export const notFound = (what: string, id: string): Refusal =>
  new Refusal(404, `${what} with id ${id} was not found`);
